"""A log of GC-Classic, scanned → ModelRun."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from geoschem_bench.errors import LogError, Reason
from geoschem_bench.model_logs import fields as echo
from geoschem_bench.model_logs import timers as timing
from geoschem_bench.model_logs.records import ModelRun
from geoschem_bench.model_logs.scanning import Scan
from geoschem_bench.model_logs.time_command import TimeCommand, read_time_command
from geoschem_bench.model_logs.verdicts import Fault, faults_of, how_far, judge, shortened

_STAMP_UNCERTAINTY_SECONDS = 60.0
_USUAL_STEP = timedelta(minutes=10)
_TIMERS_SWITCH = "Turn on GEOS-Chem timers"


def read_gc_classic(
    scan: Scan, name: str, given: dict[str, float] | None = None, notes: tuple[str, ...] = ()
) -> ModelRun:
    """The run that `scan` tells of.

    Args:
        scan: Of a log with one start banner.
        name: For errors.
        given: The timers of `gcclassic_timers.json`; None where there is none.
        notes: Known already.

    Raises:
        LogError: It does not say what was simulated.
    """
    fields = echo.keys_and_values(note.text for note in scan.lines("echo"))
    faults = faults_of(scan)
    run = replace(_configuration(scan, fields), notes=notes)
    if run.simulated_start is None or run.simulated_end is None:
        cause = f"; its error is: {faults[0].text}" if faults else ""
        raise LogError(
            name, f"ends before it says what was simulated ('Start time of run', …){cause}"
        )
    command = read_time_command(scan.time_command.text or "")
    run = _with_timers(run, scan, fields, given)
    run = _with_clock(_with_command(run, command), command)
    return _with_verdict(run, scan, faults, fields, command)


def _configuration(scan: Scan, fields: Mapping[str, str]) -> ModelRun:
    version = fields.get("GEOS-Chem version") or None
    start = echo.model_time(fields.get("Start time of run", ""))
    end = echo.model_time(fields.get("End time of run", ""))
    return ModelRun(
        application="gc-classic",
        size_bytes=scan.size_bytes,
        sha256=scan.sha256,
        model_version=version,
        compiler=fields.get("Compiler") or None,
        simulation_type=echo.simulation(fields.get("Simulation name"), version),
        resolution=echo.resolution(fields.get("Grid resolution") or _grid_of_banner(scan)),
        region=echo.region(fields),
        meteorology=fields.get("Meteorology field") or None,
        levels=echo.whole_number(fields.get("Z grid dimension")),
        simulated_start=start,
        simulated_end=end,
        simulated_days=echo.days_between(start, end),
        started=echo.stamp(fields.get("SIMULATION START TIME", "")),
        ended=echo.stamp(fields.get("SIMULATION END TIME", "")),
        threads=scan.threads,
        steps=scan.steps,
        last_step=echo.step_time(scan.last_step or ""),
    )


def _grid_of_banner(scan: Scan) -> str | None:
    """Up to 12.3 the grid is compiled in: `S T A R T I N G   4 x 5   G E O S--C H E M`."""
    found = re.search(r"S T A R T I N G +([\d.]+) x ([\d.]+)", scan.lines("start")[0].text)
    return f"{found[1]}x{found[2]}" if found else None


def _with_timers(
    run: ModelRun, scan: Scan, fields: Mapping[str, str], given: dict[str, float] | None
) -> ModelRun:
    block, notes = timing.read_block(scan.timers.text) if scan.timers.text else (None, ())
    if given is not None and block is None and _timers_are_off(fields):
        given = None
        notes = ("its timers are off, so the timers file beside it is of another run; not used",)
    timers, more = timing.combine(block, given)
    total = timing.TOTAL if timing.TOTAL in timers else None
    return replace(run, timers=timers, total_timer=total, notes=(*run.notes, *notes, *more))


def _timers_are_off(fields: Mapping[str, str]) -> bool:
    return fields.get(_TIMERS_SWITCH, "").startswith("F")


def _with_command(run: ModelRun, command: TimeCommand) -> ModelRun:
    has_memory = command.peak_memory_gib is not None
    return replace(
        run,
        process_wall_seconds=command.elapsed_seconds,
        cpu_user_seconds=command.user_seconds,
        cpu_system_seconds=command.system_seconds,
        peak_memory_gib=command.peak_memory_gib,
        memory_method="`/usr/bin/time -v`: maximum resident set size" if has_memory else None,
    )


def _with_clock(run: ModelRun, command: TimeCommand) -> ModelRun:
    """The best clock there is."""
    total = run.timers.get(timing.TOTAL)
    if total:
        return replace(
            run,
            wall_seconds=total,
            wall_clock="timers",
            wall_uncertainty_seconds=timing.PRINTED_TO_SECONDS,
        )
    if command.elapsed_seconds:
        return replace(
            run,
            wall_seconds=command.elapsed_seconds,
            wall_clock="time -v",
            wall_uncertainty_seconds=command.elapsed_uncertainty_seconds,
        )
    return _with_stamps(run)


def _with_stamps(run: ModelRun) -> ModelRun:
    if run.started is None or run.ended is None:
        return run
    seconds = (run.ended - run.started).total_seconds()
    if seconds <= 0:
        note = "its start and end stamps are of the same minute or in the wrong order: no clock"
        return replace(run, notes=(*run.notes, note))
    if seconds > timing.MAX_SECONDS:
        note = f"its start and end stamps are {seconds:g} seconds apart: no clock"
        return replace(run, notes=(*run.notes, note))
    return replace(
        run,
        wall_seconds=seconds,
        wall_clock="stamps",
        wall_uncertainty_seconds=_STAMP_UNCERTAINTY_SECONDS,
        notes=(*run.notes, "start and end stamps are its only clock, ± 1 minute"),
    )


def _with_verdict(
    run: ModelRun,
    scan: Scan,
    faults: Sequence[Fault],
    fields: Mapping[str, str],
    command: TimeCommand,
) -> ModelRun:
    if faults:
        reason, message = judge(faults, how_far(run))
    else:
        missing = _missing(run, scan, fields)
        if missing is None:
            return run
        reason, message = Reason.UNKNOWN, shortened(missing)
    note = "`time` says exit status 0, which it also says after a signal"
    notes = (*run.notes, note) if command.exit_status == 0 else run.notes
    return replace(run, reason=reason, message=message, notes=notes)


def _missing(run: ModelRun, scan: Scan, fields: Mapping[str, str]) -> str | None:
    """What a run that succeeded would have printed, or None."""
    if run.simulated_days is None:
        return f"it ends ({run.simulated_end}) no later than it starts ({run.simulated_start})"
    if run.last_step is None:
        return f"cut off before the first time step; it was to run to {run.simulated_end}"
    if not _reached_the_end(run, scan):
        return f"cut off at {run.last_step} of {run.simulated_end}, with no word of why"
    if not scan.lines("end"):
        return f"its end banner is missing, though it reached {run.last_step}"
    if fields.get(_TIMERS_SWITCH, "").startswith("T") and not run.timers:
        return "its timers are on, but there is neither their block nor their file"
    return None


def _reached_the_end(run: ModelRun, scan: Scan) -> bool:
    """The step of the end time is printed, or (older versions) the one before it."""
    first = [time for text in scan.first_steps if (time := echo.step_time(text))]
    step = first[1] - first[0] if len(first) > 1 and first[1] > first[0] else _USUAL_STEP
    assert run.last_step is not None  # noqa: S101 - the caller asked
    assert run.simulated_end is not None  # noqa: S101 - as above
    return run.last_step + step >= run.simulated_end
