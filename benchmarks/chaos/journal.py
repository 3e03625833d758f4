"""The rounds of a long draw, kept in a file: a draw that was cut short goes on from there."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.chaos.invariants import Violation
from benchmarks.chaos.plan import Kind, Strike
from benchmarks.chaos.play import Round
from benchmarks.chaos.strikes import Blow


class JournalError(ValueError):
    """The file cannot be gone on with: what it is, and what to do."""


class Journal:
    """Rounds by number; a line of JSON each, after one that says of which draw they are."""

    def __init__(self, file: Path, draw: dict[str, int]) -> None:
        """Reads what is there. A round that was cut off while it was written is played again.

        Args:
            file: Need not be there yet.
            draw: What the plan follows from.

        Raises:
            JournalError: it is of another draw, or no journal at all; nothing of it is changed.
            OSError: it can be neither read nor written.
        """
        self.rounds: dict[int, Round] = {}
        self._file = file
        text = file.read_bytes() if file.exists() else b""
        if not text:
            file.write_text(json.dumps(draw) + "\n")
            return
        whole = text[: text.rfind(b"\n") + 1]
        begun, self.rounds = _read(file, whole)
        if begun != draw:
            raise JournalError(f"{file} is of the draw {begun}, and this one is {draw}; give "
                               "the same words as then, or another file")  # fmt: skip
        os.truncate(file, len(whole))

    def keep(self, number: int, played: Round) -> None:
        """Adds a round that has ended.

        Raises:
            JournalError: it cannot be written.
        """
        self.rounds[number] = played
        try:
            with self._file.open("a") as file:
                file.write(json.dumps({"number": number, "round": asdict(played)}) + "\n")
        except OSError as error:
            raise JournalError(f"round {number} could not be kept in {self._file}: {error}; "
                               "mend that, and the same line goes on") from error  # fmt: skip


def _read(file: Path, whole: bytes) -> tuple[Any, dict[int, Round]]:
    try:
        begun, *lines = [json.loads(line) for line in whole.splitlines()]
        return begun, {each["number"]: _round(each["round"]) for each in lines}
    except (ValueError, KeyError, TypeError) as error:
        raise JournalError(f"{file} is no journal of a draw ({type(error).__name__}: {error}); "
                           "give another file") from error  # fmt: skip


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
