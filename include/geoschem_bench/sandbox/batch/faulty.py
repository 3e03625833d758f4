"""Compute environments as they are shown while faults befall them."""

from __future__ import annotations

from fnmatch import fnmatchcase

from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState
from geoschem_bench.sandbox.faults.model import Fault, FaultError, Kind


def as_shown(state: BatchState, environment: Document) -> Document:
    """The environment, INVALID or DISABLED where a fault says so; it is itself underneath."""
    shown = environment
    for fault in _faults_of(state, environment):
        if fault.effect == "invalid":
            shown = {**shown, "status": "INVALID", "statusReason": fault.reason}
        elif fault.effect == "disabled":
            shown = {**shown, "state": "DISABLED"}
    return shown


def has_capacity(state: BatchState, environment: Document) -> bool:
    """Whether AWS has such instances to give."""
    return not any(each.effect == "no-capacity" for each in _faults_of(state, environment))


def _faults_of(state: BatchState, environment: Document) -> list[Fault]:
    name = str(environment["computeEnvironmentName"])
    return [each for each in state.faults.of(Kind.ENVIRONMENT) if fnmatchcase(name, each.target)]


def check_names(state: BatchState, fault: Fault) -> None:
    """FaultError where the queue or environment that a fault names is not there."""
    if fault.kind is Kind.JOB and fault.queue is not None:
        _check_known("--queue", fault.queue, [str(each["jobQueueName"]) for each in state.queues])
    if fault.kind is Kind.ENVIRONMENT:
        names = [str(each["computeEnvironmentName"]) for each in state.environments]
        _check_known("environment", fault.target, names)


def _check_known(what: str, given: str, known: list[str]) -> None:
    if not any(fnmatchcase(name, given) for name in known):
        raise FaultError(f"{what}: there is no {given!r}; there are: {', '.join(sorted(known))}")
