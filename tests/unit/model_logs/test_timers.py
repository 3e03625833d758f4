"""The timers block and its JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoschem_bench.errors import Reason
from geoschem_bench.model_logs import LogError, read_timers_json, read_timers_run
from tests.unit.model_logs.writing import DID_NOT_RUN, ending, good_log, header, read, steps

NAMES = st.text(
    alphabet="ABCdef xyz019:()-=>./", min_size=1, max_size=30
).filter(lambda name: name.strip() == name)  # fmt: skip
SECONDS = st.integers(1, 10**9).map(lambda thousandths: thousandths / 1000)

OF_12_1_1: dict[str, float | str] = {
    # Total, HEMCO, chemistry, transport, convection, mixing and input as published of 7 days on
    # c5.9xlarge (JiaweiZhuang/GC12_timing_logs, to the second); the other rows are made up
    "GEOS-Chem": 4137.792, "Initialization": 60.906, "Timesteps": 4070.1, "HEMCO": 1185.0,
    "All chemistry": 1505.0, "=> Gas-phase chem": 1100.0, "=> FAST-JX photolysis": 210.5,
    "=> All aerosol chem": 90.2, "=> Strat chem": 4.1, "=> Unit conversions": 12.3,
    "Transport": 362.0, "Convection": 386.0, "Boundary layer mixing": 357.0,
    "Dry deposition": 9.0, "Wet deposition": 130.6, "RRTMG": DID_NOT_RUN,
    "All diagnostics": 20.5, "=> HEMCO diagnostics": 0.5,
    "=> Binary punch diagnostics": DID_NOT_RUN, "=> ObsPack diagnostics": DID_NOT_RUN,
    "=> History (netCDF diags)": 19.875, "Input": 218.0, "Output": 20.6, "Finalization": 0.25,
}  # fmt: skip


def test_the_block_of_12_with_the_grid_in_the_banner():
    log = good_log(
        OF_12_1_1, version="12.1.1", simulation="tropchem", timers="T",
        banner="*************   S T A R T I N G   4 x 5   G E O S--C H E M   *************",
    ).replace("Grid resolution             : 4.0x5.0\n", "")  # fmt: skip
    run = read(log)
    ran = {name: time for name, time in OF_12_1_1.items() if time != DID_NOT_RUN}
    assert list(run.timers.items()) == list(ran.items())
    assert (run.model_version, run.resolution, run.levels) == ("12.1.1", "4x5", 47)
    assert (run.simulation_type, run.compiler) == ("fullchem", "Intel Fortran Compiler (aka ifort)")
    assert (run.reason, run.wall_seconds, run.notes) == (None, 4137.792, ())


def test_the_nested_names_of_13():
    """`=> FlexChem` has three levels there, and one row of real excerpts is beyond all bounds."""
    run = read(good_log({
        "GEOS-Chem": 3388.078, "=> FlexChem": 1346.578, "  -> FlexChem loop": 1326.047,
        "  -> KPP": "00-**:45:52.***    **************", "     RCONST": 33.606,
    }, version="13.1.0"))  # fmt: skip
    assert run.timers == {
        "GEOS-Chem": 3388.078, "=> FlexChem": 1346.578, "-> FlexChem loop": 1326.047,
        "RCONST": 33.606,
    }  # fmt: skip
    assert run.notes == ("timer '-> KPP': '**************' is no number of seconds",)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, SECONDS, max_size=25))
def test_any_block_comes_back_as_it_was_written(timers):
    times = {"GEOS-Chem": 12.5, **timers}
    assert list(read(good_log(times)).timers.items()) == list(times.items())


@pytest.mark.parametrize(
    ("printed", "note"),
    [
        (DID_NOT_RUN, None),
        ("Invalid run time - negative value", "timer 'HEMCO': the log says its run time is nega"),
        ("00-00:00:00.***               NaN", "timer 'HEMCO': 'NaN' is no number"),
        ("00-00:00:00.***    **************", "timer 'HEMCO': '**************' is no number"),
        *(
            (f"00-00:00:00.000 {absurd:>17}", f"timer 'HEMCO': '{absurd}' is no number")
            for absurd in ("1_0", "1e-320", "1e308", "1e9999", "1000000001.0", "٣", "+1", "1e-7")
        ),
    ],
)
def test_a_timer_without_a_number_is_absent_and_noted(printed, note):
    run = read(good_log({"GEOS-Chem": 9.5, "HEMCO": printed, "Transport": 2.25}))
    assert run.timers == {"GEOS-Chem": 9.5, "Transport": 2.25}
    assert [text[: len(note or "")] for text in run.notes] == ([note] if note else [])


def test_without_a_total_the_stamps_are_the_clock():
    run = read(good_log({"GEOS-Chem": "00-00:00:00.***               NaN", "HEMCO": 2.0}))
    assert (run.wall_clock, run.wall_seconds, run.total_timer) == ("stamps", 69 * 60.0, None)
    assert run.wall_uncertainty_seconds == 60.0
    assert "± 1 minute" in run.notes[-1]


def timers_json(timers: object) -> bytes:
    return json.dumps({"description": {}, "GEOS-Chem Classic timers": timers}).encode()


def test_the_file_serves_where_the_log_has_no_block():
    log = header() + steps() + ending()
    assert read(log).reason is Reason.UNKNOWN
    run = read(log, timers_json=timers_json({"GEOS-Chem": {"seconds": 70.5}}))
    assert (run.timers, run.wall_seconds, run.reason) == ({"GEOS-Chem": 70.5}, 70.5, None)


@pytest.mark.parametrize(("total", "clock"), [(0.0, None), (2, "timers"), (1.5e-5, "timers")])
def test_timers_alone_are_a_clock_unless_their_total_is_nothing(total, clock):
    run = read_timers_run(timers_json({"GEOS-Chem": {"seconds": total}}), "t.json")
    assert (run.wall_seconds, run.wall_clock) == (total or None, clock)
    assert run.timers == {"GEOS-Chem": total}


def test_the_file_of_another_run_is_not_used():
    log = header(timers="F") + steps() + ending()
    run = read(log, timers_json=timers_json({"GEOS-Chem": {"seconds": 70.5}}))
    assert (run.timers, run.wall_clock) == ({}, "stamps")
    assert "of another run" in run.notes[0]


def test_a_damaged_file_beside_a_good_log_is_a_note():
    run = read(good_log(), timers_json=b"{")
    assert (run.reason, run.wall_seconds) == (None, 4137.792)
    assert run.notes[0].startswith("the timers file is no valid JSON")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "no valid JSON"),
        (b"[1]", "no timers file"),
        (b'{"a": 1}', "no timers file"),
        (b"\xff\xfe", "no valid JSON"),
        (b"[" * 100_000, "no valid JSON"),
        (timers_json({"a": {"seconds": "1"}}), "timer 'a' has no number"),
        (timers_json({"a": {"seconds": True}}), "timer 'a' has no number"),
        (timers_json({"a": {"seconds": -1}}), "timer 'a' has no number"),
        (timers_json({"a": {"seconds": 1e308}}), "timer 'a' has no number"),
        (timers_json({"a": {"seconds": 10**4000}}), "timer 'a' has no number"),
        (timers_json({"a": 1}), "timer 'a' has no number"),
        (timers_json({"a": {"seconds": float("nan")}}), "holds NaN"),
        (b" " * 1_000_001, "larger than 1000 kB"),
    ],
)
def test_what_is_no_timers_file_is_refused(raw, why):
    with pytest.raises(LogError, match=why):
        read_timers_json(raw, "t.json")
