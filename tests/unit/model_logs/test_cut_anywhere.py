"""A log cut off anywhere never tells of a success that is not in it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.model_logs.writing import GCHP, REAL, read, read_or_refuse

CLASSIC = (REAL / "tt-1day-synthetic-met-1thread-ok.log").read_bytes()
CLASSIC_END = CLASSIC.index(b"C H E M   *", CLASSIC.index(b"E N D")) + len(b"C H E M")
WHOLE = read(CLASSIC)
OF_GCHP = (GCHP / "c24-1day-ok.log").read_bytes()
GCHP_END = OF_GCHP.rindex(b"\n", 0, OF_GCHP.rindex(b"Mem Comm:Used")) + 1
NUMBERS = ("process_wall_seconds", "cpu_user_seconds", "cpu_system_seconds", "peak_memory_gib")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(CLASSIC)))
@example(CLASSIC_END)
@example(CLASSIC_END - 1)
def test_gc_classic(cut):
    run = read_or_refuse(CLASSIC[:cut])
    if run is None:
        assert cut < 2000
        return
    assert (run.reason is None) == (cut >= CLASSIC_END)
    assert run.timers.items() <= WHOLE.timers.items()
    assert all(getattr(run, name) in (None, getattr(WHOLE, name)) for name in NUMBERS)


@pytest.mark.parametrize("cut", range(CLASSIC.index(b"\tCommand"), len(CLASSIC), 7))
def test_a_number_cut_in_the_middle_is_no_number(cut):
    run = read(CLASSIC[:cut])
    assert all(getattr(run, name) in (None, getattr(WHOLE, name)) for name in NUMBERS)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(OF_GCHP)))
@example(GCHP_END)
def test_gchp(cut):
    run = read_or_refuse(OF_GCHP[:cut])
    if run is None:
        assert cut < 1500
        return
    last_step_is_whole = b"\n" in OF_GCHP[GCHP_END:cut]
    assert (run.reason is None) == last_step_is_whole
    assert run.timers.items() <= read(OF_GCHP).timers.items()
