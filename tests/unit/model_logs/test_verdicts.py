"""Success is what is there; a failure has the reason that its log gives."""

from __future__ import annotations

import pytest

from geoschem_bench.errors import Reason
from tests.unit.model_logs.writing import block, ending, good_log, header, read, steps

SEGFAULT = "\nProgram received signal SIGSEGV: Segmentation fault - invalid memory reference.\n"
IN_THE_MIDDLE = header() + steps(0.5)


@pytest.mark.parametrize(
    ("error", "reason", "said"),
    [
        ("HEMCO ERROR: Cannot find file for current simulation time: ./Restarts/GEOSChem.Restart."
         "20190101_0000z.nc4 - Cannot get field SPC_ACET. Please check file\nname and time (incl. "
         "time range flag) in the config. file\n\n", Reason.INPUT_DATA, "in the config. file"),
        ("GEOS-Chem ERROR: FAST-JX (RD_XXX): REQUIRED FILE NOT FOUND /data/FJX_spec.dat\n",
         Reason.INPUT_DATA, "FJX_spec.dat"),
        ("GEOS-Chem ERROR: No output scheduled on last day of run!\n", Reason.MISCONFIGURED, "No"),
        ("GEOS-Chem ERROR:\n -> at DO_TEND (in module GeosCore/mixing_mod.F90)\n",
         Reason.MODEL_CRASHED, "(at DO_TEND (in module GeosCore/mixing_mod.F90))"),
        ("GEOS-Chem ERROR: Could not allocate State_Diag%SpeciesRst!\n", Reason.OUT_OF_MEMORY, ""),
        ("/var/spool/job1: line 21:  4711 Killed                  ./gcclassic\n",
         Reason.UNKNOWN, "by the kernel for want of memory, or by a person"),
        ("Command terminated by signal 9\n", Reason.UNKNOWN, "2019-07-01 12:00:00 of"),
        ("slurmstepd: error: Detected 1 oom-kill event(s) in StepId=3.0 cgroup. Some of your "
         "processes may have been killed by the cgroup out-of-memory handler.\n",
         Reason.OUT_OF_MEMORY, "oom-kill"),
        ("Operating system error: Cannot allocate memory\n", Reason.OUT_OF_MEMORY, "Cannot"),
        ("forrtl: severe (41): insufficient virtual memory\n", Reason.OUT_OF_MEMORY, "forrtl"),
        ("forrtl: severe (174): SIGSEGV, segmentation fault occurred\n", Reason.MODEL_CRASHED,
         "SIGSEGV with no message of the model; most often OMP_STACKSIZE"),
        ("forrtl: severe (24): end-of-file during read, unit 8\n", Reason.INPUT_DATA, "unit 8"),
        (SEGFAULT, Reason.MODEL_CRASHED, "its last time step is 2019-07-01 12:00:00 of 2019-07-02"),
        ("slurmstepd: error: *** JOB 1 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT\n",
         Reason.TIMEOUT, "TIME LIMIT"),
        ("slurmstepd: error: *** JOB 1 ON n1 CANCELLED AT 2026-01-01T00:00:00 ***\n",
         Reason.CANCELLED, "CANCELLED"),
        ("Command exited with non-zero status 124\n", Reason.TIMEOUT, "status 124"),
        ("Command exited with non-zero status 1\n", Reason.UNKNOWN, "no message of the model"),
        ("Fortran runtime error: No space left on device\n", Reason.STORAGE, "No space"),
    ],
)  # fmt: skip
def test_the_reason_of_an_error(error, reason, said):
    run = read(IN_THE_MIDDLE + error)
    assert run.reason is reason
    assert said in (run.message or "")


def test_the_models_words_come_before_the_signal_they_end_in():
    log = IN_THE_MIDDLE + SEGFAULT + "GEOS-Chem ERROR: Excessive fall velocity?\n"
    assert read(log).message == "GEOS-Chem ERROR: Excessive fall velocity?"


def test_the_systems_word_finds_room_behind_any_number_of_the_models():
    errors = "GEOS-Chem ERROR: Error encountered in wet deposition!\n" * 500
    assert read(IN_THE_MIDDLE + errors).reason is Reason.MODEL_CRASHED
    log = IN_THE_MIDDLE + errors + "Operating system error: Cannot allocate memory\n"
    assert read(log).reason is Reason.OUT_OF_MEMORY


