"""Samples for the tests of comparisons: one setup, given seconds."""

from __future__ import annotations

from typing import Any

from geoschem_bench.analysis import Comparison, Sample, samples_of
from geoschem_bench.records import Result
from tests.unit.factories import make_model_result


def runs(*seconds: float, **changes: Any) -> list[Result]:
    """One run of one repetition for each number."""
    return [
        make_model_result(
            **{
                "wall_seconds": (value,),
                "benchmark_run_id": f"202611{day:02}T035120Z-1a2b3c4d",
                "cpu_seconds": (),
                "peak_memory_gib": (),
                "cpu_efficiency": None,
                **changes,
            }
        )
        for day, value in enumerate(seconds, start=1)
    ]


def sample(*seconds: float, **changes: Any) -> Sample:
    """The only sample of these runs."""
    (only,) = samples_of(runs(*seconds, **changes))
    return only


def interval(comparison: Comparison) -> tuple[float, float]:
    """Of the ratio, which there must be."""
    assert comparison.ratio_low is not None
    assert comparison.ratio_high is not None
    return comparison.ratio_low, comparison.ratio_high
