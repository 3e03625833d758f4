"""A process that runs on after the command that started it, and is found again."""

from __future__ import annotations

import hashlib
import json
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from geoschem_bench.errors import SettingsError
from geoschem_bench.servers.files import read_document, write_document
from geoschem_bench.servers.folders import MARK, Folders
from geoschem_bench.servers.marks import has_mark, lives

_OURS = ("AIRFLOW", "AWS_", "GEOSCHEM_BENCH_")
_LARGEST_LOG_BYTES = 20_000_000
_LAST_BYTES = 20_000

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Of this process. A dead child stays a zombie until its parent asks for it."""


@dataclass(frozen=True)
class Record:
    """Which process a component is, as its file says."""

    pid: int
    ticks: int
    """When it started, in the kernel's own count since the computer did: no clock moves it."""
    started_at: float
    """The same for people and heartbeats: seconds since 1970."""
    settings: str
    """Digest of the environment it was given."""


@dataclass(frozen=True)
class Daemon:
    """A component, whether it runs or not."""

    name: str
    folders: Folders

    @property
    def record(self) -> Record | None:
        """Of its last start, if that can be read."""
        try:
            document = read_document(self.folders.record(self.name))
            return Record(**document) if document else None
        except (SettingsError, TypeError):
            return None

    def process(self) -> psutil.Process | None:
        """Its process, unless it has ended; a foreign one that has its number now is none."""
        record = self.record
        if record is None or not isinstance(record.pid, int) or record.pid <= 0:
            return None
        with suppress(psutil.NoSuchProcess, OSError):
            process = psutil.Process(record.pid)
            is_it = _is_child(record.pid) or has_mark(process, MARK, str(self.folders.root))
            if is_it and _ticks(record.pid) == record.ticks and lives(process):
                return process
        return None

    def start(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        account: pwd.struct_passwd | None = None,
    ) -> Record:
        """Starts it; it is not ready yet. Its output goes to its log.

        Args:
            command: The program.
            environment: All of it; the mark is added.
            account: Who it runs as; None: ourselves.
        """
        log = self.folders.log(self.name)
        _shorten(log)
        began = time.time()
        with log.open("ab") as output:
            child = subprocess.Popen(
                command,
                env=dict(environment) | self.folders.mark,
                cwd=self.folders.postgres if account else self.folders.airflow,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                umask=0o077,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        _children[child.pid] = child
        record = Record(child.pid, _ticks(child.pid), began, digest(environment))
        write_document(self.folders.record(self.name), asdict(record))
        return record

    def forget(self) -> None:
        """Its process has ended as it should: nothing is written down of it any more."""
        record = self.record
        if record and (child := _children.pop(record.pid, None)):
            child.poll()
        self.folders.record(self.name).unlink(missing_ok=True)

    def exit_code(self) -> int | None:
        """Of a process that this command started and that has ended; negative: by a signal."""
        record = self.record
        child = _children.get(record.pid) if record else None
        return child.poll() if child else None

    def log_tail(self, lines: int = 15) -> str:
        """The end of its log."""
        return tail(self.folders.log(self.name), lines)


def digest(environment: Mapping[str, str]) -> str:
    """Of what an environment says of Airflow, AWS and this program."""
    ours = {name: value for name, value in environment.items() if name.startswith(_OURS)}
    return hashlib.sha256(json.dumps(ours, sort_keys=True).encode()).hexdigest()


def tail(log: Path, lines: int) -> str:
    """The end of a file of any size."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LAST_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        text = ""
    return "\n".join(text.splitlines()[-lines:]) or "(its log is empty)"


def signal_name(code: int | None) -> str:
    """How a process ended, for a person."""
    if code is None:
        return "ended"
    return f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with exit {code}"


def _is_child(pid: int) -> bool:
    """Whether this command started it: at its very start it does not show its mark yet."""
    child = _children.get(pid)
    return child is not None and child.returncode is None


def _ticks(pid: int) -> int:
    """When a process started, from the kernel (field 22 of /proc/PID/stat)."""
    text = Path(f"/proc/{pid}/stat").read_text()
    return int(text.rpartition(")")[2].split()[19])


def _shorten(log: Path) -> None:
    """Starts a new log beside a large one; the one before that goes."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > _LARGEST_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
