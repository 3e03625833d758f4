"""One fault, and what may be asked for."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from geoschem_bench.errors import UserError
from geoschem_bench.sandbox.faults.reasons import NO_IMAGE_WORDS, STUCK_WORDS


class FaultError(UserError):
    """A fault that the sandbox cannot have as asked."""


class Kind(StrEnum):
    """What a fault befalls."""

    JOB = "job"
    ENVIRONMENT = "environment"
    QUOTA = "quota"
    SERVICE = "service"


class Fate(StrEnum):
    """What becomes of a job."""

    STUCK = "stuck"
    """Stays RUNNABLE, and blocks those behind it."""
    SPOT_RECLAIM = "spot-reclaim"
    """AWS takes its host back."""
    LOSE_INSTANCE = "lose-instance"
    """Its host breaks down, which looks the same."""
    NO_IMAGE = "no-image"
    """Its image cannot be pulled."""
    OUT_OF_MEMORY = "out-of-memory"
    """It is killed for the memory that it took."""
    VANISH = "vanish"
    """Batch forgets it, and its processes are gone."""
    IDLE = "idle"
    """RUNNING without any process: nothing is run and nothing is measured."""


IN_A_RUN = frozenset({Fate.SPOT_RECLAIM, Fate.LOSE_INSTANCE, Fate.OUT_OF_MEMORY, Fate.VANISH})
"""Fates that also befall a job that runs already."""
_WITH_SECONDS = IN_A_RUN | {Fate.IDLE}
_WITH_REASON = frozenset({Fate.STUCK, Fate.NO_IMAGE})

ENVIRONMENT_EFFECTS = ("invalid", "disabled", "no-capacity")
SERVICE_EFFECTS = ("latency", "throttling", "5xx", "refuse")
_WORD = re.compile(r"[a-z0-9-]*")
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("kind", "target", "effect", "id"), str),
    **dict.fromkeys(("reason", "queue"), str | None),
    **dict.fromkeys(("seed", "used"), int),
    "rate": int | float,
    "seconds": int | float | None,
    "times": int | None,
}
"""What JSON may hold, from a client or a file."""
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,99}")


@dataclass(frozen=True)
class Fault:
    """One fault, as it was asked for and as it is listed."""

    kind: Kind
    target: str
    """A pattern of job names, one of environments, `service:Operation`, or a quota's code."""
    effect: str
    """A fate, what is wrong with the environment or service, or the quota's value."""
    id: str = ""
    """Given by the server; what `clear` takes."""
    reason: str | None = None
    """What AWS says: a `statusReason`, a `container.reason`, or the code of a refusal."""
    queue: str | None = None
    """Only jobs of the queues of this pattern."""
    seconds: float | None = None
    """How long a job runs before its fate, or by how long an answer is late."""
    times: int | None = None
    """For this many attempts at a job, or requests; None is always."""
    rate: float = 1.0
    """The share of requests, drawn at random."""
    seed: int = 0
    """Of that draw, which so is the same each time."""
    used: int = 0
    """How often it was had."""

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Fault:
        """Reads what `to_document` made. FaultError where it is something else."""
        unknown = sorted(document.keys() - {field.name for field in fields(cls)})
        if unknown:
            raise FaultError(f"a fault has no {', '.join(unknown)}")
        for name, types in _TYPES.items():
            if not isinstance(document.get(name), types) and name in document:
                raise FaultError(f"this is no fault: {name} is {document[name]!r}")
        try:
            return cls(**{**document, "kind": Kind(str(document.get("kind")))})
        except (TypeError, ValueError) as error:
            raise FaultError(f"this is no fault: {error}") from error

    def to_document(self) -> dict[str, Any]:
        """For files and requests."""
        return asdict(self)

    @property
    def is_spent(self) -> bool:
        """Whether it was had as often as asked."""
        return self.times is not None and self.used >= self.times

    @property
    def service(self) -> str:
        """Of a service's fault."""
        return self.target.partition(":")[0]

    @property
    def operation(self) -> str:
        """Of a service's fault: a pattern."""
        return self.target.partition(":")[2] or "*"

    def is_of(self, name: str, queue: str) -> bool:
        """Whether it befalls a job of this name in this queue."""
        return fnmatchcase(name, self.target) and (
            self.queue is None or fnmatchcase(queue, self.queue)
        )

    def check(self) -> None:
        """FaultError unless it makes sense, as far as that can be told without the server."""
        if not self.target:
            raise FaultError(f"{self.kind} fault: whose? A name or a pattern such as 'smoke-*'")
        _CHECKS[self.kind](self)
        _check_number("--seconds", self.seconds, least=0)
        _check_number("--times", self.times, least=1)
        if not 0 < self.rate <= 1:
            raise FaultError(f"--rate: {self.rate:g}; allowed is more than 0 and at most 1")


def _check_job(fault: Fault) -> None:
    fate = _one_of("--fate", fault.effect, list(Fate))
    if fault.seconds is not None and fate not in _WITH_SECONDS:
        raise FaultError(f"--seconds: {fate} knows no time; {_listed(_WITH_SECONDS)} do")
    if fault.reason is not None and fate not in _WITH_REASON:
        raise FaultError(f"--reason: {fate} has its own words; {_listed(_WITH_REASON)} take yours")
    if fault.reason is not None and _WORD.fullmatch(fault.reason):  # no text: a word of ours
        words = STUCK_WORDS if fate == Fate.STUCK else NO_IMAGE_WORDS
        _one_of("--reason", fault.reason, words)


def _check_environment(fault: Fault) -> None:
    _one_of("what is wrong with the environment", fault.effect, ENVIRONMENT_EFFECTS)
    if fault.effect == "invalid" and not fault.reason:
        raise FaultError("--invalid: wants AWS's reason, e.g. 'CLIENT_ERROR - Access denied'")


def _check_service(fault: Fault) -> None:
    effect = _one_of("what is wrong with the service", fault.effect, SERVICE_EFFECTS)
    if effect == "latency" and fault.seconds is None:
        raise FaultError("--latency: wants seconds, e.g. 2.5")
    if effect == "refuse" and not _CODE.fullmatch(fault.reason or ""):
        raise FaultError(
            f"--refuse: {fault.reason!r} is no error code of AWS; e.g. expired-token, "
            "access-denied, unknown-key, or a code as it stands: ExpiredTokenException"
        )


def _check_quota(fault: Fault) -> None:
    try:
        value = float(fault.effect)
    except ValueError as error:
        raise FaultError(f"quota: {fault.effect!r} is no number of vCPUs") from error
    _check_number("quota", value, least=0)


_CHECKS = {
    Kind.JOB: _check_job,
    Kind.ENVIRONMENT: _check_environment,
    Kind.SERVICE: _check_service,
    Kind.QUOTA: _check_quota,
}


def _check_number(what: str, value: float | None, *, least: int) -> None:
    if value is not None and not least <= value < float("inf"):
        raise FaultError(f"{what}: {value:g}; allowed is {least} or more")


def _one_of(what: str, given: str, allowed: list[Fate] | tuple[str, ...]) -> str:
    words = [str(each) for each in allowed]
    if given not in words:
        close = get_close_matches(given, words, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise FaultError(f"{what}: {given!r} is unknown{hint}; allowed are {', '.join(words)}")
    return given


def _listed(fates: frozenset[Fate]) -> str:
    return ", ".join(sorted(fates))
