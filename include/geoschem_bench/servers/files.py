"""Small documents for their owner alone, written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from geoschem_bench.errors import SettingsError

START_ANEW = (
    "put back a copy of it, or start anew, without the history of runs: "
    "geoschem-bench ui down --forget"
)
"""The cure where nothing milder helps."""


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Replaces a file as a whole; after a crash or a power cut it is the old one or the new."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    # Born with its mode: changed afterwards, it could be read in between.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_document(path: Path, cure: str = START_ANEW) -> dict[str, Any] | None:
    """What was written; None where nothing was.

    Args:
        path: Of the file.
        cure: What to do where it is damaged.

    Raises:
        SettingsError: somebody else has written into it.
    """
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise damaged(path, str(error), cure) from error
    if not isinstance(document, dict):
        raise damaged(path, f"it holds a {type(document).__name__}", cure)
    return document


def damaged(path: Path, why: str, cure: str = START_ANEW) -> SettingsError:
    """For a file that no longer says what it said."""
    return SettingsError(f"{path} is damaged ({why}); {cure}")
