"""Every log of the model that we have, exactly."""

# ruff: noqa: DTZ001 - logs print no zone

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest

from geoschem_bench.errors import Reason
from geoschem_bench.model_logs import LogError, ModelRun, open_log, read_log, read_timers_json
from tests.unit.model_logs.writing import REAL

ONE_THREAD = {
    "GEOS-Chem": 94.668, "HEMCO": 1.506, "All chemistry": 13.803, "Transport": 60.006,
    "Convection": 10.234, "Boundary layer mixing": 14.065, "Diagnostics": 0.873,
    "Unit conversions": 2.384,
}  # fmt: skip
TWO_THREADS = {
    "GEOS-Chem": 105.974, "HEMCO": 7.969, "All chemistry": 18.879, "Transport": 56.433,
    "Convection": 11.221, "Boundary layer mixing": 17.892, "Diagnostics": 1.054,
    "Unit conversions": 3.335,
}  # fmt: skip
WETDEP = {
    "GEOS-Chem": 2.625, "HEMCO": 0.374, "All chemistry": 0.129, "Transport": 0.238,
    "Convection": 0.051, "Boundary layer mixing": 0.066, "Wet deposition": 0.026,
    "Diagnostics": 0.024, "Unit conversions": 0.011,
}  # fmt: skip


def run_of(name: str) -> ModelRun:
    path = REAL / name
    with open_log(path) as stream:
        run = read_log(stream, name)
    assert run.size_bytes == path.stat().st_size
    assert run.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    return run


def test_a_good_run_with_one_thread():
    run = run_of("tt-1day-synthetic-met-1thread-ok.log")
    assert (run.application, run.model_version) == ("gc-classic", "14.7.0")
    assert run.compiler == "GNU Fortran compiler (aka gfortran)"
    assert (run.simulation_type, run.resolution, run.region) == ("TransportTracers", "4x5", None)
    assert (run.meteorology, run.levels) == ("MERRA2", 72)
    assert (run.simulated_start, run.simulated_end, run.simulated_days) == (
        datetime(2019, 1, 1), datetime(2019, 1, 2), 1.0,
    )  # fmt: skip
    assert (run.started, run.ended) == (
        datetime(2026, 11, 22, 3, 49), datetime(2026, 11, 22, 3, 51),
    )  # fmt: skip
    assert (run.wall_seconds, run.wall_clock) == (94.668, "timers")
    assert run.wall_uncertainty_seconds == 0.0005
    assert run.process_wall_seconds == 94.74
    assert (run.cpu_user_seconds, run.cpu_system_seconds) == (77.96, 16.57)
    assert run.peak_memory_gib == 2142592 / 1024**2
    assert (run.threads, run.mpi_ranks, run.nodes) == (None, None, None)
    assert list(run.timers.items()) == list(ONE_THREAD.items())
    assert run.total_timer == "GEOS-Chem"
    assert (run.steps, run.last_step) == (145, datetime(2019, 1, 2))
    assert (run.reason, run.message, run.notes) == (None, None, ())


def test_a_good_run_with_two_threads():
    run = run_of("tt-1day-synthetic-met-2threads-ok.log")
    assert list(run.timers.items()) == list(TWO_THREADS.items())
    assert (run.wall_seconds, run.process_wall_seconds) == (105.974, 106.07)
    assert (run.reason, run.threads, run.notes) == (None, None, ())


@pytest.mark.parametrize(
    ("name", "reason", "message", "timers", "clock", "status_is_0"),
    [
        ("tt-missing-input-rc159-with-timers.log", Reason.INPUT_DATA,
         "GEOS-Chem ERROR: Could not read HEMCO field: LANDTYPE00 (at Init_LandTypeFrac",
         {"GEOS-Chem": 3.272, "HEMCO": 1.072, "Diagnostics": 0.134}, "timers", False),
        ("tt-no-input-rc139.log", Reason.INPUT_DATA,
         "GEOS-Chem ERROR: Invalid directory: /data/ExtData/CHEM_INPUTS/ (at", {}, None, False),
        ("tt-history-error-rc139.log", Reason.MISCONFIGURED,
         'GEOS-Chem ERROR: No diagnostic output will be created for collection: "SpeciesConc"! '
         "Make sure that the length of the simulation as", {}, "time -v", True),
        ("tt-no-omp-stacksize-rc139.log", Reason.MODEL_CRASHED,
         "SIGSEGV with no message of the model; most often OMP_STACKSIZE or `ulimit -s` is not "
         "set; it stopped before the first time step", {}, None, False),
        ("tt-wetdep-error-rc159.log", Reason.MODEL_CRASHED,
         "WETDEP: ERROR at 1 1 27 for species 2 in area RESUSPENSION in middle levels; "
         "GEOS-Chem ERROR: Error encountered in wet deposition!", WETDEP, "timers", False),
    ],
)  # fmt: skip
def test_failed_runs(name, reason, message, timers, clock, status_is_0):
    run = run_of(name)
    assert run.reason is reason
    assert run.message is not None
    assert run.message.startswith(message)
    assert len(run.message) <= 500
    assert list(run.timers.items()) == list(timers.items())
    assert run.wall_clock == clock
    assert any("exit status 0" in note for note in run.notes) is status_is_0


def test_a_dry_run_measures_nothing():
    name = "dryrun_transport_tracers_1day.log.gz"
    with open_log(REAL / name) as stream, pytest.raises(LogError, match="measures nothing"):
        read_log(stream, name)


def test_the_prompts_of_create_run_dir_are_no_log():
    with (
        open_log(REAL / "createRunDir-carbon.log") as stream,
        pytest.raises(LogError, match="no log of a GEOS-Chem run"),
    ):
        read_log(stream, "createRunDir-carbon.log")


def test_the_timers_file_says_what_the_log_says():
    raw = (REAL / "gcclassic_timers-ok.json").read_bytes()
    assert list(read_timers_json(raw, "t.json").items()) == list(ONE_THREAD.items())
    with open_log(REAL / "tt-1day-synthetic-met-1thread-ok.log") as stream:
        assert read_log(stream, "a.log", timers_json=raw).notes == ()
    with open_log(REAL / "tt-1day-synthetic-met-2threads-ok.log") as stream:
        run = read_log(stream, "a.log", timers_json=raw)
    assert run.timers == TWO_THREADS
    assert "differs from the log" in run.notes[0]


def test_the_timers_file_of_a_stopped_run_is_refused():
    raw = (REAL / "gcclassic_timers-failed-run-INVALID.json").read_bytes()
    with pytest.raises(LogError, match="the run stopped before its end"):
        read_timers_json(raw, "t.json")
