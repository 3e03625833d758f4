"""What jobs print, as CloudWatch log streams that survive a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from moto.logs.models import logs_backends

from geoschem_bench.sandbox.batch.job import now_ms
from geoschem_bench.sandbox.files import file_name, write_atomic
from geoschem_bench.sandbox.settings import LOG_GROUP

_LONGEST_EVENT = 256 * 1024
"""CloudWatch's limit on an event in bytes; longer lines are cut in pieces, as Docker does."""


class LogStore:
    """The streams of `/aws/batch/job`: in moto for readers, in files for the next start."""

    def __init__(self, folder: Path, region: str, account: str) -> None:
        self._folder = folder / file_name(LOG_GROUP)
        backend = logs_backends[account][region]
        backend.ensure_log_group(LOG_GROUP)
        self._group = backend.groups[LOG_GROUP]
        for path in sorted(self._folder.glob("*.jsonl")):
            self._group.create_log_stream(unquote(path.stem))
            self._group.streams[unquote(path.stem)].put_log_events(_events_in(path))

    def create(self, stream: str) -> None:
        """Makes an empty stream, so that a job that prints nothing has one as well."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path(stream).touch()
        self._group.create_log_stream(stream)

    def append(self, stream: str, lines: list[bytes]) -> None:
        """Adds lines to a stream: to the file first, then where readers see them."""
        events = [event for line in lines for event in _events_of(line)]
        if not events:
            return
        with self._path(stream).open("a") as file:
            file.writelines(json.dumps(event) + "\n" for event in events)
        self._group.streams[stream].put_log_events(events)

    def recover(self, stream: str, output: Path) -> None:
        """Adds what a job printed after a killed server had last looked."""
        if not output.exists():
            return
        lines = [line for line in output.read_bytes().split(b"\n") if line.strip()]
        self.append(stream, lines[len(self._group.streams[stream].events) :])

    def _path(self, stream: str) -> Path:
        return self._folder / f"{file_name(stream)}.jsonl"


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
