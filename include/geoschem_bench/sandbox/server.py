"""The sandbox's process: `python -m geoschem_bench.sandbox.server --state DIR`."""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import sys
import threading
import time
import uuid
from functools import partial
from pathlib import Path
from typing import IO, Any, get_args

import psutil
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.batch.app import BatchApp
from geoschem_bench.sandbox.batch.attempt import Host
from geoschem_bench.sandbox.batch.faulty import check_names
from geoschem_bench.sandbox.batch.logs import LogStore
from geoschem_bench.sandbox.batch.scheduler import Scheduler
from geoschem_bench.sandbox.batch.state import BatchState
from geoschem_bench.sandbox.credentials import read_credentials
from geoschem_bench.sandbox.faults.book import FaultBook
from geoschem_bench.sandbox.faults.control import ControlApp
from geoschem_bench.sandbox.faults.model import Fault
from geoschem_bench.sandbox.files import write_json
from geoschem_bench.sandbox.gate import Gate
from geoschem_bench.sandbox.kept import Choice
from geoschem_bench.sandbox.persistence.dynamodb import DynamoDBMirror
from geoschem_bench.sandbox.persistence.ecr import ECRMirror
from geoschem_bench.sandbox.persistence.s3 import S3Mirror
from geoschem_bench.sandbox.quotas import QuotaFile, QuotasApp
from geoschem_bench.sandbox.routing import Mirror, Router
from geoschem_bench.sandbox.settings import HOST, Behaviour, Folders, LauncherName
from geoschem_bench.sandbox.stacks.mirror import StacksMirror

_PAUSE_SECONDS = 0.05
_CLAIM_SECONDS = 5.0
"""A server that was killed just now may take a moment to let go."""


class Server:
    """All parts of a running sandbox."""

    def __init__(
        self,
        folders: Folders,
        region: str,
        address: tuple[str, int],
        behaviour: Behaviour,
        engine: str | None,
    ) -> None:
        self._folders = folders
        self._choice = Choice(behaviour.launcher, engine)
        self._region = region
        self._credentials = read_credentials(folders)
        self._token = uuid.uuid4().hex
        self._asked_to_stop = threading.Event()
        self._faults = FaultBook(folders.faults_file)
        place = (region, DEFAULT_ACCOUNT_ID)
        self._state = BatchState(folders.batch, *place, behaviour, self._faults)
        self._logs = LogStore(folders.logs, region, DEFAULT_ACCOUNT_ID)
        self._router = self._make_router()
        self._http = _listen(*address, self._router)
        self._scheduler = Scheduler(self._state, self._make_host(behaviour))

    def _make_router(self) -> Router:
        root = self._folders.root
        s3 = S3Mirror(root / "s3", DEFAULT_ACCOUNT_ID)
        dynamodb = DynamoDBMirror(root / "dynamodb", DEFAULT_ACCOUNT_ID)
        ecr = ECRMirror(root / "ecr", DEFAULT_ACCOUNT_ID)
        place = (DEFAULT_ACCOUNT_ID, self._region)
        stacks = StacksMirror(root / "stacks", place, self._state, self._logs, (s3, dynamodb, ecr))
        mirrors: dict[str, Mirror] = {
            "cloudformation": stacks, "s3": s3, "dynamodb": dynamodb, "ecr": ecr
        }  # fmt: skip
        gate = Gate(self._credentials.access_key)
        router = Router(gate, self._region, mirrors, self._status, self._faults)
        s3.load(router.moto, self._region)
        dynamodb.load()
        ecr.load()
        file = self._folders.quotas_file
        quotas = QuotasApp(file, self._region, DEFAULT_ACCOUNT_ID)
        control = ControlApp(
            self._faults, router.tally, QuotaFile(file), self._check_fault, self._on_fault
        )
        own: dict[str, Any] = {"batch": BatchApp(self._state), "servicequotas": quotas}
        # After the mirrors: what has files of its own, a stack finds in place.
        router.serve(own, control, stacks.restore)
        self._stacks = stacks
        return router

    def _check_fault(self, fault: Fault) -> None:
        with self._state.changed:
            check_names(self._state, fault)

    def _on_fault(self) -> None:
        with self._state.changed:
            self._state.changed.notify_all()

    def _restore_stacks(self) -> None:
        """Does what takes a second before anybody asks for it."""
        try:
            self._stacks.prepare()
            self._router.restore()
        except Exception as error:  # which who asks is told as well
            logging.exception("stacks")
            self._stacks.give_up(error)

    def _make_host(self, behaviour: Behaviour) -> Host:
        return Host(
            endpoint_url=self._endpoint_url,
            region=self._region,
            credentials=self._credentials,
            scratch=self._folders.scratch,
            logs=self._logs,
            launcher=self._choice.made(self._folders),
            stop_seconds=behaviour.stop_seconds,
            cores=_cores(),
        )

    @property
    def _endpoint_url(self) -> str:
        return f"http://{HOST}:{self._http.port}"

    def _status(self) -> dict[str, Any]:
        return {
            "token": self._token,
            "pid": os.getpid(),
            "jobs": self._state.job_counts(),
            "has_stacks": self._stacks.is_restored,
        }

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT, then ends the jobs and returns."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._asked_to_stop.set())
        self._scheduler.start()
        threading.Thread(target=self._restore_stacks, name="stacks", daemon=True).start()
        serve = partial(self._http.serve_forever, poll_interval=_PAUSE_SECONDS)
        threading.Thread(target=serve, name="http", daemon=True).start()
        self._announce()
        self._asked_to_stop.wait()
        # Jobs first: while they end, they may still store what they have.
        self._scheduler.stop()
        self._http.shutdown()

    def _announce(self) -> None:
        """Says who serves this state; the token tells us from whoever has our pid later."""
        document = {
            "pid": os.getpid(),
            "started_at": psutil.Process().create_time(),
            "token": self._token,
            "endpoint_url": self._endpoint_url,
            "port": self._http.port,
            "region": self._region,
            "launcher": self._choice.launcher,
        }
        write_json(self._folders.server_file, document)


