"""What jobs print, as CloudWatch log streams that survive a restart."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from moto.logs.models import logs_backends

from geoschem_bench.sandbox.batch.job import now_ms
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.files import file_name, write_atomic
from geoschem_bench.sandbox.settings import LOG_GROUP

_LONGEST_EVENT = 256 * 1024
"""CloudWatch's limit on an event in bytes; longer lines are cut in pieces, as Docker does."""


class LogStore:
    """The streams of jobs: in moto for readers, in files for the next start.

    logs/<group>/<stream>.jsonl    one event per line
    """

    def __init__(self, folder: Path, region: str, account: str) -> None:
        self._folder = folder
        self._backend = logs_backends[account][region]
        self._group_of: dict[str, str] = {}
        """The group of each stream: their names are unique in all of the sandbox."""
        for place in sorted(path for path in folder.glob("*") if path.is_dir()):
            self.ensure_group(unquote(place.name))
            for path in sorted(place.glob("*.jsonl")):
                self._load(unquote(place.name), unquote(path.stem), path)
        self.ensure_group(LOG_GROUP)

    def _load(self, group: str, stream: str, path: Path) -> None:
        self._group_of[stream] = group
        self._backend.groups[group].create_log_stream(stream)
        self._backend.groups[group].streams[stream].put_log_events(_events_in(path))

    def has_group(self, group: str) -> bool:
        """Whether there is a group of this name."""
        return group in self._backend.groups

    def ensure_group(self, group: str) -> None:
        """Makes a group unless it is there; it survives a restart."""
        (self._folder / file_name(group)).mkdir(parents=True, exist_ok=True)
        self._backend.ensure_log_group(group)

    def delete_group(self, group: str) -> None:
        """Deletes a group with all that jobs printed to it."""
        shutil.rmtree(self._folder / file_name(group), ignore_errors=True)
        if self.has_group(group):
            self._backend.delete_log_group(group)
        for stream in [name for name, of in self._group_of.items() if of == group]:
            del self._group_of[stream]

    def forget_deleted(self) -> None:
        """Removes the files of groups that somebody has deleted in moto."""
        for place in [path for path in self._folder.glob("*") if path.is_dir()]:
            if not self.has_group(unquote(place.name)):
                self.delete_group(unquote(place.name))

    def create(self, stream: str, group: str = LOG_GROUP) -> None:
        """Makes an empty stream, so that a job that prints nothing has one as well."""
        self.ensure_group(group)
        self._group_of[stream] = group
        self._path(stream).touch()
        self._backend.groups[group].create_log_stream(stream)

    def count(self, stream: str) -> int:
        """How many events a stream has."""
        found = self._present(stream)
        return len(found.events) if found else 0

    def append(self, stream: str, lines: list[bytes], skipped: int = 0) -> int:
        """Adds lines to a stream: to the file first, then where readers see them.

        Args:
            stream: Its name.
            lines: As they were printed.
            skipped: So many events at the beginning are there already.

        Returns:
            What is left of `skipped` for the next lines.
        """
        events = [event for line in lines for event in _events_of(line)]
        self._add(stream, events[skipped:])
        return max(0, skipped - len(events))

    def _add(self, stream: str, events: list[dict[str, Any]]) -> None:
        found = self._present(stream)
        if not events or found is None:
            return
        with suppress(FileNotFoundError, KeyError):  # deleted just now
            with self._path(stream).open("a") as file:
                file.writelines(json.dumps(event) + "\n" for event in events)
            found.put_log_events(events)

    def recover(self, stream: str, output: Path) -> None:
        """Adds what a job printed after a killed server had last looked."""
        if output.exists():
            self.append(stream, output.read_bytes().split(b"\n"), self.count(stream))

    def _present(self, stream: str) -> Any:  # noqa: ANN401 - moto's own, or nothing
        """A stream, unless somebody has deleted it or its group; its job runs on."""
        group = self._backend.groups.get(self._group_of.get(stream, ""))
        return group.streams.get(stream) if group else None

    def _path(self, stream: str) -> Path:
        return self._folder / file_name(self._group_of[stream]) / f"{file_name(stream)}.jsonl"


def log_group_of(container: Document) -> str:
    """The group that a container's definition names, or the one of AWS Batch."""
    options = container.get("logConfiguration", {}).get("options", {})
    return str(options.get("awslogs-group") or LOG_GROUP)


def _events_of(line: bytes) -> list[dict[str, Any]]:
    """CloudWatch takes no empty events, so blank lines are dropped, as on AWS."""
    pieces = [line[at : at + _LONGEST_EVENT] for at in range(0, len(line), _LONGEST_EVENT)]
    return [
        {"timestamp": now_ms(), "message": piece.decode(errors="replace")}
        for piece in pieces
        if piece.strip()
    ]


def _events_in(path: Path) -> list[dict[str, Any]]:
    """The events of a file; one that a `kill -9` cut short is removed."""
    text = path.read_text()
    whole, newline, torn = text.rpartition("\n")
    if torn:
        write_atomic(path, (whole + newline).encode())
    return [json.loads(line) for line in whole.split("\n") if line]


class OutputReader:
    """Follows the file that a job prints to.

    A file and not a pipe: nobody has to read it, so a job never blocks on its output, and what
    was printed before the server was killed is still there.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""

    def new_lines(self, *, last: bool = False) -> list[bytes]:
        """The complete lines since the last call; with `last` also an incomplete one."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        if last and self._rest:
            lines.append(self._rest)
            self._rest = b""
        return lines

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()
