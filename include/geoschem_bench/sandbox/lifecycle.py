"""Starting, finding and stopping the sandbox's process."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.credentials import Credentials, ensure_credentials, read_credentials
from geoschem_bench.sandbox.deployment import deploy, is_deployed
from geoschem_bench.sandbox.kept import Choice
from geoschem_bench.sandbox.record import Sandbox, ServerRecord
from geoschem_bench.sandbox.settings import DEFAULT_BUCKET, TABLE, Behaviour, Folders
from geoschem_bench.wiring.settings import DEFAULT_REGION

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
"""For what is left to do after the jobs were stopped."""
_STACKS_SECONDS = 120.0
"""For making the stacks again, which takes one or two."""
_PAUSE_SECONDS = 0.05
_LOG_LINES = 15
_PLURAL = {"process": "processes", "container": "containers"}

_started: dict[int, subprocess.Popen[bytes]] = {}
"""Servers that this process started. A dead child stays a zombie until its parent asks for it."""


def up(
    state_dir: Path,
    *,
    region: str = DEFAULT_REGION,
    queues: Collection[str] = (),
    behaviour: Behaviour | None = None,
    address: tuple[str, int] | None = None,
    credentials: Credentials | None = None,
) -> Sandbox:
    """Starts the sandbox of this state, or finds the one that runs, with everything deployed.

    Args:
        state_dir: Where the state is kept, e.g. `.geoschem-bench`.
        region: The region that it stands for.
        queues: Queues wanted besides the established ones.
        behaviour: Where a new server shall differ from AWS. Without it, jobs run as they did in
            the last one, if that was killed, and in whatever way a running one runs them.
        address: Host and port for a new server; None: loopback, and the last one's port.
        credentials: The key of a new server; None: the last one's.

    Raises:
        SandboxError: it does not start, or one for another region or launcher is running, or any
            where the address is given.
    """
    folders = Folders.of(state_dir)
    with _exclusively(folders):
        record = _living(folders)
        if record is None:
            ensure_credentials(folders, credentials)
            record = _start(folders, region, behaviour, address)
        else:
            _check_is_wanted(record, folders, region, behaviour, address)
        sandbox = _sandbox(record, state_dir)
        if not (is_deployed(folders, queues, region=region) and _has_stacks(record)):
            deploy(sandbox.endpoint_url, region, queues, credentials=sandbox.credentials)
    return sandbox


def down(state_dir: Path) -> bool:
    """Stops the sandbox and its jobs, and mends its faults. Returns whether one was running."""
    folders = Folders.of(state_dir)
    if not folders.root.is_dir():
        return False
    with _exclusively(folders):
        record = ServerRecord.read(folders)
        process = record.process() if record else None
        if process is not None:
            _stop(process)
        choice = Choice.read(folders)
        choice.end_left_jobs(folders)
        Choice().keep(folders)
        folders.faults_file.unlink(missing_ok=True)
        return process is not None


def status(state_dir: Path) -> Sandbox | None:
    """The sandbox of this state if it runs and answers."""
    record = _living(Folders.of(state_dir))
    return _sandbox(record, state_dir) if record else None


def job_counts(state_dir: Path) -> dict[str, int]:
    """How many jobs are in each state (AWS's names; states without jobs are left out).

    Raises:
        SandboxError: no sandbox is running.
    """
    record = ServerRecord.read(Folders.of(state_dir))
    answer = record.status() if record else None
    if answer is None:
        raise SandboxError(f"{state_dir}: no sandbox runs; start it: geoschem-bench sandbox up")
    counts: dict[str, int] = answer["jobs"]
    return counts


@contextmanager
def running(
    state_dir: Path,
    *,
    region: str = DEFAULT_REGION,
    queues: Collection[str] = (),
    behaviour: Behaviour | None = None,
    address: tuple[str, int] | None = None,
    credentials: Credentials | None = None,
) -> Iterator[Sandbox]:
    """A sandbox for the time of a block. Takes what `up` takes; one that it finds runs on."""
    before = set(_started)
    try:
        yield up(state_dir, region=region, queues=queues, behaviour=behaviour, address=address,
                 credentials=credentials)  # fmt: skip
    finally:
        record = ServerRecord.read(Folders.of(state_dir))
        if record is None or record.process() is None or record.pid in _started.keys() - before:
            down(state_dir)


def _sandbox(record: ServerRecord, state_dir: Path) -> Sandbox:
    return Sandbox(
        endpoint_url=record.endpoint_url,
        region=record.region,
        bucket=DEFAULT_BUCKET,
        table=TABLE,
        pid=record.pid,
        state_dir=state_dir,
        launcher=record.launcher,
        credentials=read_credentials(Folders.of(state_dir)),
    )


@contextmanager
def _exclusively(folders: Folders) -> Iterator[None]:
    """One `up` or `down` at a time: the second waits, then finds what the first has done."""
    folders.make()
    with (folders.root / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _living(folders: Folders) -> ServerRecord | None:
    record = ServerRecord.read(folders)
    if record is None or record.process() is None or record.status() is None:
        return None
    return record


def _has_stacks(record: ServerRecord) -> bool:
    """Whether the server has made its stacks again; waits while it tries, but not for ever."""
    deadline = time.monotonic() + _STACKS_SECONDS
    while (answer := record.status()) and answer.get("has_stacks", False) is None:
        if time.monotonic() > deadline:
            raise SandboxError(
                f"the sandbox's server (pid {record.pid}) has not made its stacks again in "
                f"{_STACKS_SECONDS:.0f} s; see its server.log, stop it (geoschem-bench sandbox "
                "down) and start it again"
            )
        time.sleep(_PAUSE_SECONDS)
    return bool(answer and answer.get("has_stacks"))


def _check_is_wanted(
    record: ServerRecord,
    folders: Folders,
    region: str,
    behaviour: Behaviour | None,
    address: tuple[str, int] | None,
) -> None:
    if address is not None:
        raise SandboxError(
            f"{folders.root}: a sandbox runs at {record.endpoint_url}; stop it first "
            "(geoschem-bench sandbox down) or name another folder: export GEOSCHEM_BENCH_STATE=…"
        )
    if record.region != region:
        raise SandboxError(
            f"{folders.root}: a sandbox for {record.region} is running, asked was for "
            f"{region}; stop it first (geoschem-bench sandbox down) or use its region"
        )
    if behaviour is not None and record.launcher != behaviour.launcher:
        running, wanted = _PLURAL[record.launcher], _PLURAL[behaviour.launcher]
        raise SandboxError(
            f"{folders.root}: a sandbox whose jobs are {running} is running, asked was for "
            f"{wanted}; stop it first (geoschem-bench sandbox down) or leave out --{wanted}"
        )


def _renewed_choice(folders: Folders, behaviour: Behaviour | None) -> Choice:
    """How jobs of a new server run. What a killed one left behind in another way is ended first."""
    last = Choice.read(folders)
    choice = last.renewed(behaviour.launcher if behaviour else None)
    if choice != last:
        last.end_left_jobs(folders)
        choice.keep(folders)
    return choice


def _start(
    folders: Folders,
    region: str,
    behaviour: Behaviour | None,
    address: tuple[str, int] | None,
) -> ServerRecord:
    choice = _renewed_choice(folders, behaviour)
    command = _command(folders, region, behaviour or Behaviour(), choice)
    if address:  # said last, it counts
        command += ["--host", address[0], "--port", str(address[1])]
    process = _spawn(folders, command)
    if not is_deployed(folders, region=region):
        import boto3  # noqa: F401 - which deploying will need, while there is nothing else to do
    for pid in [pid for pid, child in _started.items() if child.poll() is not None]:
        del _started[pid]
    _started[process.pid] = process
    return _wait_until_up(folders, process)


def _command(folders: Folders, region: str, behaviour: Behaviour, choice: Choice) -> list[str]:
    old = ServerRecord.read(folders)
    command = [sys.executable, "-m", "geoschem_bench.sandbox.server"]
    command += ["--state", str(folders.root.parent), "--region", region]
    # The same port again, if it is free: whoever noted the endpoint need not note another.
    command += ["--port", str(old.port if old else 0)]
    command += ["--concurrent-jobs", str(behaviour.concurrent_jobs)]
    command += ["--stop-seconds", str(behaviour.stop_seconds)]
    command += ["--minimum-timeout-seconds", str(behaviour.minimum_timeout_seconds)]
    command += ["--launcher", choice.launcher]
    return command + (["--engine", choice.engine] if choice.engine else [])


def _spawn(folders: Folders, command: list[str]) -> subprocess.Popen[bytes]:
    with folders.server_log.open("wb") as log:
        return subprocess.Popen(
            command,
            env=_server_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _server_environment() -> dict[str, str]:
    """Ours without anything that leads to a real account."""
    return {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}


def _wait_until_up(folders: Folders, process: subprocess.Popen[bytes]) -> ServerRecord:
    deadline = time.monotonic() + _START_SECONDS
    try:
        while process.poll() is None and time.monotonic() < deadline:
            record = _living(folders)
            if record is not None and record.pid == process.pid:
                return record
            time.sleep(_PAUSE_SECONDS)
    except KeyboardInterrupt:  # who does not want it any more does not want it in the background
        _stop(psutil.Process(process.pid))
        raise
    ended = process.returncode is not None
    if not ended:
        _stop(psutil.Process(process.pid))
    what = f"ended with exit code {process.returncode}" if ended else "does not answer"
    lines = folders.server_log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
    raise SandboxError(
        f"the sandbox's server {what}; the end of {folders.server_log} says:\n" + "\n".join(lines)
    )


def _stop(process: psutil.Process) -> None:
    """Asks the server to end, then makes it. psutil never signals another process of its pid."""
    # The server gives its jobs their time first; only what it takes beyond that is suspicious.
    patience = _STOP_SECONDS + Behaviour().stop_seconds
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, _STOP_SECONDS)):
        try:
            process.send_signal(number)
            process.wait(seconds)
        except psutil.NoSuchProcess:
            break
        except psutil.TimeoutExpired:
            continue
        break
    else:
        raise SandboxError(f"the sandbox's server (pid {process.pid}) does not end on SIGKILL")
    child = _started.pop(process.pid, None)
    if child is not None:
        child.wait()