class _QuietHandler(MotoRequestHandler):
    """Without a line per request, which would fill the log of a sandbox that runs for weeks."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


def _listen(host: str, port: int, router: Router) -> BaseWSGIServer:
    """Takes the wanted port, or any free one when it is taken."""
    for wanted in (port, 0):
        try:
            return make_server(host, wanted, router, threaded=True, request_handler=_QuietHandler)
        except (OSError, SystemExit):  # werkzeug explains a taken port and exits
            continue
    raise SandboxError(f"no port of {host} is free; see `ss -ltn`")


def _cores() -> int:
    """The cores that we may use, which macOS does not tell: there it is all of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _claim(folders: Folders) -> IO[str]:
    """Makes sure that no other server writes to the same files. The kernel lets go at our end."""
    folders.make()
    lock = (folders.root / "server.lock").open("w")
    deadline = time.monotonic() + _CLAIM_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                message = f"{folders.root}: another sandbox serves this state; stop it first"
                raise SandboxError(message) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return lock


def _arguments(arguments: list[str]) -> argparse.Namespace:
    usual = Behaviour()
    parser = argparse.ArgumentParser(prog="geoschem_bench.sandbox.server", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default=HOST, help="beyond loopback inside a container only")
    parser.add_argument("--concurrent-jobs", type=int, default=usual.concurrent_jobs)
    parser.add_argument("--stop-seconds", type=float, default=usual.stop_seconds)
    parser.add_argument(
        "--minimum-timeout-seconds", type=int, default=usual.minimum_timeout_seconds
    )
    parser.add_argument("--launcher", choices=get_args(LauncherName), default=usual.launcher)
    parser.add_argument("--engine", help="where the container engine answers")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Runs a sandbox in this process."""
    given = _arguments(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    folders = Folders.of(given.state)
    behaviour = Behaviour(
        given.concurrent_jobs, given.stop_seconds, given.minimum_timeout_seconds, given.launcher
    )
    lock = _claim(folders)
    try:
        address = (given.host, given.port)
        Server(folders, given.region, address, behaviour, given.engine).run()
    except SandboxError as error:  # a damaged file, say: its message tells all there is to do
        sys.exit(str(error))
    finally:
        lock.close()


if __name__ == "__main__":
    main(sys.argv[1:])
