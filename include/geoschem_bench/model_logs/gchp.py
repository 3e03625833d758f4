"""A log of GCHP, scanned → ModelRun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from geoschem_bench.errors import LogError, Reason
from geoschem_bench.model_logs import fields as echo
from geoschem_bench.model_logs import gchp_settings as mapl
from geoschem_bench.model_logs import profile
from geoschem_bench.model_logs.records import ModelRun, WallClock
from geoschem_bench.model_logs.scanning import Noted, Scan
from geoschem_bench.model_logs.time_command import read_time_command
from geoschem_bench.model_logs.timers import MAX_SECONDS, speed
from geoschem_bench.model_logs.verdicts import Fault, faults_of, how_far, judge, shortened
from geoschem_bench.units import MIB_PER_GIB, SECONDS_PER_DAY

_MEMORY_METHOD = "the highest of GCHP's 'Mem Used': all that is in use on the first rank's node"
_LOOP_ONLY = (
    "its wall time is that of the time loop alone: initialisation and finalisation are not in it"
)
_NO_CLOSING = (
    "no closing report of MAPL (from 14.7 on it is in allPEs.log): judged by the last time step"
)


def read_gchp(scan: Scan, name: str, all_pes: Scan | None = None) -> ModelRun:
    """The run that `scan` tells of.

    Args:
        scan: Of the main log.
        name: For errors.
        all_pes: Of `allPEs.log`, which holds MAPL's own lines from 14.7 on.

    Raises:
        LogError: It does not say what was simulated.
    """
    scans = [scan] if all_pes is None else [scan, all_pes]
    run = _configuration(scan, scans)
    if run.simulated_start is None and run.last_step is None:
        raise LogError(name, "ends before it says what was simulated (no start time, no step)")
    run = _with_profile(run, scans)
    if run.last_step is None and (_closing([scan]) or scan.report.text):
        raise LogError(
            name,
            "has GCHP's closing report and none of its time steps, as allPEs.log does; "
            "give the main log, with this one beside it",
        )
    reached = _reached_the_end(run, scans)
    if reached and run.simulated_end is None:
        days = echo.days_between(run.simulated_start, run.last_step)
        run = replace(run, simulated_end=run.last_step, simulated_days=days)
    return _with_verdict(_with_clock(run, scan), scans, reached)


def _configuration(scan: Scan, scans: Sequence[Scan]) -> ModelRun:
    settings = mapl.settings_of(note.text for one in scans for note in one.lines("gchp"))
    fields = echo.keys_and_values(note.text for one in scans for note in one.lines("echo"))
    names = ("GCHP version", "GCHPctm version", "GEOS-Chem version")
    version = next((fields[key] for key in names if fields.get(key)), None)
    start = mapl.start_of(settings) or _start_by_steps(scan)
    end = mapl.planned_end(settings, start)
    step = mapl.read_step(scan.last_step)
    return ModelRun(
        application="gchp",
        size_bytes=scan.size_bytes,
        sha256=scan.sha256,
        model_version=version,
        compiler=fields.get("Compiler") or None,
        simulation_type=echo.simulation(fields.get("Simulation name"), version),
        resolution=mapl.resolution_of(settings),
        meteorology=fields.get("Meteorology field") or None,
        levels=echo.whole_number(settings.get("LM")),
        simulated_start=start,
        simulated_end=end,
        simulated_days=echo.days_between(start, end),
        started=mapl.clock_of(settings, "started"),
        ended=mapl.clock_of(settings, "ended"),
        mpi_ranks=mapl.ranks_of(settings),
        nodes=echo.whole_number(settings.get("NumNodes in use")),
        throughput_days_per_day=speed(step.average) if step else None,
        run_throughput_days_per_day=step.run if step else None,
        steps=scan.steps,
        last_step=step.time if step else None,
    )


def _start_by_steps(scan: Scan) -> datetime | None:
    """A step line names the time after the step, so the start is one step before the first."""
    times = [echo.step_time(line) for line in scan.first_steps]
    if len(times) < 2 or times[0] is None or times[1] is None or times[1] <= times[0]:
        return None
    return times[0] - (times[1] - times[0])


def _with_profile(run: ModelRun, scans: Sequence[Scan]) -> ModelRun:
    report = next((one.report.text for one in scans if one.report.text), "")
    components = next((one.components.text for one in scans if one.components.text), "")
    timers, notes = profile.read_report(report)
    for key, seconds in profile.read_components(components).items():
        timers.setdefault(key, seconds)
    closing = _closing(scans)
    memory = max((one.memory_mb or 0.0 for one in scans), default=0.0)
    command = read_time_command(scans[0].time_command.text or "")
    return replace(
        run,
        timers=timers,
        total_timer=profile.TOTAL if profile.TOTAL in timers else None,
        model_throughput_days_per_day=speed(_printed(closing)) if closing else None,
        peak_memory_gib=memory / MIB_PER_GIB if memory else None,
        memory_method=_MEMORY_METHOD if memory else None,
        # Its CPU and memory are those of mpirun, not of the model: left out
        process_wall_seconds=command.elapsed_seconds,
        notes=(*run.notes, *notes),
    )


def _closing(scans: Sequence[Scan]) -> Noted | None:
    return next((note for one in scans for note in one.lines("closing")), None)


def _printed(closing: Noted) -> str:
    return closing.text.split()[-4]


def _has_closed(run: ModelRun, scans: Sequence[Scan]) -> bool:
    """Whether MAPL made its report, whatever its numbers."""
    return _closing(scans) is not None or run.total_timer is not None


def _reached_the_end(run: ModelRun, scans: Sequence[Scan]) -> bool:
    """Whether the last step of the plan was made."""
    if _has_closed(run, scans):
        return True
    if run.last_step is None:
        return False
    if run.simulated_end is not None:
        return run.last_step >= run.simulated_end
    return _nothing_remains(scans[0])


def _nothing_remains(scan: Scan) -> bool:
    """Whether MAPL's estimate of 0 s to the end means that no step is left.

    It does where a step takes a second or longer: one that was left would show.
    """
    last, times = mapl.read_step(scan.last_step), [echo.step_time(x) for x in scan.first_steps]
    average = speed(last.average) if last else None
    if last is None or not average or len(times) < 2 or times[0] is None or times[1] is None:
        return False
    seconds_per_step = (times[1] - times[0]).total_seconds() / average
    return last.nothing_remains and seconds_per_step >= 1.0


def _with_clock(run: ModelRun, scan: Scan) -> ModelRun:
    """Simulated days over average throughput: of the whole run, else of the time loop."""
    step = mapl.read_step(scan.last_step)
    whole = run.model_throughput_days_per_day
    if step and run.throughput_days_per_day is None:
        run = _noted(run, f"the last step's average throughput is '{step.average}': no clock")
    if whole:
        return _timed(run, whole, "throughput", 0.0005)  # f12.3 in MAPL
    if not run.throughput_days_per_day:
        return run
    timed = _timed(run, run.throughput_days_per_day, "time loop", 0.05)  # f12.1
    return _noted(timed, _LOOP_ONLY) if timed.wall_clock else timed


def _timed(run: ModelRun, average: float, clock: WallClock, half_digit: float) -> ModelRun:
    if run.simulated_days is None:
        return run
    seconds = run.simulated_days * SECONDS_PER_DAY / average
    if seconds > MAX_SECONDS:
        return _noted(run, f"its throughput is too low for a run ({average:g} days/day): no clock")
    return replace(
        run,
        wall_seconds=seconds,
        wall_clock=clock,
        wall_uncertainty_seconds=seconds * half_digit / average,
    )


def _noted(run: ModelRun, note: str) -> ModelRun:
    return replace(run, notes=(*run.notes, note))


def _with_verdict(run: ModelRun, scans: Sequence[Scan], reached: bool) -> ModelRun:
    log = scans[0]
    faults = faults_of(log)
    harmful = [item for item in faults if not _is_harmless(item, log)] if reached else faults
    if harmful or not reached:
        harmful = harmful or [item for one in scans[1:] for item in faults_of(one)]
        reason, message = judge(harmful, how_far(run)) if harmful else _cut_off(run)
        return replace(run, reason=reason, message=message)
    notes = list(run.notes)
    if not _has_closed(run, scans):
        notes.append(_NO_CLOSING)
    if faults:
        notes.append(f"it aborted after its end, which harms no result: {faults[0].text}")
    return replace(run, notes=tuple(notes))


def _is_harmless(item: Fault, log: Scan) -> bool:
    """An abort while the program takes itself down, after all work."""
    closing = _closing([log])
    if closing is not None and item.offset > closing.offset:
        return True
    return item.offset > log.last_step_offset and item.may_follow_success


def _cut_off(run: ModelRun) -> tuple[Reason, str]:
    why = "no closing report of MAPL and no word of why"
    return Reason.UNKNOWN, shortened(f"cut off: {how_far(run)}, with {why}")
