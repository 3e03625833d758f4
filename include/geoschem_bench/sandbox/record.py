"""A running sandbox as others see it, and whether the one on record is still there."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from geoschem_bench.sandbox.files import read_json
from geoschem_bench.sandbox.settings import CREDENTIALS, HOST, STATUS_PATH, Folders

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

    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to work against this sandbox."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            **CREDENTIALS,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "GEOSCHEM_BENCH_BUCKET": self.bucket,
            "GEOSCHEM_BENCH_TABLE": self.table,
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

    @classmethod
    def read(cls, folders: Folders) -> ServerRecord | None:
        """The record of the last server of this state, if there was one."""
        if not folders.server_file.exists():
            return None
        return cls(**read_json(folders.server_file))

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
