"""A long draw that was cut short goes on where it was."""

import pytest
from benchmarks.chaos.invariants import Violation
from benchmarks.chaos.journal import Journal, JournalError
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
    with pytest.raises(JournalError, match="another file"):
        Journal(tmp_path / "draw.jsonl", DRAW | {name: 99})


def test_a_round_that_was_cut_off_while_it_was_written_is_played_again(tmp_path):
    file = tmp_path / "draw.jsonl"
    journal = Journal(file, DRAW)
    journal.keep(0, PLAYED)
    whole = file.read_bytes()
    journal.keep(1, PLAYED)
    file.write_bytes(file.read_bytes()[:-20])
    again = Journal(file, DRAW)
    assert (again.rounds, file.read_bytes()) == ({0: PLAYED}, whole)
    again.keep(1, PLAYED)
    assert Journal(file, DRAW).rounds == {0: PLAYED, 1: PLAYED}


@pytest.mark.parametrize(
    "said", [b"notes", b"notes\n", b"{}\n[]\n", b"[1]\n{", b"\xff\n", b"1\n2\n"]
)
def test_a_file_that_is_no_journal_is_left_as_it_is(tmp_path, said):
    file = tmp_path / "notes.txt"
    file.write_bytes(said)
    with pytest.raises(JournalError, match="another file"):
        Journal(file, DRAW)
    assert file.read_bytes() == said


def test_a_full_disk_is_said_and_the_round_is_not_lost_to_the_table(tmp_path):
    file = tmp_path / "draw.jsonl"
    journal = Journal(file, DRAW)
    file.unlink()
    file.symlink_to("/dev/full")
    with pytest.raises(JournalError, match=r"round 0 could not be kept .* No space left"):
        journal.keep(0, PLAYED)
    assert journal.rounds == {0: PLAYED}
