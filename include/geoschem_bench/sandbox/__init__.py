"""A stand-in for AWS on this computer: moto's server, and a Batch that really runs its jobs.

    sandbox = up(Path(".geoschem-bench"))      # or: with running(tmp_path) as sandbox: ...
    boto3.client("batch", endpoint_url=sandbox.endpoint_url, region_name=sandbox.region)
    down(Path(".geoschem-bench"))

Its state is plain files below `<state_dir>/sandbox`, written before each answer is given, and
there again after a restart or a crash.
"""

from geoschem_bench.sandbox.deployment import deploy
from geoschem_bench.sandbox.lifecycle import down, job_counts, running, status, up
from geoschem_bench.sandbox.record import Sandbox
from geoschem_bench.sandbox.service import serve
from geoschem_bench.sandbox.settings import Behaviour

__all__ = [
    "Behaviour",
    "Sandbox",
    "deploy",
    "down",
    "job_counts",
    "running",
    "serve",
    "status",
    "up",
]
