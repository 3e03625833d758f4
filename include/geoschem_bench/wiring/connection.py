"""Which stack this folder is connected to: a file that `stack connect` writes.

It holds names only, no credentials and no account's id; the real environment wins over it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass
from pathlib import Path

from geoschem_bench.errors import SettingsError

VARIABLES = (
    "GEOSCHEM_BENCH_BUCKET",
    "GEOSCHEM_BENCH_TABLE",
    "GEOSCHEM_BENCH_QUEUES",
    "GEOSCHEM_BENCH_JOB_DEFINITIONS",
    "GEOSCHEM_BENCH_TOPIC",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_ENDPOINT_URL",
)
"""All that it may set. AWS_ENDPOINT_URL is there where the stack is the sandbox's."""
_REGIONS = ("AWS_DEFAULT_REGION", "AWS_REGION")


@dataclass(frozen=True)
class Connection:
    """What a stack's outputs become for this program."""

    stack: str
    """Empty where resources were adopted that no stack of ours made."""
    region: str
    environment: Mapping[str, str]

    def is_reached_from(self, environment: Mapping[str, str]) -> bool:
        """Whether this is of AWS, or of the very sandbox that the environment leads to."""
        endpoint = self.environment.get("AWS_ENDPOINT_URL") or None
        return endpoint == (environment.get("AWS_ENDPOINT_URL") or None)

    def check_region(self, environment: Mapping[str, str]) -> None:
        """That the environment names no other region, where other things have the same names.

        Raises:
            SettingsError: it does.
        """
        named = [environment[name] for name in _REGIONS if environment.get(name)]
        if named and named[0] != self.region:
            raise SettingsError(
                f"this folder is connected to {self.title} in {self.region}, and the environment "
                f"says {named[0]}; unset {' and '.join(_REGIONS)}, connect to a stack there "
                "(geoschem-bench stack connect --region …), or forget this one: geoschem-bench "
                "stack disconnect"
            )

    @property
    def title(self) -> str:
        """For a person."""
        return f"stack {self.stack}" if self.stack else "existing resources"

    def apply(self, environment: MutableMapping[str, str] = os.environ) -> None:
        """Set what is not set."""
        for name, value in self.environment.items():
            if name in _REGIONS and any(environment.get(each) for each in _REGIONS):
                continue
            if not environment.get(name):
                environment[name] = value


def connection_file(state: Path) -> Path:
    """Where it is kept."""
    return state / "connection.json"


def read_connection(state: Path) -> Connection | None:
    """What was written; None where nothing was.

    Raises:
        SettingsError: the file cannot be read.
    """
    path = connection_file(state)
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _broken(path, str(error)) from error
    try:
        found = Connection(**document)
        _check(found)
    except (TypeError, ValueError, AttributeError) as error:
        raise _broken(path, str(error)) from error
    return found


def write_connection(state: Path, connection: Connection) -> Path:
    """Write it whole or not at all, for its owner alone. Returns the file."""
    _check(connection)
    state.mkdir(parents=True, exist_ok=True)
    path = connection_file(state)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    # Born with its mode: changed afterwards, it could be read in between.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(connection), file, indent=1)
        file.write("\n")
    temporary.replace(path)
    return path


def forget_connection(state: Path) -> bool:
    """Remove it. Whether there was one."""
    path = connection_file(state)
    found = path.exists()
    path.unlink(missing_ok=True)
    return found


def _check(connection: Connection) -> None:
    texts = [connection.stack, connection.region, *connection.environment.values()]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("every value must be a text")
    unknown = set(connection.environment) - set(VARIABLES)
    if unknown:
        raise ValueError(f"it sets {', '.join(sorted(unknown))}, which no connection does")
    if not connection.region or not connection.environment.get("GEOSCHEM_BENCH_BUCKET"):
        raise ValueError("region or GEOSCHEM_BENCH_BUCKET is missing")


def _broken(path: Path, why: str) -> SettingsError:
    return SettingsError(
        f"{path}: cannot be read as a connection: {why}; make it anew: geoschem-bench stack "
        "connect NAME, or forget it: geoschem-bench stack disconnect"
    )
