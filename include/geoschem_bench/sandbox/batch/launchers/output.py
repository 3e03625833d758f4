"""What a container printed, from the engine's log of it."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

_HEADER = struct.Struct(">BxxxL")
"""Before each piece of output: 1 for standard output or 2 for standard error, and its length."""
REST_FACTOR = 50.0
"""Looking takes at most one part in this many of the computer's time, which is being measured."""


def lines_of(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The lines in Docker's framing, each with whether its end was printed already.

    A long line comes in pieces, between which the other stream may have said something.
    """
    rests = {1: b"", 2: b""}
    for stream, piece in _frames(chunks):
        *whole, rests[stream] = (rests.get(stream, b"") + piece).split(b"\n")
        for line in whole:
            yield line, True
    for rest in rests.values():
        if rest:
            yield rest, False


def _frames(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        at = 0
        while len(buffer) - at >= _HEADER.size:
            stream, length = _HEADER.unpack_from(buffer, at)
            end = at + _HEADER.size + length
            if end > len(buffer):
                break
            yield stream, buffer[at + _HEADER.size : end]
            at = end
        buffer = buffer[at:]


class LogReader:
    """The new lines of a log that can only be read from its beginning.

    Following it would be cheaper, but podman (4.3) drops lines in between when its reader is slow.
    """

    def __init__(self, read: Callable[[], Iterable[bytes]]) -> None:
        self._read = read
        self._seen = 0
        self._next_look = 0.0

    def new_lines(self, *, last: bool = False) -> list[bytes]:
        """The complete lines since the last call, not at every call; with `last` all there are."""
        begun = time.monotonic()
        if not last and begun < self._next_look:
            return []
        found = (line for line, whole in lines_of(self._read()) if whole or last)
        lines = list(islice(found, self._seen, None))
        self._seen += len(lines)
        ended = time.monotonic()
        self._next_look = ended + REST_FACTOR * (ended - begun)
        return lines
