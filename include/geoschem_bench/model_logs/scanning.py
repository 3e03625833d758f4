"""One pass over a log of any size: what is worth keeping of it, in little memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from geoschem_bench.errors import LogError
from geoschem_bench.model_logs import patterns
from geoschem_bench.model_logs.clock import ModelClock
from geoschem_bench.model_logs.timers import number

MAX_LINE_BYTES = 1024**2
_CHUNK_BYTES = 1024**2
_HEAD_BYTES = 8 * 1024**2
"""Run scripts print their thread count before the model starts."""
_MOST_NOTED = 100
"""Of a kind: with MPI each rank may print the same line."""
_MOST_ERRORS = 12
_MOST_ERRORS_WITH_THE_SYSTEMS = 20
"""The kernel's or Slurm's last word must find room behind any number of the model's."""
_LINE_KEPT = 500
_ERROR_KEPT = 1500


class Capture:
    """Text from a place on, over chunk borders, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._kept = 0

    def open(self, data: bytes, at: int) -> None:
        """Start (again) at `at`."""
        self._parts, self._kept = [], 0
        self._add(data[at : at + self._limit])

    def go_on(self, lines: bytes) -> None:
        """The chunk after it, without the newline that stands before each chunk."""
        if self._parts and self._kept < self._limit:
            self._add(lines[1 : 1 + self._limit - self._kept])

    def _add(self, part: bytes) -> None:
        self._parts.append(part)
        self._kept += len(part)

    @property
    def text(self) -> str | None:
        """None where the place never came."""
        return as_text(b"".join(self._parts)) if self._parts else None


def as_text(raw: bytes) -> str:
    """Logs are ASCII but for names of people and paths."""
    return raw.decode("utf-8", "replace").replace("\r", "")


@dataclass
class Noted:
    """A line that matters: what it is, where and (of an error) what follows it."""

    offset: int
    line_number: int
    kind: str
    text: str


@dataclass
class Scan:
    """What is kept of a log."""

    size_bytes: int = 0
    sha256: str = ""
    noted: dict[str, list[Noted]] = field(default_factory=dict)
    """By kind, in order."""
    errors: list[tuple[int, Capture]] = field(default_factory=list)
    steps: int = 0
    first_steps: list[str] = field(default_factory=list)
    """The first two: their distance is the step."""
    last_step: str | None = None
    last_step_offset: int = -1
    clock: ModelClock = field(default_factory=ModelClock)
    memory_mb: float | None = None
    threads: int | None = None
    names_gchp: bool = False
    timers: Capture = field(default_factory=lambda: Capture(64 * 1024))
    time_command: Capture = field(default_factory=lambda: Capture(8 * 1024))
    report: Capture = field(default_factory=lambda: Capture(256 * 1024))
    components: Capture = field(default_factory=lambda: Capture(512 * 1024))

    def lines(self, kind: str) -> list[Noted]:
        """Those of one kind, in order."""
        return self.noted.get(kind, [])

    def add(self, note: Noted) -> None:
        """Keep it, unless there are enough of its kind."""
        same = self.noted.setdefault(note.kind, [])
        if len(same) < _MOST_NOTED:
            same.append(note)


def scan(stream: BinaryIO, name: str) -> Scan:
    """Read `stream` to its end.

    Raises:
        LogError: Empty, binary, or with a line that no log has.
    """
    result = Scan()
    digest = hashlib.sha256()
    offset = line_number = 0
    for lines, is_complete in _whole_lines(stream, name):
        digest.update(memoryview(lines)[1:])
        _note(result, lines, offset, line_number, is_complete)
        if is_complete:
            _measure(result, lines, offset)
            result.clock.follow(lines, line_number)
        offset += len(lines) - 1
        line_number += lines.count(b"\n") - 1
    if not offset:
        raise LogError(name, "is empty")
    result.size_bytes, result.sha256 = offset, digest.hexdigest()
    return result


def _whole_lines(stream: BinaryIO, name: str) -> Iterator[tuple[bytes, bool]]:
    """Chunks of whole lines, each after a newline of ours; last a line without its end.

    That one may be cut off in the middle of a number.
    """
    rest = b""
    while chunk := stream.read(_CHUNK_BYTES):
        if b"\0" in chunk:
            raise LogError(name, "is a binary file, no log")
        first_end = chunk.find(b"\n")
        if len(rest) + (first_end if first_end >= 0 else len(chunk)) > MAX_LINE_BYTES:
            raise LogError(name, "has a line longer than 1 MiB, so it is no log of a model")
        if first_end < 0:
            rest += chunk
            continue
        cut = chunk.rfind(b"\n") + 1
        yield b"".join((b"\n", rest, chunk[:cut])), True
        rest = chunk[cut:]
    if rest:
        yield b"\n" + rest, False


def _note(result: Scan, lines: bytes, offset: int, line_number: int, is_complete: bool) -> None:
    for _, capture in result.errors:
        capture.go_on(lines)
    counted_to, number = 0, line_number
    for match in patterns.NOTED.finditer(lines):
        kind = match.lastgroup or ""
        at = match.start(kind)
        if kind == "error":
            _keep_error(result, lines, at, offset, _MOST_ERRORS)
        elif is_complete or kind not in ("echo", "gchp"):
            number += lines.count(b"\n", counted_to, at)
            counted_to = at
            text = as_text(match[kind][:_LINE_KEPT])
            result.add(Noted(offset + at - 1, number, kind, text))
    for word in patterns.ANYWHERE:
        _look_for(result, lines, offset, word)


def _look_for(result: Scan, lines: bytes, offset: int, word: bytes) -> None:
    at = lines.find(word)
    while at >= 0 and len(result.errors) < _MOST_ERRORS_WITH_THE_SYSTEMS:
        start = lines.rfind(b"\n", 0, at) + 1
        end = lines.find(b"\n", at)
        end = len(lines) if end < 0 else end
        if patterns.ERROR_ANYWHERE.search(lines, start, end):
            _keep_error(result, lines, start, offset, _MOST_ERRORS_WITH_THE_SYSTEMS)
        at = lines.find(word, end)


def _keep_error(result: Scan, lines: bytes, at: int, offset: int, most: int) -> None:
    where = offset + at - 1
    if len(result.errors) < most and all(known != where for known, _ in result.errors):
        capture = Capture(_ERROR_KEPT)
        capture.open(lines, at)
        result.errors.append((where, capture))


def _measure(result: Scan, lines: bytes, offset: int) -> None:
    _count_steps(result, lines, offset)
    for found in patterns.MEMORY_GCHP.finditer(lines):
        result.memory_mb = max(result.memory_mb or 0.0, number(found[1].decode()) or 0.0)
    if result.threads is None and offset < _HEAD_BYTES:
        printed = patterns.THREADS.search(lines, 0, _HEAD_BYTES)
        result.threads = int(printed[1]) or None if printed else None
    result.names_gchp = result.names_gchp or b"GCHP" in lines or b"GIGC" in lines
    for capture, marker, is_first in (
        (result.timers, patterns.TIMERS, False),
        (result.time_command, patterns.TIME_COMMAND, False),
        (result.report, patterns.REPORT, True),
        (result.components, patterns.COMPONENTS, True),
    ):
        capture.go_on(lines)
        at = -1 if is_first and capture.text else lines.rfind(marker)
        if at >= 0:
            capture.open(lines, lines.find(marker) if is_first else at)


def _count_steps(result: Scan, lines: bytes, offset: int) -> None:
    for mark in (patterns.STEP_CLASSIC, patterns.STEP_GCHP):
        count = lines.count(mark)
        at = -1
        while len(result.first_steps) < 2 and (at := lines.find(mark, at + 1)) >= 0:
            result.first_steps.append(_line_around(lines, at + 1))
        if count:
            at = lines.rfind(mark)
            result.last_step = _line_around(lines, at + 1)
            result.last_step_offset = offset + at
            result.steps += count


def _line_around(lines: bytes, at: int) -> str:
    start = lines.rfind(b"\n", 0, at) + 1
    return as_text(lines[start : min(lines.find(b"\n", at), start + _LINE_KEPT)])
