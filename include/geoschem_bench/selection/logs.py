"""Words that mean logs (files, folders, S3 prefixes) → what each log says, or why it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.model_logs import (
    LOOKED_FOR,
    MAX_JSON_BYTES,
    Listings,
    LogError,
    ModelRun,
    find_logs,
    group_logs,
    open_log,
    open_regular,
    read_log,
    read_timers_run,
)
from geoschem_bench.records import ObjectStore

_S3 = "s3://"


@dataclass(frozen=True)
class LogFile:
    """One log to be read, with what belongs to it: paths, or S3 addresses."""

    name: str
    """As the person would name it."""
    timers_json: str | None = None
    all_pes: str | None = None

    @property
    def file_name(self) -> str:
        """Without its folder: what is stored as its source. Bytes that are no text as escapes."""
        name = self.name.rsplit("/", 1)[-1]
        return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def logs_at(
    words: Iterable[str],
    objects: ObjectStore | None = None,
    refused: list[UserError] | None = None,
) -> tuple[list[LogFile], int]:
    """The logs that the words mean, and how many other files lay beside them.

    Args:
        words: Paths of files and folders, or S3 addresses and prefixes.
        objects: For S3 addresses.
        refused: Filled with what words that mean nothing would raise; without it they raise.

    Raises:
        NotFoundError: Nothing is there, or a folder holds no file that may be a log.
        LogError: A word names a pipe or a device.
    """
    found: list[LogFile] = []
    others = 0
    on_disk: Listings = {}
    in_s3: dict[str, dict[str, LogFile]] = {}
    for word in words:
        try:
            is_in_s3 = word.startswith(_S3)
            logs, beside = _in_s3(word, objects, in_s3) if is_in_s3 else _on_disk(word, on_disk)
            if not logs:
                raise NotFoundError(
                    f"{word}: no log is there (looked for {LOOKED_FOR}; name a file itself if it "
                    "is called otherwise)"
                )
        except UserError as error:
            if refused is None:
                raise
            refused.append(error)
            continue
        found += logs
        others += beside
    return list(dict.fromkeys(found)), others


def _on_disk(word: str, listings: Listings) -> tuple[list[LogFile], int]:
    logs, others = find_logs(Path(word), listings)
    return [
        LogFile(
            str(log.path),
            str(log.timers_json) if log.timers_json else None,
            str(log.all_pes) if log.all_pes else None,
        )
        for log in logs
    ], others


def _in_s3(
    word: str, objects: ObjectStore | None, listings: dict[str, dict[str, LogFile]]
) -> tuple[list[LogFile], int]:
    """The object of that address if there is one, else all in the folder of that name."""
    if objects is None:
        raise NotFoundError(f"{word}: S3 is not connected here")
    # Of all that start with it, the address itself is the first
    if not word.endswith("/") and next(iter(objects.list(word)), None) == word:
        folder = word.rpartition("/")[0]
        if folder not in listings:
            beside = (a for a in objects.list(f"{folder}/") if a.rpartition("/")[0] == folder)
            listings[folder] = {log.name: log for log in _grouped(beside)}
        return [listings[folder].get(word) or LogFile(word)], 0
    folder = f"{word.rstrip('/')}/"
    addresses = [a for a in objects.list(folder) if not a.endswith("/")]  # a folder's own mark
    logs = sorted(_grouped(addresses), key=lambda log: log.name)
    taken = sum(1 + (log.timers_json is not None) + (log.all_pes is not None) for log in logs)
    return logs, len(addresses) - taken


def _grouped(addresses: Iterable[str]) -> list[LogFile]:
    return [LogFile(*group) for group in group_logs(addresses)]


def read(log: LogFile, objects: ObjectStore | None = None) -> ModelRun:
    """What the log says. Raises LogError where it is refused."""
    try:
        if log.file_name.lower().endswith(".json"):
            return read_timers_run(_small(log.name, objects), log.file_name)
        with ExitStack() as stack:
            return read_log(
                stack.enter_context(_open_log(log.name, objects)),
                log.file_name,
                _small(log.timers_json, objects) if log.timers_json else None,
                stack.enter_context(_open_log(log.all_pes, objects)) if log.all_pes else None,
            )
    except OSError as error:
        raise LogError(log.name, f"cannot be read: {error.strerror or error}") from error


def _open_log(name: str, objects: ObjectStore | None) -> AbstractContextManager[BinaryIO]:
    return _in_store(name, objects) if name.startswith(_S3) else open_log(Path(name))


def _in_store(name: str, objects: ObjectStore | None) -> AbstractContextManager[BinaryIO]:
    if objects is None:
        raise LogError(name, "cannot be read: S3 is not connected here")
    return objects.open(name)


def _small(name: str, objects: ObjectStore | None) -> bytes:
    """A timers file, or enough of something larger to be refused as none."""
    with _in_store(name, objects) if name.startswith(_S3) else open_regular(Path(name)) as file:
        return file.read(MAX_JSON_BYTES + 1)


def read_all(
    logs: Iterable[LogFile], objects: ObjectStore | None = None
) -> Iterator[tuple[LogFile, ModelRun | LogError]]:
    """Each log with what it says or why it is refused: one that is broken stops no other."""
    for log in logs:
        try:
            yield log, read(log, objects)
        except LogError as error:
            yield log, error
