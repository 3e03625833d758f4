"""Results of some words → the samples that are compared, and those the spread is learnt from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from geoschem_bench.analysis import (
    PooledSpread,
    Sample,
    Simulation,
    are_comparable,
    pooled_spread,
    require_comparable,
    samples_of,
)
from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.recommendation import describe_simulation
from geoschem_bench.records import Result
from geoschem_bench.reference import published_runs
from geoschem_bench.report.comparisons.naming import named_apart

_Named = tuple[str, Sequence[Result]]
"""A word as typed, and what it means."""
_LISTED = 12
"""Setups in an error: enough to choose from, few enough to be read."""


@dataclass(frozen=True)
class Choice:
    """What is compared with what."""

    baseline: Sample
    candidates: tuple[Sample, ...]
    left_out: tuple[str, ...]
    """Samples that did other work, in words."""
    pooled: PooledSpread | None
    """Learnt from all samples, those left out and those of `pool` too. Of published runs always
    from all of them, so that the verdict depends not on how narrow the words are."""


def choose_samples(
    chosen: Sequence[_Named], part: str | None = None, pool: Iterable[Result] = ()
) -> Choice:
    """The baseline, the first, and its candidates.

    Several words: one sample each, of the simulation that all of them have in common. A single
    word: its first sample that others can be compared with, and those others.

    Args:
        chosen: Words with their results, the baseline's first.
        part: Of the label of the baseline, where a single word is given.
        pool: Results that only add to what is known of the spread between runs.

    Raises:
        UserError: It is not clear what to compare, or nothing can be.
    """
    words = [word for word, _ in chosen]
    samples = named_apart(words, [_samples(word, results) for word, results in chosen])
    if part is not None and len(chosen) > 1:
        raise UserError(f"--baseline {part} picks among the setups of a single word, and "
                        f"{len(chosen)} are given: name the baseline as the first one")  # fmt: skip
    if len(chosen) == 1:
        baseline, candidates = _of_one(words[0], samples[0], part)
    else:
        baseline, *candidates = _of_many(words, samples)
        _refuse_shared_runs([baseline, *candidates])
    compared = [baseline, *candidates]
    everything = [sample for group in samples for sample in group]
    return Choice(
        baseline,
        tuple(candidates),
        tuple(_with_work(sample) for sample in everything if sample not in compared),
        pooled_spread(_learnt_from(everything, pool)),
    )


def _samples(word: str, results: Sequence[Result]) -> list[Sample]:
    found = samples_of(results)
    if not found:
        reasons = Counter(run.message or run.reason or "no time was measured" for run in results)
        why = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common(3))
        raise NotFoundError(f"{word}: no run in it has a time to compare: {why or 'there is none'}")
    return found


def _of_one(
    word: str, samples: Sequence[Sample], part: str | None
) -> tuple[Sample, Sequence[Sample]]:
    def others(one: Sample) -> list[Sample]:
        return [other for other in samples if other is not one and are_comparable(one, other)]

    if part is not None:
        baseline = _named(word, samples, part)
    else:
        baseline = next((sample for sample in samples if others(sample)), samples[0])
    if len(samples) == 1:
        runs = f"{len(baseline.all_runs)} run{'' if len(baseline.all_runs) == 1 else 's'}"
        raise UserError(f"{word}: holds one setup, {baseline.label}, with {runs}, and something to "
                        "compare it with is needed: give a second word")  # fmt: skip
    if not others(baseline):
        raise UserError(f"{word}: nothing else in it did the same work as {baseline.label}; give "
                        "a second word to compare it with")  # fmt: skip
    return baseline, others(baseline)


def _named(word: str, samples: Sequence[Sample], part: str) -> Sample:
    exact = [sample for sample in samples if sample.label.lower() == part.lower()]
    found = exact or [sample for sample in samples if part.lower() in sample.label.lower()]
    if len(found) != 1:
        what = "fits several setups" if found else "fits none of the setups"
        raise NotFoundError(f"--baseline {part} {what} of {word}: {_list(found or samples)}")
    return found[0]


def _of_many(words: Sequence[str], samples: Sequence[Sequence[Sample]]) -> list[Sample]:
    common = set.intersection(*({_work(sample) for sample in group} for group in samples))
    if not common:
        _refuse_other_work(samples)
    chosen = []
    for word, group in zip(words, samples, strict=True):
        left = [sample for sample in group if _work(sample) in common]
        if len(left) > 1:
            raise UserError(f"{word}: holds {len(left)} setups, and one is needed to compare with "
                            f"{_others(word, words)}: {_list(left)}; name one more narrowly, or "
                            f"give {word} alone to compare all of its setups")  # fmt: skip
        chosen += left
    return chosen


def _work(sample: Sample) -> Simulation:
    return sample.setup.simulation


def _with_work(sample: Sample) -> str:
    return f"{sample.label}: {describe_simulation(sample.runs[0])}"


def _refuse_other_work(samples: Sequence[Sequence[Sample]]) -> None:
    """Names what differs between the first two that have nothing in common."""
    for group in samples[1:]:
        if not {_work(sample) for sample in group} & {_work(sample) for sample in samples[0]}:
            require_comparable(samples[0][0], group[0])
    raise UserError("the words have no simulation in common that all of them ran; compare fewer "
                    "of them at a time")  # fmt: skip


def _refuse_shared_runs(samples: Sequence[Sample]) -> None:
    """A run on both sides would be compared with itself, and the interval would be too narrow."""
    seen: dict[tuple[str, str, int], Sample] = {}
    for sample in samples:
        for run in sample.all_runs:
            key = _identity(run)
            if key in seen:
                raise UserError(f"run {run.benchmark_run_id} of {run.benchmark_id} is in two of "
                                "the words; name runs apart, as RUN/BENCHMARK")  # fmt: skip
            seen[key] = sample


def _learnt_from(samples: Sequence[Sample], pool: Iterable[Result]) -> list[Sample]:
    """These samples and those of the pool; of published runs all. No run counts twice.

    Own samples stay as the words made them: what differs between two words is what is asked.
    """
    reference = published_runs() if any(map(_is_published, samples)) else ()
    published = {_identity(run) for run in reference}
    kept = [sample for sample in samples
            if not any(_identity(run) in published for run in sample.all_runs)]  # fmt: skip
    known = published | {_identity(run) for sample in kept for run in sample.all_runs}
    added = samples_of(run for run in pool if _identity(run) not in known)
    return [*kept, *samples_of(reference), *added]


def _is_published(sample: Sample) -> bool:
    return sample.setup.provenance == "published"


def _identity(run: Result) -> tuple[str, str, int]:
    return run.benchmark_run_id, run.benchmark_id, run.submission


def _others(word: str, words: Sequence[str]) -> str:
    return ", ".join(other for other in words if other != word) or "the others"


def _list(samples: Sequence[Sample]) -> str:
    listed = [f"{sample.label} ({sample.runs[0].benchmark_id})" for sample in samples[:_LISTED]]
    more = len(samples) - len(listed)
    return "; ".join([*listed, *([f"and {more} more"] if more else [])])
