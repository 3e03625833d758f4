"""The sandbox as a service in the foreground: for a container, whose first process must stay."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from geoschem_bench.errors import SandboxError, SettingsError
from geoschem_bench.sandbox.credentials import PREFIX, Credentials
from geoschem_bench.sandbox.lifecycle import running
from geoschem_bench.sandbox.record import Sandbox
from geoschem_bench.sandbox.settings import Folders

_LOOK_SECONDS = 1.0
_CURE = "remove both from .env, or unset both, and generate them, e.g. compose/env.sh new --sandbox"


def serve(state_dir: Path, host: str, port: int, *, region: str, queues: Collection[str]) -> None:
    """Serves until SIGTERM or SIGINT, then ends the jobs and returns.

    Its key is that of the environment, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: whoever calls
    it from elsewhere cannot read the state's. Jobs reach it by loopback.

    Raises:
        SettingsError: there is no key, or one that may be of AWS.
        SandboxError: it does not start, does not get the port, or ends by itself; or a sandbox of
            this state runs already, which goes on as it is.
    """
    key, asked_to_stop = _key(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    with running(
        state_dir, region=region, queues=queues, address=(host, port), credentials=key
    ) as sandbox:
        _check_port(sandbox, host, port)
        while not asked_to_stop.wait(_LOOK_SECONDS):
            if not _lives(sandbox.pid):
                log = Folders.of(state_dir).server_log
                raise SandboxError(f"the sandbox's server ended by itself; see {log}")


def _key() -> Credentials:
    key = [os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    if not all(key):
        raise SettingsError(
            "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is missing: they say which key the sandbox "
            f"takes; {_CURE}"
        )
    if not key[0].startswith(PREFIX):
        raise SettingsError(
            f"AWS_ACCESS_KEY_ID does not begin with {PREFIX}: it may be a key of AWS, and every "
            f"job would have it; {_CURE}"
        )
    return Credentials(*key)


def _check_port(sandbox: Sandbox, host: str, port: int) -> None:
    if urlsplit(sandbox.endpoint_url).port != port:
        raise SandboxError(
            f"port {port} of {host} is taken; end what has it (`ss -ltnp` names it) or say another "
            "--port"
        )


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
