"""The model's clock over the time steps of GCHP: that of one run only goes on."""

from __future__ import annotations

from geoschem_bench.model_logs import patterns

_RISE_SECONDS = 10
"""MAPL estimates the seconds to the end: from none to so many it does not rise within a run."""


class ModelClock:
    """Follows the step lines of a log, chunk by chunk."""

    def __init__(self) -> None:
        self.restart: str | None = None
        """Where, and why, a second run must have started; None where none has."""
        self._last = b""
        self._counts_down = False
        self._ran_out = False

    def follow(self, lines: bytes, line_number: int) -> None:
        """The next whole lines; before them `line_number` were."""
        if self.restart or patterns.STEP_GCHP not in lines:
            return
        for step in patterns.STEP_GCHP_PARTS.finditer(lines):
            why = self._step(b" ".join(step["time"].split()), step["remaining"])
            if why:
                number = line_number + lines.count(b"\n", 0, step.start())
                self.restart = f"at line {number} {why}"
                return

    def _step(self, time: bytes, remaining: bytes | None) -> str | None:
        last, self._last = self._last, time
        if time <= last:  # years first, and of one width: text is in order of time
            return f"the model's time goes back from {_shown(last)} to {_shown(time)}"
        if remaining is None:
            return None
        hours, minutes, seconds = map(int, remaining.split(b":"))
        left = (hours * 60 + minutes) * 60 + seconds
        if self._ran_out and left >= _RISE_SECONDS:
            return f"the time to the end starts anew, with {remaining.decode()} after none was left"
        self._ran_out = self._ran_out or (self._counts_down and left == 0)
        self._counts_down = self._counts_down or left > 0
        return None


def _shown(time: bytes) -> str:
    return time.decode().replace(" Time: ", " ")
