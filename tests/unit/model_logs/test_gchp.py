"""GCHP: samples written after the format, and variations of them."""

# ruff: noqa: DTZ001 - logs print no zone

from __future__ import annotations

import io
from datetime import datetime

import pytest

from geoschem_bench.errors import Reason
from geoschem_bench.model_logs import LogError, ModelRun, read_log
from tests.unit.model_logs.writing import GCHP, read

OK = (GCHP / "c24-1day-ok.log").read_text()
LOG_14_7 = (GCHP / "c24-1day-14.7.log").read_text()
CLOSING = "           MAPL: INFO: Model Throughput:       96.000 days per day\n"
STEPS = OK.index(" GCHP Date:")
AFTER_STEPS = OK.index("Times for component")
NO_CLOSING = OK[:AFTER_STEPS]
AGAIN = ("GCHP\n" + LOG_14_7 + LOG_14_7[: LOG_14_7.index(" GCHP Date:")]).count("\n") + 1
"""The line of the first step of the second run."""
PROFILE = {
    "All": 900.0, "--SetService": 0.598, "----GCHP (--SetService)": 0.561,
    "------GCHPchem (--SetService)": 0.287, "--Initialize": 150.125,
    "----GCHP (--Initialize)": 149.125, "------GCHPchem (--Initialize)": 99.0, "--Run": 720.5,
    "----EXTDATA": 200.0, "----GCHP": 490.25, "------GCHPctmEnv": 20.0, "------GCHPchem": 330.0,
    "------DYNAMICS": 140.0, "----HIST": 20.0, "--Finalize": 28.702, "GCHPctmEnv": 21.5,
    "GCHPctmEnv --Run": 20.25, "GCHPchem": 430.5, "GCHPchem --Run": 331.0,
    "GCHPchem ----GenRunMine": 330.5, "GCHPchem ------GC_CHEM": 210.25,
}  # fmt: skip


def with_all_pes() -> ModelRun:
    with (
        (GCHP / "c24-1day-14.7.log").open("rb") as log,
        (GCHP / "c24-1day-14.7-allPEs.log").open("rb") as all_pes,
    ):
        return read_log(log, "gchp.log", all_pes=all_pes)


def test_up_to_14_6():
    run = read(OK)
    assert (run.application, run.model_version) == ("gchp", "14.4.0")
    assert (run.simulation_type, run.resolution, run.region) == ("fullchem", "c24", None)
    assert (run.mpi_ranks, run.nodes, run.levels, run.threads) == (96, 2, 72, None)
    assert (run.simulated_start, run.simulated_end, run.simulated_days) == (
        datetime(2019, 7, 1), datetime(2019, 7, 2), 1.0,
    )  # fmt: skip
    assert (run.started, run.ended) == (
        datetime(2026, 4, 3, 13, 20), datetime(2026, 4, 3, 13, 36, 42),
    )  # fmt: skip
    assert (run.steps, run.last_step) == (24, datetime(2019, 7, 2))
    assert run.throughput_days_per_day == 120.0
    assert run.run_throughput_days_per_day == 219.6
    assert run.model_throughput_days_per_day == 96.0
    assert (run.wall_seconds, run.wall_clock) == (900.0, "throughput")
    assert run.wall_uncertainty_seconds == pytest.approx(900 * 0.0005 / 96)
    assert run.peak_memory_gib == 51470 / 1024
    assert list(run.timers.items()) == list(PROFILE.items())
    assert (run.total_timer, run.reason, run.notes) == ("All", None, ())


def test_from_14_7_on_the_profile_is_beside_the_log():
    run = with_all_pes()
    assert list(run.timers.items()) == list(PROFILE.items())
    assert (run.model_throughput_days_per_day, run.wall_seconds) == (96.0, 900.0)
    assert (run.mpi_ranks, run.nodes, run.resolution) == (96, 2, "c24")
    assert (run.simulated_start, run.simulated_days) == (datetime(2019, 7, 1), 1.0)
    assert run.reason is None
    assert run.notes == (
        "it aborted after its end, which harms no result: double free or corruption (!prev)",
    )