def test_an_error_over_the_border_of_two_chunks_is_read_whole():
    wrapped = f"GEOS-Chem ERROR: {'x' * 60}\nand the end of it\n -> at Here\n"
    head = IN_THE_MIDDLE + "a line of a log\n" * ((1024**2 - len(IN_THE_MIDDLE) - 40) // 16)
    messages = {read(head + " \n" * filler + wrapped).message for filler in range(0, 60, 5)}
    assert messages == {f"GEOS-Chem ERROR: {'x' * 60} and the end of it (at Here)"}


def test_a_long_error_is_shortened():
    message = read(IN_THE_MIDDLE + f"GEOS-Chem ERROR: {'x' * 900}\n").message
    assert message is not None
    assert len(message) == 500


def test_an_error_makes_even_a_complete_log_a_failure():
    run = read(good_log() + SEGFAULT)
    assert run.reason is Reason.MODEL_CRASHED
    assert (run.wall_seconds, run.total_timer) == (4137.792, "GEOS-Chem")


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (header(), "cut off before the first time step; it was to run to 2019-07-02"),
        (IN_THE_MIDDLE, "cut off at 2019-07-01 12:00:00 of 2019-07-02 00:00:00"),
        (IN_THE_MIDDLE + block({"GEOS-Chem": 5.0}) + ending(), "cut off at 2019-07-01 12:00:00"),
        (header() + steps() + block({"GEOS-Chem": 5.0}), "its end banner is missing"),
        (header() + steps() + ending(), "its timers are on, but there is neither their block"),
        (header(days=0) + steps() + ending(), "no later than it starts"),
    ],
)
def test_what_is_missing_is_named(log, said):
    run = read(log)
    assert run.reason is Reason.UNKNOWN
    assert said in (run.message or "")


def test_older_versions_do_not_print_the_end_time_as_a_step():
    log = header() + steps(with_end=False) + block({"GEOS-Chem": 5.0}) + ending()
    assert read(log).reason is None


def test_stamps_of_the_same_minute_are_no_clock():
    run = read(header(timers="F") + steps() + ending("2018/12/19 18:11"))
    assert (run.reason, run.wall_seconds, run.wall_clock) == (None, None, None)
    assert "no clock" in run.notes[0]


def test_an_hour_and_more_by_time():
    time = '\tCommand being timed: "./gcclassic"\n\tElapsed (wall clock) time (h:mm:ss or m:ss): '
    run = read(header(timers="F") + steps() + ending() + time + "1:09:02\n")
    assert (run.wall_seconds, run.wall_clock) == (4142.0, "time -v")
    assert run.wall_uncertainty_seconds == 1.0


@pytest.mark.parametrize(
    ("longitude", "latitude", "region"),
    [
        ("-140.0000   -40.0000", "10.0000    70.0000", "NA"),
        ("  60.0000   150.0000", "-11.0000   55.0000", "AS"),
        (" -15.0000    40.0000", "32.7500    61.2500", "EU"),
        ("  70.0000    99.0000", "5.0000    40.0000", "custom"),
        ("", "", "custom"),
    ],
)
def test_the_region_of_a_nested_run(longitude, latitude, region):
    extra = [
        f"Min/max longitude           :  {longitude}",
        f"Min/max latitude            :  {latitude}",
        "Is this a nested-grid sim?  :     T",
    ]
    assert read(good_log(extra=extra, resolution="0.5x0.625")).region == region


@pytest.mark.parametrize(
    ("printed", "version", "name"),
    [("CH4", "14.6.0", "CH4"), ("CH4", "14.7.0", "carbon"), ("benchmark", "12.9.3", "benchmark")],
)
def test_names_are_ours_where_there_is_one(printed, version, name):
    assert read(good_log(simulation=printed, version=version)).simulation_type == name


@pytest.mark.parametrize("line", ["export OMP_NUM_THREADS=24", "OMP_NUM_THREADS: 24"])
def test_threads_are_read_where_a_script_prints_them(line):
    assert read(f"{line}\n{good_log()}").threads == 24


def test_windows_line_ends_change_nothing():
    assert read(good_log().replace("\n", "\r\n")).timers == read(good_log()).timers
