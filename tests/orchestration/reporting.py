"""What the reporting DAG did, and what lies in the results bucket."""

from __future__ import annotations

import json
from typing import Any

from tests.orchestration.jobs import RunJobs

REPORTS = "geoschem_bench_reports"


class Bucket:
    """What lies in the results bucket."""

    def __init__(self, sandbox: Any, runs: RunJobs) -> None:
        self.name, self.runs = sandbox.bucket, runs

    def text(self, key: str) -> str:
        """An object; empty where there is none."""
        return (self.runs.objects.get(f"s3://{self.name}/{key}") or b"").decode()

    def entry(self, run_id: str) -> dict[str, Any]:
        """What the index says of a run; empty where it does not know it."""
        document = json.loads(self.text("reports/index.json") or '{"runs": []}')
        found = [run["entry"] for run in document["runs"]]
        return next((each for each in found if each["benchmark_run_id"] == run_id), {})


def events_of(servers: Any, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
    """Extra of the asset events of one run, by the asset's name."""
    path = "/assets/events"
    asked = {"source_dag_id": dag_id, "source_run_id": run_id}
    found = servers.client.request("GET", path, params=asked)["asset_events"]
    return {event["name"]: event["extra"] for event in found}


def reported(servers: Any, run_id: str) -> list[str]:
    """States of the reporting DAG's runs for one run of benchmarks."""
    runs = servers.client.dag_runs(REPORTS)
    return [run["state"] for run in runs if run["partition_key"] == run_id]


def wait_for_reports(servers: Any, run_id: str) -> None:
    """Until no run of the reporting DAG for that run is under way, and there was one."""

    def settled() -> bool:
        states = reported(servers, run_id)
        return bool(states) and set(states) <= {"success", "failed"}

    servers.wait_for(settled, f"the reports of {run_id}", timeout_seconds=180)
    assert set(reported(servers, run_id)) == {"success"}
