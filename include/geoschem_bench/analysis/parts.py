"""The model's timers as parts that do not contain each other, so that they can be stacked."""

from __future__ import annotations

from collections.abc import Mapping

WHOLE = ("GEOS-Chem", "All", "Timesteps")
"""Hold all or nearly all of the others."""
_ACROSS = ("Input", "Output", "Unit conversions")
"""Seconds of these are counted in HEMCO, diagnostics and the processes too."""
_NESTED = ("=>", "--")


def parts_of(timers: Mapping[str, float]) -> dict[str, float]:
    """Seconds by part, without the whole, without parts of parts; the timers' order."""
    return {
        name: seconds
        for name, seconds in timers.items()
        if name not in WHOLE and name not in _ACROSS and not name.startswith(_NESTED)
    }
