"""Homes of runs that were killed are removed by the next run; those in use are not."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geoschem_bench.cli import airflow_process, run
from geoschem_bench.errors import AccessError
from geoschem_bench.wiring import Settings

YEAR_SECONDS = 365 * 86400


def home_of(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir()
    (home / "airflow.db").touch()
    return home


def test_a_home_that_nobody_holds_any_more_is_removed(tmp_path: Path) -> None:
    home = home_of(tmp_path, "killed")
    (home / "in-use").touch()
    airflow_process._sweep(tmp_path)
    assert not home.exists()


def test_a_home_whose_run_goes_on_without_us_is_kept(tmp_path: Path) -> None:
    """Whoever started it was killed; Airflow itself holds the lock that it was given."""
    home = home_of(tmp_path, "running")
    with (home / "in-use").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock.fileno(),)
        )
    airflow_process._sweep(tmp_path)
    assert home.exists()
    child.communicate(b"\n")
    airflow_process._sweep(tmp_path)
    assert not home.exists()


def test_a_folder_that_nobody_locked_is_removed_only_when_it_is_old(tmp_path: Path) -> None:
    young, old = home_of(tmp_path, "young"), home_of(tmp_path, "old")
    (tmp_path / "empty-3.3.2.db").touch()
    before = time.time() - YEAR_SECONDS
    os.utime(old, (before, before))
    airflow_process._sweep(tmp_path)
    assert young.exists()
    assert not old.exists()
    assert (tmp_path / "empty-3.3.2.db").exists()


def test_without_credentials_airflow_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(AccessError, match=r"no AWS credentials.*aws configure"):
        run._check_credentials(Settings(bucket="b"))
