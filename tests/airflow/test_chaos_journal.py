"""A long draw that was cut short goes on where it was."""

import pytest
from benchmarks.chaos.invariants import Violation
from benchmarks.chaos.journal import Journal, OtherDrawError
from benchmarks.chaos.plan import draw
from benchmarks.chaos.play import Round
from benchmarks.chaos.strikes import Blow

DRAW = {"seed": 3, "faults": 40, "per_round": 10, "runs": 2}
BLOWS = [Blow(strike, "", "B-01") for strike in draw(3, 0, 10, 2)]
PLAYED = Round((*BLOWS[:9], Blow(BLOWS[9].strike, "missed")), (), 120.5, 3)
BROKEN = Round((), (Violation("lost", "dag run", "B-02 is not in the table"),), 99.0, 0)


def test_rounds_come_back_as_they_were(tmp_path):
    journal = Journal(tmp_path / "draw.jsonl", DRAW)
    journal.keep(0, PLAYED)
    journal.keep(2, BROKEN)
    assert Journal(tmp_path / "draw.jsonl", DRAW).rounds == {0: PLAYED, 2: BROKEN}


@pytest.mark.parametrize("name", DRAW)
def test_rounds_of_another_draw_are_not_taken_for_this_one_s(tmp_path, name):
    Journal(tmp_path / "draw.jsonl", DRAW)
    with pytest.raises(OtherDrawError, match="another file"):
        Journal(tmp_path / "draw.jsonl", DRAW | {name: 99})
