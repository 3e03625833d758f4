"""A running sandbox as others see it, and whether the one on record is still there."""

from __future__ import annotations

import http.client
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import psutil

from geoschem_bench.sandbox.credentials import Credentials
from geoschem_bench.sandbox.files import read_json
from geoschem_bench.sandbox.proxies import without_proxy
from geoschem_bench.sandbox.settings import HOST, STATUS_PATH, Folders, LauncherName

_ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    endpoint_url: str
    region: str
    bucket: str
    table: str
    pid: int
    state_dir: Path
    """As given to `up`, e.g. `.geoschem-bench`."""
    launcher: LauncherName
    """What its jobs are."""
    credentials: Credentials = field(repr=False)

    @property
    def access_key(self) -> str:
        """What requests must be signed for."""
        return self.credentials.access_key

    @property
    def secret_key(self) -> str:
        """What they are signed with."""
        return self.credentials.secret_key

    def environment(self) -> dict[str, str]:
        """What a program needs in its environment, besides ours, to work against this sandbox."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            **self.credentials.environment(),
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "GEOSCHEM_BENCH_BUCKET": self.bucket,
            "GEOSCHEM_BENCH_TABLE": self.table,
            **without_proxy(os.environ),
        }


@dataclass(frozen=True)
class ServerRecord:
    """What `server.json` says of a server, dead or alive."""

    pid: int
    started_at: float
    token: str
    endpoint_url: str
    port: int
    region: str
    launcher: LauncherName = "process"
    """A server that does not say is older than the choice."""

    @classmethod
    def read(cls, folders: Folders) -> ServerRecord | None:
        """The record of the last server of this state, if there was one and it can be read."""
        try:
            record = cls(**read_json(folders.server_file))
        except (FileNotFoundError, ValueError, TypeError):  # TypeError: other fields than ours
            return None
        return record if record._is_sound() else None

    def _is_sound(self) -> bool:
        """Whether the values are of their kind, for JSON may hold any."""
        texts = (self.token, self.endpoint_url, self.region)
        return (
            all(isinstance(text, str) for text in texts)
            and isinstance(self.started_at, float)
            and all(isinstance(number, int) for number in (self.pid, self.port))
            and self.launcher in get_args(LauncherName)
            and self.pid > 0
            and 0 < self.port < 2**16
        )

    def process(self) -> psutil.Process | None:
        """Its process, unless it has ended or another has its pid now."""
        try:
            process = psutil.Process(self.pid)
            is_it = process.create_time() == self.started_at
            return process if is_it and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def status(self) -> dict[str, Any] | None:
        """What the server says of itself; None when it is not this one that answers."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", STATUS_PATH)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return answer if answer.get("token") == self.token else None
