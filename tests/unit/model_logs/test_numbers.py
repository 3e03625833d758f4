"""Whatever a log prints for a number, a ModelRun holds none that is absurd."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geoschem_bench.model_logs import ModelRun
from tests.unit.model_logs.writing import GCHP, REAL, good_log, read, read_or_refuse

LOGS = tuple(
    path.read_bytes()
    for path in (
        REAL / "tt-1day-synthetic-met-1thread-ok.log",
        GCHP / "c24-1day-ok.log",
        GCHP / "c24-1day-14.7.log",
    )
)
PLACES = tuple(tuple(re.finditer(rb"[0-9]+(?:\.[0-9]+)?(?:E[+-]\d\d)?", raw)) for raw in LOGS)
ABSURD = st.sampled_from(
    [b"1e308", b"1e-320", b"1_0", b"inf", b"nan", b"-1", b"0", b"0.000", b"1e9", b"1e12", b"9" * 6,
     b"9" * 16, b"9" * 400, b"9999", b"0.001", b"1e-9", b"******", b"999999:59:59"]
)  # fmt: skip


def floats(run: ModelRun) -> list[float]:
    values = (*dataclasses.asdict(run).values(), *run.timers.values())
    return [value for value in values if isinstance(value, float)]


def assert_sane(run: ModelRun | None) -> None:
    if run is None:
        return
    assert all(math.isfinite(value) and 0 <= value <= 1e12 for value in floats(run))
    assert not any(0 < value < 1e-20 for value in floats(run))
    assert run.wall_seconds is None or 0 < run.wall_seconds <= 1e9
    assert (run.wall_seconds is None) == (run.wall_clock is None)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2), st.data())
def test_a_log_with_other_numbers(which, data):
    raw = LOGS[which]
    places = data.draw(st.lists(st.sampled_from(PLACES[which]), max_size=6))
    for place in sorted(set(places), key=lambda found: -found.start()):
        raw = raw[: place.start()] + data.draw(ABSURD) + raw[place.end() :]
    assert_sane(read_or_refuse(raw))


@settings(max_examples=150, deadline=None)
@given(ABSURD, st.sampled_from([rb"(?<=:  )[0-9].*", rb"[0-9]+\.[0-9]+", rb"[0-9]+\.[0-9]E.*"]))
@example(b"0.001", rb"[0-9]+\.[0-9]+")
def test_a_log_with_one_number_everywhere(number, what):
    for raw in LOGS:
        assert_sane(read_or_refuse(re.sub(what, number, raw)))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes(raw):
    for log in (b"", *LOGS):
        assert_sane(read_or_refuse(raw + log + raw))


@pytest.mark.parametrize(
    ("of_time", "field", "expected"),
    [
        ("Elapsed (wall clock) time (h:mm:ss or m:ss): 999999:59:59", "process_wall_seconds", None),
        ("Elapsed (wall clock) time (h:mm:ss or m:ss): 1:34.74", "process_wall_seconds", 94.74),
        ("User time (seconds): 6000000000.12", "cpu_user_seconds", 6000000000.12),
        ("User time (seconds): 1e308", "cpu_user_seconds", None),
        ("System time (seconds): 1_0", "cpu_system_seconds", None),
        ("Maximum resident set size (kbytes): 4294967296", "peak_memory_gib", 4096.0),
        ("Maximum resident set size (kbytes): 1e300", "peak_memory_gib", None),
    ],
)
def test_what_time_says(of_time, field, expected):
    run = read(f"{good_log()}\tCommand being timed: x\n\t{of_time}\n")
    assert getattr(run, field) == expected


@pytest.mark.parametrize("same_name", [2, 3])
def test_a_timer_is_no_longer_than_a_run_however_often_it_is_added(same_name):
    row = b"----DYNAMICS                      1  400000000.0   22.22   200.000  22.22\n"
    run = read(LOGS[1].replace(b"----HIST", row * same_name + b"----HIST"))
    assert run.timers["----DYNAMICS"] == 8e8
    assert len(run.notes) == same_name - 2


def test_stamps_of_centuries_are_no_clock():
    log = good_log({}).replace("SIMULATION END TIME: 2018", "SIMULATION END TIME: 9018")
    run = read(log)
    assert (run.wall_seconds, run.wall_clock) == (None, None)
    assert run.notes[-1].endswith("seconds apart: no clock")
