"""How long after its job's end a benchmark is taken up again.

Jobs end at times spread evenly over a poll interval, and wait for three at once: the stock
operator's trigger and ours in one triggerer, and the loop of the script that was used before
(describe all, sleep 60 s). For the two, a job's end is noticed when Airflow has its task scheduled
to go on; for the script, when the loop sees it.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.field import Field, field

from geoschem_bench.sandbox import faults

SCRIPT_SECONDS = 60
"""Between two looks of the earlier script."""
_LEAD_SECONDS = 45.0
"""From the start of the first job to its end: all must wait by then."""
_PATIENCE_SECONDS = 600.0
_DESCRIBED_AT_MOST = 100


def detection(jobs: int, poll_seconds: int) -> str:
    """The table, and the ratio of our worst delay to the poll interval."""
    with field(jobs) as here:
        delays = measure(here, jobs, poll_seconds)
    middle = [statistics.median(found) for found in delays]
    every = {"stock deferrable BatchOperator": poll_seconds, "ours": poll_seconds,
             "earlier script's loop": SCRIPT_SECONDS}  # fmt: skip
    lines = [
        f"| {jobs} jobs each: from their end until it was noticed | looks every s | median s | "
        "worst s | worst in intervals |",
        "|---|---|---|---|---|",
        *(
            f"| {who} | {interval} | {statistics.median(found):.1f} | {max(found):.1f} | "
            f"{max(found) / interval:.2f} |"
            for (who, interval), found in zip(every.items(), delays, strict=True)
        ),
        "",
        "The two triggers waited in one triggerer at the same time; of the script only its loop "
        "was run: describe all its jobs, sleep 60 s.",
        "",
        f"ratio detection {max(delays[1]) / poll_seconds:.2f} (wanted: at most 1.00)",
        f"ratio detection to the script {middle[1] / middle[2]:.2f}",
    ]
    return "\n".join(lines)


def measure(here: Field, jobs: int, poll_seconds: int) -> list[list[float]]:
    """Delays of the stock trigger, of ours, of the script."""
    names = {
        who: [f"ends-{who}-{number:04d}" for number in range(jobs)]
        for who in ("stock", "ours", "script")
    }
    for who, some in names.items():
        interval = SCRIPT_SECONDS if who == "script" else poll_seconds
        for number, name in enumerate(some):
            seconds = _LEAD_SECONDS + number * interval / jobs
            faults.job(here.sandbox, name, "idle", seconds=seconds)
    ids = {who: here.submit(some) for who, some in names.items()}
    script = Script(here.batch, ids["script"])
    script.start()
    runs = {who: here.defer(who, ids[who], poll_seconds) for who in ("stock", "ours")}
    check_that_all_wait(here, runs, ids)
    noticed = {who: noticed_by(here, who, run_id, jobs) for who, run_id in runs.items()}
    script.join()
    ended = ends(here, [job_id for some in ids.values() for job_id in some])
    seen = {
        "stock": dict(zip(ids["stock"], noticed["stock"], strict=True)),
        "ours": dict(zip(ids["ours"], noticed["ours"], strict=True)),
        "script": script.seen,
    }
    return [[seen[who][job_id] - ended[job_id] for job_id in ids[who]] for who in seen]


def check_that_all_wait(here: Field, runs: dict[str, str], ids: dict[str, list[str]]) -> None:
    """A trigger that begins after its job's end would be charged with what others took."""
    for who, run_id in runs.items():
        here.wait_until_all_look(who, run_id, len(ids[who]))
    if any("stoppedAt" in job for who in runs for job in described(here.batch, ids[who])):
        raise RuntimeError("this computer is too busy: a job ended before all had begun to wait")


class Script(threading.Thread):
    """What the earlier script did after it had submitted: look at its jobs, sleep, look again."""

    def __init__(self, batch: Any, ids: Sequence[str]) -> None:  # noqa: ANN401 - boto3's own
        super().__init__(daemon=True)
        self._batch = batch
        self._ids = list(ids)
        self.seen: dict[str, float] = {}

    def run(self) -> None:
        while True:
            for job in described(self._batch, self._ids):
                if job["status"] in ("SUCCEEDED", "FAILED"):
                    self.seen.setdefault(job["jobId"], time.time())
            if len(self.seen) == len(self._ids):
                return
            time.sleep(SCRIPT_SECONDS)


def described(batch: Any, ids: Sequence[str]) -> list[dict[str, Any]]:  # noqa: ANN401 - boto3's own
    """Those jobs, a hundred a call."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(ids), _DESCRIBED_AT_MOST):
        chunk = list(ids[start : start + _DESCRIBED_AT_MOST])
        found += batch.describe_jobs(jobs=chunk)["jobs"]
    return found


def ends(here: Field, ids: Sequence[str]) -> dict[str, float]:
    """When each job ended, by Batch."""
    return {job["jobId"]: job["stoppedAt"] / 1000 for job in described(here.batch, ids)}


def noticed_by(here: Field, who: str, run_id: str, jobs: int) -> list[float]:
    """When Airflow has scheduled each task to go on, in the order of the tasks."""
    client = here.servers.client
    path = f"/dags/{who}/dagRuns/{run_id}/taskInstances"

    def tasks() -> list[dict[str, Any]]:
        found = list(client.items(path, "task_instances"))
        return found if all(each["state"] != "deferred" for each in found) else []

    found = here.servers.wait_for(tasks, f"the jobs of {who} to end", _PATIENCE_SECONDS)
    assert len(found) == jobs
    by_task = {str(each["task_id"]): str(each["scheduled_when"]) for each in found}
    return [_seconds(by_task[task_id]) for task_id in sorted(by_task)]


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).astimezone(UTC).timestamp()
