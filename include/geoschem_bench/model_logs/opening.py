"""Files, plain or gzip, as a stream of bounded size."""

from __future__ import annotations

import gzip
import io
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from geoschem_bench.errors import LogError

MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_RATIO = 250
"""Of unpacked to packed bytes. Deflate reaches 500 to 1030 on what only repeats itself; a log
whose every day is the same but for the date stays below 50."""
RATIO_FROM_BYTES = 16 * 1024**2
"""Unpacked size from which the ratio counts: a small log may repeat itself as it likes."""

NO_FILE = "is no regular file"
_GZIP_MAGIC = b"\x1f\x8b"
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)


class _Peeked(io.RawIOBase):
    """A stream whose first bytes were taken already; counts what is read of it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest
        self.taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            cut = len(self._head) if size < 0 else size
            data, self._head = self._head[:cut], self._head[cut:]
        else:
            data = self._rest.read(size)
        self.taken += len(data)
        return data


class _Unpacked(io.RawIOBase):
    """The bytes of the log itself, refused where they grow beyond all measure."""

    def __init__(self, packed: _Peeked, name: str, zipped: bool) -> None:
        self._packed = packed
        self._source = cast("BinaryIO", gzip.GzipFile(fileobj=packed) if zipped else packed)
        self._zipped = zipped
        self._name = name
        self._given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._source.read(size)
        except _DAMAGE as error:
            raise LogError(self._name, f"is a damaged or cut off gzip file: {error}") from error
        self._given += len(data)
        self._check_size()
        return data

    def _check_size(self) -> None:
        if self._given > MAX_UNPACKED_BYTES:
            limit = MAX_UNPACKED_BYTES // 1024**3
            raise LogError(self._name, f"is larger than {limit} GiB, unpacked; no log should be")
        ratio = self._given / max(self._packed.taken, 1)
        if self._zipped and self._given > RATIO_FROM_BYTES and ratio > MAX_RATIO:
            raise LogError(
                self._name,
                f"unpacks to more than {MAX_RATIO} times its size, which no log of a run does",
            )


def unpack(stream: BinaryIO, name: str) -> BinaryIO:
    """The log's own bytes from a stream that may be gzip, told by its first bytes.

    Args:
        stream: Read once, from where it stands; closing it stays with the caller.
        name: For errors.

    Raises:
        LogError: From `read`: a damaged gzip, or more bytes than any log has. So ask for them
            in pieces: `read()` without a size unpacks everything first.
    """
    if isinstance(stream, _Unpacked):
        return stream
    head = stream.read(len(_GZIP_MAGIC))
    while 0 < len(head) < len(_GZIP_MAGIC) and (more := stream.read(1)):
        head += more
    return cast("BinaryIO", _Unpacked(_Peeked(head, stream), name, zipped=head == _GZIP_MAGIC))


def open_regular(path: Path) -> BinaryIO:
    """A file to read, as it is.

    Raises:
        LogError: A pipe or a device, at which a reader may wait for ever.
        OSError: There is none, or it may not be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise LogError(str(path), NO_FILE)
    return path.open("rb")


@contextmanager
def open_log(path: Path) -> Iterator[BinaryIO]:
    """The same from a regular file, closed at the end."""
    with open_regular(path) as stream:
        yield unpack(stream, str(path))
