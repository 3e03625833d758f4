"""A log in, a ModelRun out; what is no log of one run is refused in a sentence."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import BinaryIO

from geoschem_bench.errors import LogError
from geoschem_bench.model_logs.gc_classic import read_gc_classic
from geoschem_bench.model_logs.gchp import read_gchp
from geoschem_bench.model_logs.opening import unpack
from geoschem_bench.model_logs.records import ModelRun
from geoschem_bench.model_logs.scanning import Noted, Scan, scan
from geoschem_bench.model_logs.timers import PRINTED_TO_SECONDS, TOTAL, read_timers_json

_TIMERS_ONLY = (
    "timers without their log: what was simulated, and that it came to its end, is the importer's "
    "word"
)
_CAP_START = "Read CAP restart properly"


def read_log(
    stream: BinaryIO,
    name: str,
    timers_json: bytes | None = None,
    all_pes: BinaryIO | None = None,
) -> ModelRun:
    """Read the log of one run of GC-Classic (12 to 14) or GCHP (13, 14).

    Args:
        stream: The log, plain or gzip. Read once, to its end.
        name: Its name, for errors.
        timers_json: GC-Classic's `gcclassic_timers.json`. One that cannot be read is noted.
        all_pes: GCHP's `allPEs.log`, plain or gzip.

    Raises:
        LogError: Empty, binary, damaged, too large, of another program, a dry run, of two runs,
            or cut off before it says what was simulated.
    """
    scanned = scan(unpack(stream, name), name)
    if scanned.lines("start"):
        _check_classic(scanned, name)
        return _classic(scanned, name, timers_json)
    if not _is_gchp(scanned):
        raise LogError(
            name,
            "is no log of a GEOS-Chem run: it has neither the start banner of GC-Classic "
            "('S T A R T I N G   G E O S - C H E M') nor the time steps of GCHP ('GCHP Date: …')",
        )
    _check_gchp(scanned, name)
    return _gchp(scanned, name, all_pes)


def read_timers_run(raw: bytes, name: str) -> ModelRun:
    """A run of GC-Classic of which nothing but `gcclassic_timers.json` is left.

    Raises:
        LogError: As `read_timers_json`, or the timer of the whole run is not in it.
    """
    timers = read_timers_json(raw, name)
    if TOTAL not in timers:
        raise LogError(name, f"has no timer '{TOTAL}', which is that of the whole run")
    total = timers[TOTAL]
    return ModelRun(
        application="gc-classic",
        size_bytes=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        wall_seconds=total or None,
        wall_clock="timers" if total else None,
        wall_uncertainty_seconds=PRINTED_TO_SECONDS if total else 0.0,
        timers=timers,
        total_timer=TOTAL,
        notes=(_TIMERS_ONLY,),
    )


def _check_classic(scanned: Scan, name: str) -> None:
    _refuse_two(scanned.lines("start"), name)
    if scanned.lines("dry"):
        raise LogError(name, "is of a dry run, which lists input files and measures nothing")


def _check_gchp(scanned: Scan, name: str) -> None:
    """One run has one start, one closing report and a clock that only goes on.

    From 14.7 on the main log has neither of the first two, so its steps must tell.
    """
    _refuse_two([note for note in scanned.lines("gchp") if _CAP_START in note.text], name)
    if scanned.clock.restart:
        raise LogError(
            name, f"holds more than one run: {scanned.clock.restart}; split it, one each"
        )
    closings = scanned.lines("closing")
    if len(closings) > 1:
        lines = " and ".join(str(note.line_number) for note in closings[:2])
        raise LogError(
            name, f"holds more than one run: MAPL closes at lines {lines}; split it, one each"
        )


def _gchp(scanned: Scan, name: str, all_pes: BinaryIO | None) -> ModelRun:
    if all_pes is None:
        return read_gchp(scanned, name)
    beside = f"{name} (its allPEs.log)"
    others = scan(unpack(all_pes, beside), beside)
    if _is_of_several(others):
        run = read_gchp(scanned, name)
        note = "its allPEs.log is of more than one run, so it is not used"
        return replace(run, notes=(*run.notes, note))
    return read_gchp(scanned, name, others)


def _is_of_several(all_pes: Scan) -> bool:
    """Each rank may print the same line there; those of another run say something else."""
    starts = {note.text for note in all_pes.lines("gchp") if _CAP_START in note.text}
    closings = {note.text for note in all_pes.lines("closing")}
    return len(starts) > 1 or len(closings) > 1


def _refuse_two(starts: list[Noted], name: str) -> None:
    if len(starts) > 1:
        lines = ", ".join(str(start.line_number) for start in starts[:5])
        more = ", …" if len(starts) > 5 else ""
        raise LogError(
            name, f"holds {len(starts)} runs, starting at lines {lines}{more}; split it, one each"
        )


def _is_gchp(scanned: Scan) -> bool:
    return scanned.names_gchp and (scanned.steps > 0 or bool(scanned.lines("gchp")))


def _classic(scanned: Scan, name: str, timers_json: bytes | None) -> ModelRun:
    given: dict[str, float] | None = None
    notes: tuple[str, ...] = ()
    if timers_json is not None:
        try:
            given = read_timers_json(timers_json, f"{name} (its timers file)")
        except LogError as error:
            notes = (f"the timers file {error.why}; it is not used",)
    return read_gc_classic(scanned, name, given, notes)
