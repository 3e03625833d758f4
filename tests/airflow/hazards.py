"""One benchmark for each way to fail, and what makes it fail so: faults, and wrong set-ups."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from geoschem_bench.catalog import local_instance
from geoschem_bench.planning.placement import DEFAULT_ENVIRONMENTS, DEFAULT_INSTANCES
from geoschem_bench.sandbox import Sandbox, faults

HERE = local_instance().architecture
ELSEWHERE = next(each for each in DEFAULT_INSTANCES if each != HERE)
TYPE, OTHER_TYPE = DEFAULT_INSTANCES[HERE], DEFAULT_INSTANCES[ELSEWHERE]
QUEUE = f"{DEFAULT_ENVIRONMENTS[HERE]}-queue"
LARGE_TYPE = TYPE.replace(".4xlarge", ".12xlarge")
QUOTA_VCPUS = 40
"""Enough for any benchmark but the one on the large type."""
LONG_DAYS, SHORT_DAYS = 30, 0.041666667

_LOCAL = "{instance_type: local, threads: 1}"
_BENCHMARKS: dict[str, dict[str, Any]] = {
    "CAPACITY": {},
    "QUOTA": {"hardware": f"{{instance_type: {LARGE_TYPE}}}"},
    "SPOT": {"hardware": f"{{instance_type: {TYPE}, threads: 1}}", "purchase_option": "spot"},
    "MISCONFIGURED": {"application": "gchp", "domain": "{resolution: c24}",
                      "hardware": f"{{instance_type: {TYPE}}}"},
    "WRONG-INSTANCE": {"application": "gchp", "domain": "{resolution: c24}",
                       "hardware": f"{{instance_type: {TYPE}, nodes: 2}}"},
    "IMAGE": {},
    "INPUT-DATA": {"application": "gc-classic", "hardware": f"{{instance_type: {TYPE}}}",
                   "input": "s3://{bucket}/no-such-data/"},
    "STORAGE": {"hardware": f"{{instance_type: {OTHER_TYPE}}}"},
    "TIMEOUT": {},
    "OUT-OF-MEMORY": {},
    "MODEL-CRASHED": {"duration": f"{{days: {LONG_DAYS}}}"},
    "CANCELLED": {"duration": f"{{days: {LONG_DAYS}}}"},
    "UNKNOWN": {},
    "DELETED": {},
}  # fmt: skip


def suite_of_all(bucket: str) -> str:
    """YAML of a suite that holds them all."""
    head = (
        "suite: {title: All that can go wrong, warmups: 0, repetitions: 1, runnable_minutes: 1, "
        f"queues: {{{LARGE_TYPE}: {QUEUE}}}}}"
    )
    return suite_of(head, _BENCHMARKS).replace("{bucket}", bucket)


def suite_of(head: str, benchmarks: dict[str, dict[str, Any]]) -> str:
    """YAML of a suite: its header, and in what each benchmark differs from a short proxy."""
    entries = [_entry(name, changes) for name, changes in benchmarks.items()]
    return "\n".join([head, "phase_1:", *entries, "phase_2: []", "phase_3: []", "phase_4: []", ""])


def _entry(name: str, changes: dict[str, Any]) -> str:
    usual = {
        "application": "proxy", "simulation_type": "transport", "domain": "{resolution: 4x5}",
        "duration": f"{{days: {SHORT_DAYS}}}", "hardware": _LOCAL,
    }  # fmt: skip
    said = ", ".join(f"{key}: {value}" for key, value in {**usual, **changes}.items())
    return f"  - {{id: {name}, {said}}}"


def definitions(batch: Any) -> str:
    """Makes job definitions that cannot work; GEOSCHEM_BENCH_JOB_DEFINITIONS that leads to them.

    One whose role may write no results, and one that says it is on AWS, where this computer is
    none of the instances that can be asked for.
    """
    known = batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    ours = {each["jobDefinitionName"]: each for each in known}
    mute = dict(ours["geos-chem-benchmark"]["containerProperties"])
    mute["environment"] = [*mute["environment"], {"name": "AWS_ACCESS_KEY_ID", "value": "NOBODY"}]
    batch.register_job_definition(
        jobDefinitionName="mute", type="container", containerProperties=mute
    )
    nodes = ours["geos-chem-benchmark-multinode"]["nodeProperties"]
    for each in nodes["nodeRangeProperties"]:
        others = [e for e in each["container"]["environment"]
                  if e["name"] != "GEOSCHEM_BENCH_PLATFORM"]  # fmt: skip
        each["container"]["environment"] = [
            *others, {"name": "GEOSCHEM_BENCH_PLATFORM", "value": "aws"}
        ]  # fmt: skip
    batch.register_job_definition(
        jobDefinitionName="on-aws", type="multinode", nodeProperties=nodes
    )
    return f"{ELSEWHERE}=mute,multinode=on-aws"


def set_faults(sandbox: Sandbox) -> None:
    """Those of the sandbox."""

    def befalls(name: str, fate: str, **known: Any) -> None:
        faults.job(sandbox, f"gsb-*-{name}-*", fate, **known)

    befalls("CAPACITY", "stuck", reason="capacity", times=1)
    befalls("SPOT", "spot-reclaim", seconds=0, times=1)
    befalls("IMAGE", "no-image")
    befalls("OUT-OF-MEMORY", "out-of-memory", seconds=0)
    befalls("UNKNOWN", "lose-instance", seconds=0)
    befalls("DELETED", "vanish", seconds=0, times=1)
    befalls("TIMEOUT", "idle")
    for code in ("L-1216C47A", "L-34B43A08"):
        faults.quota(sandbox, code, QUOTA_VCPUS)


Deeds = dict[str, Callable[[str], bool]]
"""Benchmark → what is done to its job once it runs; says whether it is done."""


def deeds_of_others(batch: Any) -> Deeds:
    """Somebody who stops one job, what crashes the model of one, and Batch's own clock."""

    def stop(job_id: str, why: str) -> bool:
        batch.terminate_job(jobId=job_id, reason=why)
        return True

    return {
        # as Batch ends it when its time is up, which no test can wait for
        "TIMEOUT": lambda job_id: stop(job_id, "Job attempt duration exceeded timeout"),
        "CANCELLED": lambda job_id: _model_of(job_id) != [] and stop(job_id, "not needed now"),
        "MODEL-CRASHED": _crash,
    }


@contextmanager
def meddling(batch: Any, deeds: Deeds) -> Iterator[None]:
    """Has it done while a run goes on."""
    over = threading.Event()
    thread = threading.Thread(target=_meddle, args=(batch, dict(deeds), over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _meddle(batch: Any, deeds: Deeds, over: threading.Event) -> None:
    while deeds and not over.wait(0.3):
        for job in batch.list_jobs(jobQueue=QUEUE, jobStatus="RUNNING")["jobSummaryList"]:
            for name, deed in list(deeds.items()):
                if f"-{name}-" in job["jobName"] and deed(job["jobId"]):
                    del deeds[name]


def _crash(job_id: str) -> bool:
    found = _model_of(job_id)
    for process in found:
        process.send_signal(signal.SIGSEGV)
    return bool(found)


def _model_of(job_id: str) -> list[psutil.Process]:
    """The processes of its model, and none of the runner's own."""
    found = []
    for process in psutil.process_iter():
        try:
            command, environment = process.cmdline(), process.environ()
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            continue
        is_model = any("proxy.repetition" in word for word in command)
        if is_model and environment.get("AWS_BATCH_JOB_ID") == job_id:
            found.append(process)
    return found
