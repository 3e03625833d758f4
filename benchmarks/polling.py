"""How often AWS is asked while a thousand benchmarks wait, and what it costs the triggerer.

One Airflow (PostgreSQL, LocalExecutor, one triggerer) and the sandbox, whose server counts the
calls. First the stock operator's trigger, then ours, each in a triggerer that was just started,
waits for the same jobs at the same poll interval until each job has been looked at so many times.
What a whole run asks besides is counted with a few benchmarks that go through workers.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from benchmarks.field import Field, field

from geoschem_bench.aws.batch import DESCRIBE_AT_MOST
from geoschem_bench.sandbox import faults
from tests.orchestration.jobs import suite_of

WHOLE = 10
"""Benchmarks that run from start to end."""
_PATIENCE_SECONDS = 3600.0
_WHOLE_SECONDS = 300.0
_NAMES = {"stock": "stock deferrable BatchOperator", "ours": "ours"}


@dataclass(frozen=True)
class Waited:
    """What it took to look at each job so many times."""

    calls: int
    wall_seconds: float
    cpu_seconds: float
    memory_mib: float
    idle_mib: float
    start_cpu_seconds: float
    """Until each trigger had looked once."""


def polling(jobs: int, polls: int, poll_seconds: int) -> str:
    """The table, and the ratio of the calls."""
    with field(jobs, WHOLE) as here:
        besides = {"stock": stock_besides(here), "ours": our_besides(here)}
        faults.job(here.sandbox, "waits-*", "idle")
        ids = here.submit([f"waits-{number:04d}" for number in range(jobs)])
        here.wait_for_jobs("RUNNING", jobs)
        waited = {who: wait(here, who, ids, polls, poll_seconds) for who in ("stock", "ours")}
    whole = {who: waited[who].calls + jobs * besides[who] for who in waited}
    lines = [
        f"| {jobs:,} deferred, {polls} polls of each, every {poll_seconds} s | DescribeJobs, "
        "polling | per job besides | whole run | triggerer CPU s | CPU ms per poll of all | "
        "triggerer MiB (idle) | CPU s to begin | wall s |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(who, waited[who], besides[who], whole[who], polls) for who in waited),
        "",
        "The deferred tasks' rows were written by Airflow's own models (benchmarks/deferring.py), "
        f"not by {2 * jobs:,} workers; what workers ask besides is counted on {WHOLE} "
        "benchmarks of each that went the whole way, and counted for all in `whole run`.",
        "",
        f"ratio polling {whole['ours'] / whole['stock']:.4f} (wanted: at most 0.02)",
        f"ratio triggerer CPU {waited['ours'].cpu_seconds / waited['stock'].cpu_seconds:.3f}",
        f"ratio triggerer memory {waited['ours'].memory_mib / waited['stock'].memory_mib:.2f}",
    ]
    return "\n".join(lines)


def _row(who: str, found: Waited, besides: int, whole: int, polls: int) -> str:
    return (
        f"| {_NAMES[who]} | {found.calls:,} | {besides} | {whole:,} | "
        f"{found.cpu_seconds:.1f} | {1000 * found.cpu_seconds / polls:.0f} | "
        f"{found.memory_mib:.0f} ({found.idle_mib:.0f}) | {found.start_cpu_seconds:.1f} | "
        f"{found.wall_seconds:.0f} |"
    )


def wait(here: Field, who: str, ids: list[str], polls: int, poll_seconds: int) -> Waited:
    """In a triggerer that has just begun, until each job was looked at `polls` times."""
    servers, per_poll = here.servers, len(ids)
    if who == "ours":
        per_poll = math.ceil(len(ids) / DESCRIBE_AT_MOST)
    servers.kill("triggerer")
    servers.start("triggerer")
    idle = servers.usage("triggerer")
    faults.reset_calls(here.sandbox)
    run_id = here.defer(who, ids, poll_seconds)
    here.wait_until_all_look(who, run_id, len(ids))
    servers.wait_for(lambda: here.calls() >= per_poll, "a look at each", _PATIENCE_SECONDS)
    faults.reset_calls(here.sandbox)
    begun, before = time.monotonic(), servers.usage("triggerer")
    servers.wait_for(lambda: here.calls() >= polls * per_poll, "the polls", _PATIENCE_SECONDS)
    after, calls = servers.usage("triggerer"), here.calls()
    seconds = time.monotonic() - begun
    here.release(who, run_id)
    return Waited(
        calls=calls,
        wall_seconds=seconds,
        cpu_seconds=after.cpu_seconds - before.cpu_seconds,
        memory_mib=after.memory_bytes / 2**20,
        idle_mib=idle.memory_bytes / 2**20,
        start_cpu_seconds=before.cpu_seconds - idle.cpu_seconds,
    )


def our_besides(here: Field) -> int:
    """DescribeJobs of one of our benchmarks outside of polling."""
    ids = [f"W-{number}" for number in range(WHOLE)]
    dag_id = here.servers.add_suite(suite_of(ids), "whole")
    return _besides(here, dag_id, "gsb-*", [f"phase_1.{each}" for each in ids], own_looks=0)


def stock_besides(here: Field) -> int:
    """The same of the stock operator, of whose triggers each looks by itself."""
    client = here.servers.client
    here.servers.wait_for(lambda: "stock_whole" in client.dag_ids(), "stock_whole", 120)
    client.unpause("stock_whole")
    tasks = [f"job-{number:04d}" for number in range(WHOLE)]
    return _besides(here, "stock_whole", "whole-*", tasks, own_looks=1)


def _besides(here: Field, dag_id: str, names: str, tasks: list[str], *, own_looks: int) -> int:
    """Per job. All jobs go the same way, so what is left of the division are looks at all at once.

    The jobs end while no triggerer runs: each trigger then looks once, and finds the end.
    """
    servers, client = here.servers, here.servers.client

    def are_deferred() -> bool:
        states = client.task_instances(dag_id, run_id)
        return all(each in states and states[each].state == "deferred" for each in tasks)

    fate = faults.job(here.sandbox, names, "idle")
    servers.kill("triggerer")
    faults.reset_calls(here.sandbox)
    run_id = client.trigger(dag_id)
    servers.wait_for(are_deferred, "all to be deferred", _WHOLE_SECONDS)
    faults.clear(here.sandbox, fate.id)
    servers.wait_for(lambda: not here.count("RUNNING"), "the jobs to end", _WHOLE_SECONDS)
    servers.start("triggerer")
    client.wait_for_run(dag_id, run_id, timeout_seconds=_WHOLE_SECONDS)
    return here.calls() // len(tasks) - own_looks
