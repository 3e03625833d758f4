"""Logs for tests, written after the formats of GC-Classic; and the files in tests/data."""

# ruff: noqa: DTZ001 - logs print no zone

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from geoschem_bench.model_logs import LogError, ModelRun, read_log

DATA = Path(__file__).parents[2] / "data" / "model_logs"
REAL = DATA / "gc-classic-14.7.0"
GCHP = DATA / "gchp-samples"

BANNER = "*************   S T A R T I N G   G E O S - C H E M   *************"
END_BANNER = "**************   E N D   O F   G E O S -- C H E M   **************"
DID_NOT_RUN = ">>>>> THE TIMER DID NOT RUN <<<<<"


def read(text: str | bytes, **beside: object) -> ModelRun:
    raw = text.encode() if isinstance(text, str) else text
    return read_log(io.BytesIO(raw), "a.log", **beside)  # type: ignore[arg-type]


def read_or_refuse(raw: bytes) -> ModelRun | None:
    """None where it is refused; any other error passes."""
    try:
        return read(raw)
    except LogError:
        return None


def row(name: str, seconds: float | str) -> str:
    """One row of the timers block, in GEOS-Chem's columns."""
    if isinstance(seconds, str):
        return f"  {name:<30}:  {seconds}"
    hours, rest = divmod(int(seconds), 3600)
    clock = f"{hours // 24:02}-{hours % 24:02}:{rest // 60:02}:{rest % 60:02}"
    return f"  {name:<30}:  {clock}.{int(seconds % 1 * 1000):03}    {seconds:14.3f}"


def block(timers: Mapping[str, float | str]) -> str:
    rows = [row(name, seconds) for name, seconds in timers.items()]
    rule = "=" * 79
    head = "  Timer name                       DD-hh:mm:ss.SSS     Total Seconds"
    return "\n".join(
        ["", rule, "G E O S - C H E M   T I M E R S", "", head, "-" * 79, *rows, "", ""]
    )


def header(
    version: str = "14.4.0",
    simulation: str = "fullchem",
    resolution: str = "4.0x5.0",
    days: float = 1.0,
    timers: str = "T",
    extra: Sequence[str] = (),
    banner: str = BANNER,
) -> str:
    end = datetime(2019, 7, 1) + timedelta(days=days)
    return "\n".join([
        banner, "",
        '===> Mode of operation         : GEOS-Chem "Classic"',
        f"===> GEOS-Chem version         : {version}",
        "===> Compiler                  : Intel Fortran Compiler (aka ifort)   ", "",
        "===> SIMULATION START TIME: 2018/12/19 18:11 <===", "",
        "SIMULATION MENU", "---------------",
        "Start time of run           : 20190701 000000",
        f"End time of run             : {end:%Y%m%d %H%M%S}",
        "Meteorology field           : GEOSFP",
        f"Simulation name             : {simulation}",
        f"Turn on GEOS-Chem timers    :     {timers}", "",
        f"Grid resolution             : {resolution}",
        "Z grid dimension            :    47",
        *extra, "", "",
    ])  # fmt: skip


def steps(days: float = 1.0, minutes: int = 10, with_end: bool = True) -> str:
    count = round(days * 1440 / minutes) + with_end
    times = (datetime(2019, 7, 1) + timedelta(minutes=minutes * n) for n in range(count))
    return "".join(
        f"---> DATE: {time:%Y/%m/%d}  UTC: {time:%H:%M}  X-HRS: {n * minutes / 60:13.6f}\n"
        for n, time in enumerate(times)
    )


def ending(stamp: str = "2018/12/19 19:20") -> str:
    return f"\n===> SIMULATION END TIME: {stamp} <===\n\n\n{END_BANNER}\n"


def good_log(seconds: Mapping[str, float | str] | None = None, **of_header: object) -> str:
    times = {"GEOS-Chem": 4137.792, "HEMCO": 1184.5} if seconds is None else seconds
    return header(**of_header) + steps() + block(times) + ending()  # type: ignore[arg-type]
