"""Dated data that ship with the package, and that a file of one's own may take the place of."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

from geoschem_bench.errors import UserError

Data = TypeVar("Data")


class Snapshot(Generic[Data]):
    """The file that an environment variable names, else the one that ships.

    Args:
        variable: Environment variable that names a file of one's own.
        shipped: The file in the package.
        what: In words, for errors: `price file`.
        refresh: The command that makes such a file anew.
        read: File → data; raises OSError or ValueError where it cannot.
    """

    def __init__(
        self, variable: str, shipped: Path, what: str, refresh: str, read: Callable[[Path], Data]
    ) -> None:
        self.shipped = shipped
        self._variable, self._what, self._refresh = variable, what, refresh
        self._read = read
        self._cached = lru_cache(maxsize=4)(self._read_changed)

    def load(self) -> Data:
        """The data in force. Read once and kept; read again when the file has changed."""
        named = os.environ.get(self._variable, "").strip()
        path = Path(named).expanduser() if named else self.shipped
        try:
            state = path.stat()
        except OSError as error:
            self._refuse(path, error.strerror or str(error))
        return self._cached(path, state.st_mtime_ns, state.st_size)

    def read(self, path: Path) -> Data:
        """The data in this file. Raises UserError, with the cure, if it holds none."""
        try:
            return self._read(path)
        except OSError as error:  # gzip's BadGzipFile is one
            self._refuse(path, error.strerror or str(error))
        except ValueError as error:
            self._refuse(path, str(error))

    def _read_changed(self, path: Path, _changed_ns: int, _size: int) -> Data:
        """Change time and size are in the key, so that a refresh is seen without a restart."""
        return self.read(path)

    def _refuse(self, path: Path, why: str) -> NoReturn:
        cure = "The installation is damaged: install geoschem-bench again."
        if path != self.shipped:
            cure = (
                f"Mend it, or move it away and make it anew with `{self._refresh}`, or unset "
                f"{self._variable} to use the one that ships with the package."
            )
        raise UserError(f"{path}: this is not a readable {self._what}: {why}. {cure}")


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """The whole file. ValueError where it is larger than `most_bytes`."""
    with path.open("rb") as file:
        raw = file.read(most_bytes + 1)
    if len(raw) > most_bytes:
        raise ValueError(f"it holds more than {most_bytes // 2**20} MiB")
    return raw


def write_whole(path: Path, body: bytes, what: str) -> None:
    """Write so that a reader sees the old file or the new one, never half of one.

    Raises UserError that names `what` where it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(body)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        message = f"{path}: the {what} cannot be written: {error.strerror}. Choose another path."
        raise UserError(message) from error
