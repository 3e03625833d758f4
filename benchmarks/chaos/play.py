"""One round: runs at once, their faults, their end, and what is then looked at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import httpx
import psutil
from benchmarks.chaos.collecting import collect
from benchmarks.chaos.ground import Ground, Run, dag_id
from benchmarks.chaos.invariants import Violation, violations
from benchmarks.chaos.plan import Strike
from benchmarks.chaos.strikes import Blow, strike_now

from geoschem_bench.sandbox import faults, job_counts
from tests.servers.rest import RUN_ENDED, TASK_ENDED
from tests.servers.session import RestError

PATIENCE_SECONDS = 420.0
"""For the end of all runs, after the last fault: the janitor may pause for minutes."""
_PAUSE_SECONDS = 0.5
_TELLING_SECONDS = 30.0
_SETTLING_SECONDS = 10.0
"""For a job that was told to end with its run."""


@dataclass(frozen=True)
class Round:
    """What a round has shown."""

    blows: tuple[Blow, ...]
    violations: tuple[Violation, ...]
    seconds: float
    fell: int
    """Components that ended by themselves, through what struck another."""


def play(ground: Ground, strikes: list[Strike], number: int, runs: int) -> Round:
    """Starts the runs, strikes, waits for their ends and looks at what is there.

    Args:
        ground: All is up.
        strikes: The soonest first.
        number: Of the round.
        runs: How many at once.
    """
    ground.said, ground.fell, ground.began = [], [], time.monotonic()
    ending, ground.over = threading.Event(), threading.Event()
    keeper = threading.Thread(target=ground.keep_up, args=(ending,), daemon=True)
    started = [_trigger(ground, each, number) for each in range(runs)]
    keeper.start()
    try:
        with ThreadPoolExecutor(len(strikes) or 1) as pool:
            waiting = [pool.submit(_await_and_strike, ground, s, started) for s in strikes]
            try:
                _wait_for_the_ends(ground, started, strikes)
            finally:
                ground.over.set()
            blows = [each.result() for each in waiting]
        _wait_for_the_ends(ground, started, strikes)  # one may have been cleared at its very end
    finally:
        ending.set()
        keeper.join()
    _set_up_again(ground)
    _say_whom_it_hit(ground, started, blows)
    found = [each for run in started for each in violations(collect(ground, run))]
    seconds = time.monotonic() - ground.began
    return Round(tuple(blows), tuple(found), seconds, len(ground.fell))


def _trigger(ground: Ground, which: int, number: int) -> Run:
    run_id = f"{datetime.now(UTC):%H%M%S}-{number}"
    ground.client.trigger(dag_id(which), run_id=run_id)
    return Run(dag_id(which), run_id)


def _await_and_strike(ground: Ground, strike: Strike, runs: list[Run]) -> Blow:
    wait_seconds = strike.after_seconds - (time.monotonic() - ground.began)
    if ground.over.wait(max(0.0, wait_seconds)):
        blow = Blow(strike, "the runs were over")
    else:
        ground.say(f"{strike.kind} ({strike.lasts_seconds:.1f} s)")
        blow = strike_now(ground, strike, runs)
    ground.say(f"{strike.kind.name}: {'missed: ' + blow.missed if blow.missed else blow.victim}")
    return blow


def _wait_for_the_ends(ground: Ground, runs: list[Run], strikes: list[Strike]) -> None:
    last = max((strike.after_seconds for strike in strikes), default=0.0)
    deadline = ground.began + last + PATIENCE_SECONDS
    going, told = list(runs), time.monotonic()
    while going and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
        for run in list(going):
            if _asked(partial(_state, ground, run)) in RUN_ENDED:
                going.remove(run)
        if time.monotonic() - told > _TELLING_SECONDS:
            told = time.monotonic()
            for run in going:
                ground.say(f"{run.dag_id}: {_asked(partial(_going_on, ground, run))}")


def _say_whom_it_hit(ground: Ground, runs: list[Run], blows: list[Blow]) -> None:
    """A process is known by its task instance's id alone, which only now can be asked for."""
    names: dict[str, str] = {}
    for run in runs:
        path = f"/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"
        found = ground.client.items(path, "task_instances")
        names |= {each["id"]: f"{each['task_id']} of {run.dag_id}" for each in found}
    for run in runs:
        ground.say(f"{run.dag_id} {run.run_id} is {_state(ground, run)}")
    for blow in blows:
        if task := names.get(blow.victim):
            ground.say(f"{blow.strike} hit {task}")


def _state(ground: Ground, run: Run) -> str:
    return str(ground.client.dag_run(run.dag_id, run.run_id)["state"])


def _going_on(ground: Ground, run: Run) -> str:
    """Who has not ended, by state."""
    names: dict[str, list[str]] = {}
    for name, (state, _) in ground.client.task_instances(run.dag_id, run.run_id).items():
        if state not in TASK_ENDED:
            names.setdefault(state or "not scheduled", []).append(name.removeprefix("phase_1."))
    return "; ".join(
        f"{len(some)} {state} ({', '.join(some[:3])}{', …' * (len(some) > 3)})"
        for state, some in names.items()
    )


def _asked(ask: Callable[[], str]) -> str:
    """What Airflow says; its server may just have been struck."""
    try:
        return ask()
    except (httpx.HTTPError, RestError) as error:
        return f"no answer ({type(error).__name__})"


def _set_up_again(ground: Ground) -> None:
    """All up, nothing faulty: what is looked at now is not what a fault hides."""
    for name, component in ground.servers.components.items():
        if not component.is_running:
            ground.bring_up(name)
        ground.servers.wait_until_ready(name)
    for orphan in ground.orphans:
        with suppress(psutil.NoSuchProcess):
            orphan.kill()
    ground.orphans.clear()
    faults.clear(ground.sandbox)
    deadline = time.monotonic() + _SETTLING_SECONDS

    def alive() -> int:
        counts = job_counts(ground.sandbox.state_dir)
        return sum(n for status, n in counts.items() if status not in ("SUCCEEDED", "FAILED"))

    while alive() and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
