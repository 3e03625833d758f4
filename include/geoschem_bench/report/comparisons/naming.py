"""Labels that tell all samples of a comparison apart, not only those of one word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from geoschem_bench.analysis import Sample, labels_of


def named_apart(words: Sequence[str], samples: Sequence[Sequence[Sample]]) -> list[list[Sample]]:
    """The samples of each word, with new labels.

    Samples of two words are never merged, even where their setups are the same: two logs that
    do not print their threads are no repetitions of each other.
    """
    labels = labels_of(dict.fromkeys(sample.setup for group in samples for sample in group))
    tried = [
        [(sample, _names(sample, labels[sample.setup], word)) for sample in group]
        for word, group in zip(words, samples, strict=True)
    ]
    used = Counter(
        (sample.setup.simulation, name)
        for group in tried
        for sample, names in group
        for name in set(names)
    )
    return [
        [_named(sample, [n for n in names if used[sample.setup.simulation, n] == 1] or names)
         for sample, names in group]
        for group in tried
    ]  # fmt: skip


def _named(sample: Sample, names: Sequence[str]) -> Sample:
    return replace(sample, label=names[0])


def _names(sample: Sample, label: str, word: str) -> list[str]:
    """What it may be called, the best first: a log of a machine that nobody knows by its file.

    The files of two runs are often called the same, but for their folders.
    """
    logs = {run.source for run in sample.all_runs if run.origin == "log" and run.source}
    if len(logs) != 1:
        return [label, f"{label} ({word})"]
    (log,) = logs
    files = [log, word if word.endswith(log) else f"{log} in {word}"]
    with_label = [label, *(f"{label} ({file})" for file in files)]
    return [*files, *with_label] if sample.setup.machine is None else with_label
