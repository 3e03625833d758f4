"""The rounds of a long draw, kept in a file: a draw that was cut short goes on from there."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.chaos.invariants import Violation
from benchmarks.chaos.plan import Kind, Strike
from benchmarks.chaos.play import Round
from benchmarks.chaos.strikes import Blow


class OtherDrawError(ValueError):
    """The file is of another draw, whose rounds are not those that were asked for."""


class Journal:
    """Rounds by number; a line of JSON each, after one that says of which draw they are."""

    def __init__(self, file: Path, draw: dict[str, int]) -> None:
        """Reads what is there.

        Args:
            file: Need not be there yet.
            draw: What the plan follows from.

        Raises:
            OtherDrawError: it was begun with something else.
        """
        self.rounds: dict[int, Round] = {}
        self._file = file
        lines = file.read_text().splitlines() if file.exists() else []
        if not lines:
            file.write_text(json.dumps(draw) + "\n")
            return
        begun = json.loads(lines[0])
        if begun != draw:
            raise OtherDrawError(f"{file} is of the draw {begun}, and this one is {draw}; give "
                                 "the same words as then, or another file")  # fmt: skip
        self.rounds = {each["number"]: _round(each["round"]) for each in map(json.loads, lines[1:])}

    def keep(self, number: int, played: Round) -> None:
        """Adds a round that has ended."""
        self.rounds[number] = played
        with self._file.open("a") as file:
            file.write(json.dumps({"number": number, "round": asdict(played)}) + "\n")


def _round(said: dict[str, Any]) -> Round:
    return Round(
        blows=tuple(
            Blow(Strike(**each["strike"] | {"kind": Kind(each["strike"]["kind"])}),
                 each["missed"], each["victim"])
            for each in said["blows"]
        ),
        violations=tuple(Violation(**each) for each in said["violations"]),
        seconds=said["seconds"],
        fell=said["fell"],
    )  # fmt: skip
