"""One run of a suite in Airflow, as a child process with a home of its own.

`airflow dags test` runs a DAG without servers. It wants a metadata database of its own (a
triggerer on a shared one would take its triggers away), so each run gets a fresh home with a copy
of a migrated database, and two runs can go side by side.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from geoschem_bench import units
from geoschem_bench.cli.console import say
from geoschem_bench.errors import GeosChemBenchError, NotFoundError
from geoschem_bench.planning import RUN_ID_MARK
from geoschem_bench.suite import dag_id_of

_STOP_SECONDS = 3
"""Enough for Airflow to end its task; the run's jobs are ended by name, not by Airflow."""
_LOCK = "in-use"
"""Held, in a run's home, by whoever started the run and by the run itself."""
_LEFT_BEHIND_SECONDS = units.SECONDS_PER_DAY
"""Age of a folder that nobody locked: another run may be making it just now."""


def dags_folder() -> Path:
    """Where the DAG files lie: beside the caller, as in a checkout."""
    folder = Path(os.environ.get("GEOSCHEM_BENCH_DAGS") or "dags").resolve()
    if not (folder / "suites.py").exists():
        raise NotFoundError(f"no suites.py in {folder}; run this in a checkout, or set "
                            "GEOSCHEM_BENCH_DAGS")  # fmt: skip
    return folder


@dataclass
class AirflowRun:
    """A running `airflow dags test`."""

    process: subprocess.Popen[bytes]
    home: Path
    log: Path
    lock: IO[bytes]

    @property
    def benchmark_run_id(self) -> str | None:
        """The run's id, once its plan is made."""
        for line in self.log.read_text(errors="replace").splitlines():
            _, mark, rest = line.partition(RUN_ID_MARK)
            if mark:
                return rest.split()[0].strip("\"'")
        return None

    def stop(self) -> None:
        """End Airflow and whatever it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)
        self.lock.close()


def start(suite: Path, conf: dict[str, Any], state: Path) -> AirflowRun:
    """Run the DAG of a suite file with these params. The caller stops it."""
    dags = dags_folder()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    (state / "airflow").mkdir(parents=True, exist_ok=True)
    (state / "logs").mkdir(parents=True, exist_ok=True)
    _sweep(state / "airflow")
    template = _migrated_database(state / "airflow", dags)
    home = Path(tempfile.mkdtemp(prefix=f"{stamp}-", dir=state / "airflow")).resolve()
    lock = (home / _LOCK).open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    shutil.copy(template, home / "airflow.db")
    # That one suite and no other: `dags test` reads the whole folder, twice
    (home / "suites").mkdir()
    (home / "suites" / f"{suite.stem}.yaml").symlink_to(suite.resolve())
    log = state / "logs" / f"{home.name}-{suite.stem}.log"
    command = ["dags", "test", dag_id_of(suite.stem), "--conf", json.dumps(conf)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", *command],
            env=_environment(home, dags),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us, and we end it in order
            pass_fds=(lock.fileno(),),  # should we be killed, the run still holds its home
        )
    return AirflowRun(process, home, log, lock)


def _sweep(folder: Path) -> None:
    """Remove the homes of runs that were killed together with whoever started them."""
    for home in folder.iterdir():
        if home.is_dir() and _is_left_behind(home):
            shutil.rmtree(home, ignore_errors=True)


def _is_left_behind(home: Path) -> bool:
    try:
        with (home / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        with suppress(FileNotFoundError):  # its run has just ended
            return time.time() - home.stat().st_mtime > _LEFT_BEHIND_SECONDS
        return False
    return True


def _migrated_database(folder: Path, dags: Path) -> Path:
    """An empty metadata database of this Airflow, made once."""
    template = folder / f"empty-{version('apache-airflow')}.db"
    if template.exists():
        return template
    say("Preparing Airflow's database (once)")
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        home = Path(temporary).resolve()
        made = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=_environment(home, dags),
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            tail = "\n".join((made.stdout + made.stderr).splitlines()[-15:])
            raise GeosChemBenchError(f"Airflow could not make its database:\n{tail}")
        (home / "airflow.db").replace(template)
    return template


def _environment(home: Path, dags: Path) -> dict[str, str]:
    return os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "GEOSCHEM_BENCH_SUITES": str(home / "suites"),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }
