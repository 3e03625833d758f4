"""benchmarks/RESULTS.md: one part per command, each written anew without touching the others."""

from __future__ import annotations

import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from geoschem_bench.catalog import local_instance

REPOSITORY = Path(__file__).resolve().parents[1]
FILE = REPOSITORY / "benchmarks" / "RESULTS.md"


def machine() -> str:
    """When and where this is measured."""
    here = local_instance()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {here.vcpus} x {here.maker} {here.architecture}, "
        f"{here.memory_mib // 1024} GiB, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}."
    )


def part(title: str, text: str) -> str:
    """A part with its title, ready to be printed or written."""
    return f"# {title}\n\n{text.strip()}\n"


def write(new: str, file: Path = FILE) -> None:
    """Puts a part in the place of the one with its title, or at the end."""
    known = file.read_text() if file.exists() else ""
    parts = [each for each in re.split(r"(?m)^(?=# )", known) if each.strip()]
    title = new.splitlines()[0]
    titles = [each.splitlines()[0] for each in parts]
    if title in titles:
        parts[titles.index(title)] = new
    else:
        parts.append(new)
    file.write_text("\n".join(each.strip() + "\n" for each in parts))
