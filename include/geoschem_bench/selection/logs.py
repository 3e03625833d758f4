"""Words that mean logs (files, folders, S3 prefixes) → what each log says, or why it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from geoschem_bench.errors import NotFoundError
from geoschem_bench.model_logs import (
    MAX_JSON_BYTES,
    FoundLog,
    LogError,
    ModelRun,
    find_logs,
    may_be_log,
    open_log,
    read_log,
    read_timers_run,
)
from geoschem_bench.records import ObjectStore


@dataclass(frozen=True)
class LogFile:
    """One log to be read."""

    name: str
    """As the person would name it: a path or an S3 address."""
    local: FoundLog | None = None
    """None: it lies in S3."""

    @property
    def file_name(self) -> str:
        """Without its folder: what is stored as its source."""
        return self.name.rsplit("/", 1)[-1]


def logs_at(words: Iterable[str], objects: ObjectStore | None = None) -> tuple[list[LogFile], int]:
    """The logs that the words mean, and how many other files lay beside them.

    Args:
        words: Paths of files and folders, or S3 addresses and prefixes.
        objects: For S3 addresses.

    Raises:
        NotFoundError: Nothing is there, or a folder holds no file that may be a log.
    """
    found: list[LogFile] = []
    others = 0
    for word in words:
        logs, beside = _in_s3(word, objects) if word.startswith("s3://") else _on_disk(word)
        if not logs:
            raise NotFoundError(f"{word}: no log is there (looked for *.log, log.*, *.out, "
                                "gcclassic_timers.json; name a file itself if it is called "
                                "otherwise)")  # fmt: skip
        found += logs
        others += beside
    return list(dict.fromkeys(found)), others


def _on_disk(word: str) -> tuple[list[LogFile], int]:
    if not Path(word).exists():
        raise NotFoundError(f"{word}: there is no such file or folder")
    logs, others = find_logs(Path(word))
    return [LogFile(str(log.path), log) for log in logs], others


def _in_s3(prefix: str, objects: ObjectStore | None) -> tuple[list[LogFile], int]:
    if objects is None:
        raise NotFoundError(f"{prefix}: S3 is not connected here")
    addresses = list(objects.list(prefix))
    if addresses == [prefix]:
        return [LogFile(prefix)], 0
    logs = [LogFile(a) for a in addresses if may_be_log(a.rsplit("/", 1)[-1])]
    return logs, len(addresses) - len(logs)


def read(log: LogFile, objects: ObjectStore | None = None) -> ModelRun:
    """What the log says. Raises LogError where it is refused."""
    try:
        with ExitStack() as stack:
            if log.local is None:
                return _read_from_s3(log, objects, stack)
            if log.file_name.endswith(".json"):
                return read_timers_run(_small(log.local.path), log.file_name)
            timers = log.local.timers_json
            processes = log.local.all_pes
            return read_log(
                stack.enter_context(open_log(log.local.path)),
                log.file_name,
                _small(timers) if timers else None,
                stack.enter_context(open_log(processes)) if processes else None,
            )
    except OSError as error:
        raise LogError(log.name, f"cannot be read: {error.strerror or error}") from error


def _small(path: Path) -> bytes:
    """A timers file, or enough of something larger to be refused as none."""
    with path.open("rb") as file:
        return file.read(MAX_JSON_BYTES + 1)


def _read_from_s3(log: LogFile, objects: ObjectStore | None, stack: ExitStack) -> ModelRun:
    if objects is None:
        raise LogError(log.name, "cannot be read: S3 is not connected here")
    body = stack.enter_context(objects.open(log.name))
    if log.file_name.endswith(".json"):
        return read_timers_run(body.read(MAX_JSON_BYTES + 1), log.file_name)
    return read_log(body, log.file_name)


def read_all(
    logs: Iterable[LogFile], objects: ObjectStore | None = None
) -> Iterator[tuple[LogFile, ModelRun | LogError]]:
    """Each log with what it says or why it is refused: one that is broken stops no other."""
    for log in logs:
        try:
            yield log, read(log, objects)
        except LogError as error:
            yield log, error