def test_without_all_pes_the_last_step_decides():
    run = read(LOG_14_7)
    assert (run.reason, run.wall_seconds, run.wall_clock) == (None, 720.0, "time loop")
    assert (run.simulated_start, run.simulated_days) == (datetime(2019, 7, 1), 1.0)
    assert run.notes[0] == (
        "its wall time is that of the time loop alone: initialisation and finalisation are not in "
        "it"
    )
    assert "judged by the last time step" in run.notes[1]


def test_steps_too_quick_for_the_estimate_to_tell_are_not_taken_for_the_end():
    quick = LOG_14_7.replace("      120.0  ", "  99999.0  ")
    run = read(quick.partition("double free")[0])
    assert run.reason is Reason.UNKNOWN
    assert "of an unknown end" in (run.message or "")


def test_an_older_name_of_the_step_and_a_number_that_does_not_fit():
    old = NO_CLOSING.replace("GCHP Date:", "AGCM Date:").replace("      120.0  ", " ****** ")
    run = read(old + CLOSING)
    assert (run.steps, run.throughput_days_per_day, run.reason) == (24, None, None)
    assert run.wall_seconds == 900.0
    assert run.notes == ("the last step's average throughput is '******': no clock",)


def test_the_newer_step_line_ends_in_the_computers_clock():
    assert read(OK.replace("Mem Comm:Used", "Mem Comm:Used ; 20260403 13:21")) == read(
        OK.replace("Mem Comm:Used", "Mem Comm:Used ; 20260403 13:21")
    )
    assert read(OK.replace("Mem Comm:Used", "Mem Comm:Used ; 20260403 13:21")).steps == 24


