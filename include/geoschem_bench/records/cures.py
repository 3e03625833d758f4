"""What to do about each reason of a failure."""

from __future__ import annotations

from geoschem_bench.errors import Reason

_CURES: dict[Reason, str] = {
    Reason.CAPACITY: "AWS had no such instance: run it at another hour, or name more subnets "
    "(availability zones), another region or instance type",
    Reason.QUOTA: "ask AWS for more vCPUs (Service Quotas, EC2), or run fewer benchmarks at once: "
    "max_concurrent",
    Reason.SPOT_INTERRUPTED: "AWS took the spot instance back: the next try is on-demand where "
    "suite.spot_fallback allows it; else set purchase_option: on_demand",
    Reason.MISCONFIGURED: "correct what the message names, then clear the task; "
    "geoschem-bench stack doctor checks the whole account",
    Reason.WRONG_INSTANCE: "give the queue an environment with that one instance type; "
    "geoschem-bench stack doctor names the environment",
    Reason.IMAGE: "build and push the image for this architecture: container/build.sh --push, "
    "then geoschem-bench stack doctor",
    Reason.INPUT_DATA: "look at the benchmark's `input`: is the data there, and may the job's "
    "role read it?",
    Reason.STORAGE: "look at the bucket and at the rights of the job's role: geoschem-bench stack "
    "doctor",
    Reason.TIMEOUT: "look at the log for what took so long; repetitions, duration or the number "
    "of threads decide the time that is needed",
    Reason.OUT_OF_MEMORY: "choose an instance type with more memory, or a coarser grid",
    Reason.MODEL_CRASHED: "look at the log: the model itself stopped; the same input stops it "
    "again",
    Reason.CANCELLED: "it was stopped by a person, or by Airflow on their behalf; clear the task "
    "to run it again",
    Reason.UNKNOWN: "look at the log, and at what Batch says of the job; then clear the task to "
    "run it again",
}


def cure_of(reason: Reason) -> str:
    """What a person can do about it, in one sentence."""
    return _CURES[reason]
