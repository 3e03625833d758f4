"""Files of the sandbox's state: written whole or not at all, with names any key may become."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

from geoschem_bench.errors import SandboxError

_LONGEST_NAME = 180
"""File systems stop at 255 bytes; this leaves room for a hash, a suffix and a temporary mark."""


class DamagedFileError(SandboxError, ValueError):
    """A file of the state that is no JSON."""


def file_name(key: str) -> str:
    """A file name for any text. Readable where it can be, unique always, never hidden."""
    name = quote(key, safe="")
    if name.startswith("."):  # `.` and `..` are no file names; a leading dot marks temporary files
        name = "%2E" + name[1:]
    if len(name) > _LONGEST_NAME:
        name = f"{name[:100]}~{hashlib.sha256(key.encode()).hexdigest()}"
    return name


def write_atomic(path: Path, data: bytes) -> None:
    """Replaces a file as a whole, so that a reader after a crash finds the old or the new one.

    There is no fsync: a killed process loses nothing that it wrote, and the sandbox does not
    promise to survive a power cut.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{threading.get_ident()}")
    temporary.write_bytes(data)
    temporary.replace(path)


def write_json(path: Path, document: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Writes a document as JSON that a person can read."""
    write_atomic(path, json.dumps(document, indent=1, sort_keys=True).encode())


def read_json(path: Path) -> Any:  # noqa: ANN401 - whatever JSON can say
    """Reads what `write_json` wrote. DamagedFileError where somebody else wrote into it."""
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise DamagedFileError(
            f"{path} is damaged ({error}); delete it, or the whole state folder to start anew"
        ) from error


def json_files(folder: Path) -> list[Path]:
    """The documents of a folder, sorted; unfinished temporary files are not among them."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))
