"""One word of a command → the results that it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.model_logs import LogError
from geoschem_bench.records import (
    LogFacts,
    ObjectStore,
    Result,
    ResultsStore,
    imports_prefix,
    result_of_log,
)
from geoschem_bench.reference import published_runs
from geoschem_bench.selection.logs import logs_at, read_all
from geoschem_bench.suite.names import likeliest

PUBLISHED, IMPORTED = "published", "imported"
HELP = (
    "a log or a folder of logs, a run's id or its end, RUN/BENCHMARK, a benchmark's id (all its "
    "runs), `imported`, `published`, or `published:` with a part of a name (published:c5.9xlarge)"
)


@dataclass(frozen=True)
class Stores:
    """Where stored results are asked for."""

    bucket: str
    objects: ObjectStore
    results: ResultsStore


@dataclass(frozen=True)
class Chosen:
    """What a word means."""

    word: str
    results: tuple[Result, ...]
    refused: tuple[LogError, ...] = field(default=())
    """Logs that could not be read."""


def is_study(word: str) -> bool:
    """Whether the word means something else than a run or a benchmark of the store."""
    name = word.partition(":")[0]
    return name in (PUBLISHED, IMPORTED) or word.startswith("s3://") or Path(word).exists()


def choose(
    word: str,
    stores: Callable[[], Stores],
    facts: LogFacts = LogFacts(),  # noqa: B008 - frozen
) -> Chosen:
    """The results that `word` means; see HELP.

    Args:
        word: As typed.
        stores: Called only where the word names something stored or in S3.
        facts: What a person says of logs that are read here and now.

    Raises:
        NotFoundError: There is no such thing.
        UserError: None of the logs can be read.
    """
    name, _, part = word.partition(":")
    if name == PUBLISHED:
        return Chosen(word, _published(word, part))
    if word != IMPORTED and is_study(word):
        return _logs(word, stores().objects if word.startswith("s3://") else None, facts)
    return Chosen(word, tuple(_stored(word, stores())))


def _published(word: str, part: str) -> tuple[Result, ...]:
    """By a benchmark's id, else by a part of the machine's name, the id or the version."""
    exact = tuple(run for run in published_runs() if run.benchmark_id == part)
    if exact:
        return exact
    found = tuple(run for run in published_runs() if part.lower() in _names_of(run).lower())
    if not found:
        known = sorted({run.machine_class or run.benchmark_id for run in published_runs()})
        raise NotFoundError(f"{word}: no published run is called so; there are: {', '.join(known)}")
    return found


def _names_of(run: Result) -> str:
    return " ".join(filter(None, (run.machine_class, run.benchmark_id, run.model_version)))


def _logs(word: str, objects: ObjectStore | None, facts: LogFacts) -> Chosen:
    results, refused = [], []
    for log, run in read_all(logs_at([word], objects)[0], objects):
        try:
            if isinstance(run, LogError):
                raise run
            results.append(result_of_log(run, log.file_name, facts))
        except LogError as error:
            refused.append(error)
    if not results:
        raise UserError("\n".join(map(str, refused)))
    return Chosen(word, tuple(results), tuple(refused))


def _stored(word: str, stores: Stores) -> Sequence[Result]:
    if word == IMPORTED:
        return imported(stores)
    run, _, benchmark = word.partition("/")
    found = stores.results.of_benchmark(word) if not benchmark else []
    if found:
        return found
    runs = [run_id for run_id in run_ids(stores) if run_id.endswith(run)]
    if len(runs) > 1:
        raise NotFoundError(f"{word}: several runs end in it: {', '.join(runs[-5:])}")
    found = stores.results.of_run(runs[0]) if runs else []
    found = [result for result in found if benchmark in ("", result.benchmark_id)]
    if not found:
        near = likeliest(word, run_ids(stores)) if not runs else ""
        raise NotFoundError(f"{word}: no file, run or benchmark is called so{near}; give {HELP}")
    return found


def imported(stores: Stores) -> list[Result]:
    """Every log that was imported."""
    folders = stores.objects.folders(imports_prefix(stores.bucket))
    return [result for run_id in folders for result in stores.results.of_run(run_id)]


def run_ids(stores: Stores) -> list[str]:
    """Of all runs and imports, oldest first."""
    roots = (f"s3://{stores.bucket}/runs/", imports_prefix(stores.bucket))
    return sorted({run_id for root in roots for run_id in stores.objects.folders(root)})


def everything(stores: Stores) -> list[Result]:
    """All results of all runs and imports."""
    return [result for run_id in run_ids(stores) for result in stores.results.of_run(run_id)]
