"""Airflow's servers on this computer: api-server, scheduler, dag-processor, triggerer, a database.

    with at_work(Folders.of(state), tell=print):
        made = up(Request(state, dags, environment, "the sandbox"), tell=print)
    print(made.url, made.login_file)
    with at_work(Folders.of(state), tell=print):
        down(state, tell=print)

They run on after the command that started them, listen on 127.0.0.1 only, and keep everything below
`<state>/ui`: database, logs, secrets.
"""

from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.forgetting import forget, holdings
from geoschem_bench.servers.starting import Request, Started, check, up
from geoschem_bench.servers.status import ComponentStatus, Status, look
from geoschem_bench.servers.stopping import down

__all__ = [
    "ComponentStatus",
    "Folders",
    "Request",
    "Started",
    "Status",
    "check",
    "down",
    "forget",
    "holdings",
    "look",
    "up",
]