@pytest.mark.parametrize(
    ("rows", "timers"),
    [
        ("                                Min        Mean        Max\n"
         "TOTAL                   :    1772.221    2300.730    2830.601\n"
         "-Read_Loop              :     205.136     205.507     207.032\n",
         {"GCHPchem TOTAL": 2300.73, "GCHPchem -Read_Loop": 205.507}),
        ("                          User time System Time Total Time\n"
         "   TOTAL                      449.3732       0.0000     449.5000\n",
         {"GCHPchem TOTAL": 449.5}),
        ("TOTAL                   :         NaN    ********    2830.601\n", {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("title", ["Times for GCHPchem", "Times for component <GCHPchem>"])
def test_older_tables_of_a_component(rows, timers, title):
    assert read(f"{NO_CLOSING}\n  {title}\n{rows}{CLOSING}").timers == timers


def test_a_number_in_the_profile_that_is_none_is_noted():
    run = read(OK.replace("720.500", "    NaN"))
    assert "--Run" not in run.timers
    assert run.notes == ("timer '--Run': 'NaN' is no number of seconds",)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("pe=00072 FAIL at line=00325    NetCDF4_FileFormatter.F90                <status=-124>\n",
         Reason.MODEL_CRASHED),
        ("slurmstepd: error: Detected 1 oom_kill event in StepId=1.0.\n", Reason.OUT_OF_MEMORY),
        ("mpirun noticed that process rank 3 with PID 0 on node n exited on signal 9 (Killed).\n",
         Reason.UNKNOWN),
        ("FATAL from PE     0: mpp_domains_define.inc: not all the pe_end are in the pelist\n",
         Reason.MISCONFIGURED),
        ("   MPI_ABORT was invoked on rank 1 in communicator MPI_COMM_WORLD\n",
         Reason.MODEL_CRASHED),
        ("double free or corruption (!prev)\n", Reason.MODEL_CRASHED),
    ],
)  # fmt: skip
def test_errors_before_the_end(error, reason):
    half = OK[: OK.index("GCHP Date: 2019/07/01  Time: 12:00:00")].rpartition("\n")[0] + "\n"
    run = read(half + error)
    assert run.reason is reason
    assert (run.steps, run.simulated_days) == (11, 1.0)


def test_an_error_in_writing_the_restart_is_a_failure_unless_mapl_closed():
    error = "pe=00072 FAIL at line=00325    NetCDF4_FileFormatter.F90     <status=-124>\n"
    assert read(NO_CLOSING + error).reason is Reason.MODEL_CRASHED
    assert read(NO_CLOSING + CLOSING + error).reason is None


def test_all_pes_alone_is_no_log():
    with pytest.raises(LogError, match="give the main log"):
        read((GCHP / "c24-1day-14.7-allPEs.log").read_bytes())


def test_two_runs_are_refused():
    with pytest.raises(LogError, match="holds 2 runs, starting at lines"):
        read(OK + OK)


def later(log: str) -> str:
    """The same, two days on."""
    return log.replace("2019/07/02", "2019/07/04").replace("2019/07/01", "2019/07/03")


@pytest.mark.parametrize(
    ("two", "why"),
    [
        (
            LOG_14_7 + LOG_14_7,
            f"at line {AGAIN} the model's time goes back from 2019/07/02 00:",
        ),
        (
            LOG_14_7 + later(LOG_14_7),
            f"at line {AGAIN} the time to the end starts anew, with 000:",
        ),
        (
            OK[STEPS:] + later(OK[STEPS:].replace("Remaining", "")),
            "MAPL closes at lines 68 and 156",
        ),
        ("Starting PEs : 1\n" * 200 + OK + OK, "the model's time goes back"),
    ],
)
def test_two_runs_are_told_by_their_clock_or_their_ends(two, why):
    with pytest.raises(LogError, match=why) as error:
        read("GCHP\n" + two)
    assert str(error.value).endswith("split it, one each")


def test_an_estimate_of_a_second_or_none_is_of_one_run():
    quick = LOG_14_7.replace("000:00:30", "000:00:00").replace("000:11:30", "000:00:00")
    assert read(quick).steps == 24
    unsure = quick.rpartition("000:00:00")
    assert read("000:00:09".join((unsure[0], unsure[2]))).steps == 24


def test_all_pes_of_two_runs_is_not_used():
    raw = (GCHP / "c24-1day-14.7-allPEs.log").read_text()
    ranks = "".join(raw.replace("0000: ", f"{rank:04}: ") for rank in range(3))
    assert read(LOG_14_7, all_pes=io.BytesIO(ranks.encode())).wall_seconds == 900.0
    for other in (later(raw), raw.replace("96.000", "95.000")):
        run = read(LOG_14_7, all_pes=io.BytesIO((raw + other).encode()))
        assert (run.wall_clock, run.timers) == ("time loop", {})
        assert run.notes[-1] == "its allPEs.log is of more than one run, so it is not used"


@pytest.mark.parametrize("printed", ["0.000", "******", "1e9", "1e-320", "1_0", "inf"])
def test_a_run_that_closed_has_ended_whatever_its_numbers(printed):
    run = read(NO_CLOSING + CLOSING.replace("96.000", printed))
    assert (run.reason, run.model_throughput_days_per_day) == (None, None)
    assert (run.wall_seconds, run.wall_clock) == (720.0, "time loop")


def test_a_run_of_more_than_thirty_years_has_no_clock():
    run = read(NO_CLOSING.replace("00000001 000000", "00200000 000000") + CLOSING.replace(
        "96.000", "0.001"
    ))  # fmt: skip
    assert (run.wall_seconds, run.wall_clock) == (None, None)
    assert run.notes == ("its throughput is too low for a run (0.001 days/day): no clock",)


def test_a_log_that_ends_before_the_first_step_is_a_failure_or_refused():
    assert read(OK[:STEPS]).message == (
        "cut off: it stopped before the first time step, with no closing report of MAPL and no "
        "word of why"
    )
    with pytest.raises(LogError, match="before it says what was simulated"):
        read("GCHP\n" + OK[OK.index(" Starting PEs") : STEPS])


@pytest.mark.parametrize(
    ("segment", "end"),
    [
        ("00000100 000000", datetime(2019, 8, 1)),
        ("00010000 120000", datetime(2020, 7, 1, 12)),
        ("00000014 003000", datetime(2019, 7, 15, 0, 30)),
        ("99990000 000000", None),
    ],
)
def test_the_planned_end_is_the_job_segment_after_the_start(segment, end):
    run = read(NO_CLOSING[:AFTER_STEPS].replace("00000001 000000", segment)[:-3000])
    assert run.simulated_end == end
    assert run.reason is Reason.UNKNOWN
