"""Make installed packages small: drop what the runner never opens, keep one copy of each library.

Said as `python slim.py SITE_PACKAGES`, in the image's build.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

SERVICES = frozenset({"s3", "sso", "sso-oidc", "sts"})
"""Of AWS's services, those that the runner talks to, for its results and its credentials."""
NEVER_OPENED = ("**/tests", "**/__pycache__", "bin", "boto3/examples", "numpy/**/include")


def slim(site_packages: Path) -> None:
    """Do it, in place."""
    for pattern in NEVER_OPENED:
        for folder in [*site_packages.glob(pattern)]:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in (site_packages / "botocore" / "data").iterdir():
        if folder.is_dir() and folder.name not in SERVICES:
            shutil.rmtree(folder)
    link_equal(site_packages.glob("musica*/*.so*"))


def link_equal(files: Iterable[Path]) -> None:
    """Of files in one folder with the same content, keep the one with the longest name."""
    groups: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for file in files:
        groups[file.parent, hashlib.sha256(file.read_bytes()).hexdigest()].append(file)
    for group in groups.values():
        kept = max(group, key=lambda file: len(file.name))
        for file in group:
            if file != kept:
                file.unlink()
                file.symlink_to(kept.name)


if __name__ == "__main__":
    slim(Path(sys.argv[1]))
