"""The key of one state: without it nobody on this computer may ask its sandbox for anything."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.files import read_json
from geoschem_bench.sandbox.settings import Folders

PREFIX = "SANDBOX"
"""Every access key of a sandbox begins so, and none of AWS."""


@dataclass(frozen=True)
class Credentials:
    """An access key of the sandbox. Never one of AWS: those must not reach a job of the sandbox."""

    access_key: str = field(repr=False)
    """Random, for the sandbox knows its callers by it; moto checks no signature."""
    secret_key: str = field(repr=False)

    def environment(self) -> dict[str, str]:
        """The key as the SDKs of AWS read it."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}


def read_credentials(folders: Folders) -> Credentials:
    """The key of this state.

    Raises:
        SandboxError: there is none, or it cannot be read.
    """
    found = _read(folders)
    if found is None:
        raise SandboxError(
            f"{folders.credentials_file} is missing or damaged, so nobody has the key of the "
            "sandbox that runs; restart it: geoschem-bench sandbox down, then up"
        )
    return found


def ensure_credentials(folders: Folders, wanted: Credentials | None = None) -> None:
    """Makes a key unless there is one: environments that were noted stay valid over restarts.

    A wanted one takes its place, where others have to know it before the sandbox is there.
    """
    kept = _read(folders)
    if kept is None or wanted not in (None, kept):
        made = Credentials(f"{PREFIX}{secrets.token_hex(10).upper()}", secrets.token_urlsafe(30))
        _write(folders, wanted or made)


def _read(folders: Folders) -> Credentials | None:
    try:
        document = read_json(folders.credentials_file)
        keys = (document["access_key"], document["secret_key"])
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
    # An empty key would be anybody's.
    return Credentials(*keys) if all(isinstance(key, str) and key for key in keys) else None


def _write(folders: Folders, made: Credentials) -> None:
    path = folders.credentials_file
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    # Born with its mode: changed afterwards, it could be read in between.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"access_key": made.access_key, "secret_key": made.secret_key}, file)
    temporary.replace(path)
