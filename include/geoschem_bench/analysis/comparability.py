"""What may be compared, and what must be said of a comparison."""

from __future__ import annotations

from collections.abc import Iterator

from geoschem_bench.analysis.samples import Sample
from geoschem_bench.errors import UserError

_ASPECTS = {
    "workload": "workload",
    "application": "application",
    "simulation_type": "simulation",
    "resolution": "resolution",
    "region": "region",
    "simulated_days": "simulated days",
}
"""Field of `Simulation` → its name for people."""

_CURES = {
    "workload": "a proxy's seconds are not GEOS-Chem's: compare model runs with model runs",
    "simulated days": "take runs of the same length: a short run is mostly start-up and input, "
                      "so that times do not scale with days",
}  # fmt: skip
_ANY_CURE = "choose two runs of the same simulation"


class NotComparableError(UserError):
    """Two samples that did different work."""

    def __init__(self, aspect: str, baseline: str, candidate: str) -> None:
        super().__init__(aspect, baseline, candidate)
        self.aspect = aspect
        self.baseline = baseline
        self.candidate = candidate

    def __str__(self) -> str:
        cure = _CURES.get(self.aspect, _ANY_CURE)
        return (
            f"the {self.aspect} differ{'' if self.aspect.endswith('days') else 's'}: "
            f"{self.baseline!r} (baseline) and {self.candidate!r} (candidate); {cure}"
        )


def require_comparable(baseline: Sample, candidate: Sample) -> None:
    """Raises NotComparableError, naming the first aspect in which the simulations differ."""
    one, other = baseline.setup.simulation, candidate.setup.simulation
    for field, name in _ASPECTS.items():
        ours, theirs = getattr(one, field), getattr(other, field)
        if ours != theirs:
            raise NotComparableError(name, _text(ours), _text(theirs))


def are_comparable(baseline: Sample, candidate: Sample) -> bool:
    """Whether both did the same work."""
    return baseline.setup.simulation == candidate.setup.simulation


def flags_of(baseline: Sample, candidate: Sample) -> tuple[str, ...]:
    """What a reader must know of this comparison, in sentences without a full stop."""
    return tuple(_flags(baseline, candidate))


def _flags(baseline: Sample, candidate: Sample) -> Iterator[str]:
    samples = (baseline, candidate)
    if any(sample.is_smoke for sample in samples):
        yield "smoke: not to be generalised"
    if baseline.setup.provenance != candidate.setup.provenance:
        yield "published against own: measured by different people, at different times"
    if baseline.setup.model_version != candidate.setup.model_version:
        yield (
            f"different model versions: {baseline.setup.model_version or 'not known'} and "
            f"{candidate.setup.model_version or 'not known'}"
        )
    yield from _clock_flags(clocks_of(baseline), clocks_of(candidate))
    for side, sample in zip(("baseline", "candidate"), samples, strict=True):
        if sample.is_cold:
            yield f"cold: the {side} read its input for the first time"
        elif len({run.is_cold for run in sample.runs}) > 1:
            yield f"input cache: not known of some runs of the {side}, which may have been cold"
    if any(sample.kind == "repetitions" for sample in samples):
        yield "repetitions of one run: the spread between instances and days is not in them"


def _clock_flags(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Iterator[str]:
    if len({*ours, *theirs}) < 2:
        return
    if ours == theirs:
        yield f"different clocks within both sides: {' and '.join(ours)}"
    else:
        yield f"different clocks: {' or '.join(ours)} and {' or '.join(theirs)}"


def clocks_of(sample: Sample) -> tuple[str, ...]:
    """What gave the seconds, by name; our own runner where nothing is said."""
    return tuple(sorted({run.wall_clock or "runner" for run in sample.runs}))


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
