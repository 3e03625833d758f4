"""What is asked before jobs are submitted, and what the answer can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from geoschem_bench.errors import Reason

Kind = Literal["queue", "image", "input", "quota"]
Openness = Literal["open", "shut", "broken", "silent"]


@dataclass(frozen=True)
class Want:
    """What one benchmark needs of AWS."""

    id: str
    queue: str
    definition: str
    architecture: str
    instance_type: str
    vcpus: int
    """Requested of Batch, on each node."""
    nodes: int
    is_spot: bool
    input: str | None
    """Where its input data are."""


@dataclass(frozen=True)
class Question:
    """One gate's question; `wants` are the benchmarks of this run that go through it."""

    kind: Kind
    wants: tuple[Want, ...]
    at_once: int
    """The most jobs of the run at one time."""

    def to_document(self) -> dict[str, Any]:
        """As JSON can hold it, in the arguments of a trigger."""
        return {**asdict(self), "wants": [asdict(want) for want in self.wants]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The question of `to_document`."""
        wants = tuple(Want(**want) for want in document["wants"])
        return cls(**{**document, "wants": wants})


@dataclass(frozen=True)
class GateState:
    """The answer.

    `open`: go on. `shut`: not yet, wait. `broken`: waiting mends nothing. `silent`: AWS did not
    answer, or does not let us in.
    """

    state: Openness
    message: str
    reason: Reason | None = None
    """Why a benchmark is not submitted, if this stays so."""
    cure: str = ""
    benchmarks: tuple[str, ...] | None = None
    """Whom it keeps out; None: all that go through this gate."""

    def to_document(self) -> dict[str, Any]:
        """As JSON can hold it, in an event or an XCom."""
        ids = None if self.benchmarks is None else list(self.benchmarks)
        return {**asdict(self), "reason": self.reason and self.reason.value, "benchmarks": ids}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The state of `to_document`."""
        reason, ids = document["reason"], document["benchmarks"]
        read = {
            "reason": reason and Reason(reason),
            "benchmarks": None if ids is None else tuple(ids),
        }
        return cls(**{**document, **read})

    def __str__(self) -> str:
        said = f"{self.reason}: {self.message}" if self.reason else self.message
        return f"{said}. {self.cure}" if self.cure else said


def opened(message: str) -> GateState:
    """Go on."""
    return GateState("open", message)


def shut(reason: Reason, message: str, cure: str = "") -> GateState:
    """Wait: it may open by itself."""
    return GateState("shut", message, reason, cure)


def broken(
    reason: Reason, message: str, cure: str, benchmarks: tuple[str, ...] | None = None
) -> GateState:
    """Waiting mends nothing."""
    return GateState("broken", message, reason, cure, benchmarks)
