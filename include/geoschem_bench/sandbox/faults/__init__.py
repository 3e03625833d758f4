"""Things that go wrong on AWS, made to go wrong in the sandbox.

    from geoschem_bench.sandbox import faults

    faults.job(sandbox, "smoke-*", "spot-reclaim", seconds=5, times=1)
    faults.environment(sandbox, "geos-chem-graviton", "no-capacity")
    faults.service(sandbox, "batch:DescribeJobs", "throttling", rate=0.3)
    faults.quota(sandbox, "L-1216C47A", 8)
    faults.listed(sandbox), faults.clear(sandbox)
    faults.calls(sandbox), faults.reset_calls(sandbox)

The sandbox's server keeps them over a restart and a `kill -9`, until they are cleared or the
sandbox is taken down. Nothing outside the sandbox knows of them.
"""

from geoschem_bench.sandbox.faults.client import (
    calls,
    clear,
    environment,
    job,
    listed,
    quota,
    reset_calls,
    service,
)
from geoschem_bench.sandbox.faults.model import Fault, FaultError

__all__ = [
    "Fault",
    "FaultError",
    "calls",
    "clear",
    "environment",
    "job",
    "listed",
    "quota",
    "reset_calls",
    "service",
]
