"""Doing what a plan says. Each strike finds its victim, or says that there was none."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import httpx
import psutil
from benchmarks.chaos.ground import IDS, Ground, Run
from benchmarks.chaos.missed import MissedError
from benchmarks.chaos.plan import Kind, Strike
from benchmarks.chaos.wishes import change

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox import faults
from tests.servers import restarts
from tests.servers.airflow import Servers
from tests.servers.components import Name
from tests.servers.session import RestError

Found = TypeVar("Found")
_WORKER = "airflow worker -- LocalExecutor: "
_VICTIM_SECONDS = 60.0
"""How long a strike waits for somebody to hit: a task that has a process, one that submits."""
_RUN_SECONDS = 600.0
"""Longer than any run: until the service is asked."""
_LOOK_SECONDS = 0.05
_SUBMIT_SECONDS = 2.5
"""By how much a submission is slowed down, so that its middle can be hit."""


@dataclass(frozen=True)
class Blow:
    """What became of a strike."""

    strike: Strike
    missed: str = ""
    """Why it hit nothing; empty: it struck."""
    victim: str = ""


def strike_now(ground: Ground, strike: Strike, runs: list[Run]) -> Blow:
    """Does it, and sets up again what it took down."""
    try:
        victim = _DONE[strike.kind](ground, strike, runs)
    except MissedError as missed:
        return Blow(strike, str(missed))
    except (httpx.HTTPError, RestError, SandboxError) as error:  # struck by another fault just then
        return Blow(strike, f"no answer: {type(error).__name__}")
    return Blow(strike, "", victim)


def _component(
    name: Name, ground: Ground, strike: Strike, _: list[Run], *, with_children: bool = True
) -> str:
    with _held(ground, name):
        ground.orphans += [] if with_children else ground.servers.components[name].tree()[1:]
        ground.servers.kill(name, signal.SIGKILL, with_children=with_children)
        time.sleep(strike.lasts_seconds)
        ground.bring_up(name)
    return name


@contextmanager
def _held(ground: Ground, name: str) -> Iterator[None]:
    """For the block nobody else strikes this part or starts it; waits until it is up."""
    with ExitStack() as stack:
        _until(ground, lambda: stack.enter_context(ground.holding(name)), f"{name} was down")
        component = ground.servers.components.get(name)  # type: ignore[call-overload]
        if component is not None and not component.is_running:
            raise MissedError(f"{name} had just ended")
        yield


def _task(ground: Ground, strike: Strike, _: list[Run], *, with_supervisor: bool) -> str:
    def killed() -> str | None:
        pairs = [(each, child) for each in supervisors(ground.servers) for child in children(each)]
        if not pairs:
            return None
        supervisor, runner = pairs[int(strike.victim * len(pairs))]
        return _killed([supervisor, runner] if with_supervisor else [runner])

    return _until(ground, killed, "no task had a process")


def _killed_midway(ground: Ground, strike: Strike, _: list[Run]) -> str:
    with _submission(ground) as runner:
        parent = runner.parent()
        if victim := _killed([*([parent] if parent else []), runner]):
            return victim
        raise MissedError("who submitted had just ended")


def _by_rest_midway(ground: Ground, strike: Strike, runs: list[Run], *, state: str | None) -> str:
    with _submission(ground) as runner:
        task_instance = _instance_of(runner)
        for run in runs:
            path = f"/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"
            for each in ground.client.items(path, "task_instances"):
                if each["id"] == task_instance and each["task_id"].startswith("phase_1.B-"):
                    return change(ground, run, each["task_id"], state)
    raise MissedError("no benchmark submitted")


@contextmanager
def _submission(ground: Ground) -> Iterator[psutil.Process]:
    """The process of a task that waits for the answer to its SubmitJob."""
    fault = faults.service(ground.sandbox, "batch:SubmitJob", "latency", seconds=_SUBMIT_SECONDS)
    try:
        _until(ground, lambda: _used(ground, fault.id), "nobody submitted")
        before = _asking(ground)
        time.sleep(_SUBMIT_SECONDS / 8)
        still = {key: each for key, each in _asking(ground).items() if key in before}
        if not still:
            raise MissedError("who submitted was gone")
        yield still[min(still)]
    finally:
        _mend(ground, fault.id)


def _used(ground: Ground, fault_id: str) -> int:
    """How often it was had; 0 also while the sandbox is down."""
    with suppress(SandboxError):
        return sum(each.used for each in faults.listed(ground.sandbox) if each.id == fault_id)
    return 0


def _asking(ground: Ground) -> dict[tuple[int, int], psutil.Process]:
    """Runners that are connected to the sandbox, by pid and port."""
    port, found = int(ground.sandbox.endpoint_url.rpartition(":")[2]), {}
    for supervisor in supervisors(ground.servers):
        for runner in children(supervisor):
            with suppress(psutil.Error):
                for link in runner.net_connections("tcp4"):
                    if link.raddr and link.raddr.port == port and link.status == "ESTABLISHED":
                        found[runner.pid, link.laddr.port] = runner
    return found


def _sandbox(ground: Ground, strike: Strike, _: list[Run], *, orderly: bool) -> str:
    with _held(ground, "sandbox"):
        ground.restart_sandbox(orderly=orderly, down_seconds=strike.lasts_seconds)
    return "sandbox"


def _database(ground: Ground, strike: Strike, _: list[Run], *, how: restarts.Mode) -> str:
    if ground.cluster is None:
        raise MissedError("there is no PostgreSQL")
    with _held(ground, "database"):
        restarts.restart(ground.cluster, how, strike.lasts_seconds)
    return "PostgreSQL"


def _service(ground: Ground, strike: Strike, _: list[Run], *, effect: str) -> str:
    fault = faults.service(
        ground.sandbox, strike.service, effect, rate=strike.rate, seed=int(strike.victim * 1e6)
    )
    try:  # from its first victim on: DynamoDB is asked at the end of a run alone
        _until(
            ground, lambda: _used(ground, fault.id), f"nobody asked {strike.service}", _RUN_SECONDS
        )
        time.sleep(strike.lasts_seconds)
        return f"{_used(ground, fault.id) or 'some'} requests to {strike.service}"
    finally:
        _mend(ground, fault.id)


def _mend(ground: Ground, fault_id: str) -> None:
    """Also when the sandbox was struck meanwhile: a killed one keeps its faults."""
    deadline = time.monotonic() + 60
    while True:
        try:
            faults.clear(ground.sandbox, fault_id)
        except faults.FaultError:  # stopped in order, it has mended them itself
            return
        except SandboxError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_SECONDS * 4)
        else:
            return


def _by_rest(ground: Ground, strike: Strike, runs: list[Run], *, state: str | None) -> str:
    return change(ground, runs[strike.run], f"phase_1.{IDS[strike.benchmark]}", state)


def supervisors(servers: Servers) -> list[psutil.Process]:
    """Workers of the LocalExecutor that have a task, in the order of their start."""
    found = []
    with suppress(psutil.NoSuchProcess):
        scheduler = servers.components["scheduler"]
        workers = psutil.Process(scheduler.pid).children() if scheduler.is_running else []
        for worker in workers:
            with suppress(psutil.Error):
                title = " ".join(worker.cmdline())
                if title.startswith(_WORKER) and "<idle>" not in title:
                    found.append(worker)
    return found


def children(process: psutil.Process) -> list[psutil.Process]:
    """All that it started and that lives."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _until(
    ground: Ground,
    found: Callable[[], Found | None],
    missed: str,
    seconds: float = _VICTIM_SECONDS,
) -> Found:
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > deadline or ground.over.wait(_LOOK_SECONDS):
            raise MissedError(missed)
    return answer


def _killed(victims: list[psutil.Process]) -> str | None:
    """In their order, so that nobody can report the end of another. None: it had just ended."""
    try:
        title = _instance_of(victims[-1])
        for victim in victims:
            victim.kill()
    except psutil.NoSuchProcess:
        return None
    return title or "a task that began"


def _instance_of(process: psutil.Process) -> str:
    """The id of the task instance that it runs: the last word of its title."""
    return " ".join(process.cmdline()).strip().rpartition(" ")[2]


_DONE: dict[Kind, Callable[[Ground, Strike, list[Run]], str]] = {
    Kind.TASK: partial(_task, with_supervisor=True),
    Kind.RUNNER: partial(_task, with_supervisor=False),
    Kind.SUBMITTING: _killed_midway,
    Kind.SCHEDULER: partial(_component, "scheduler"),
    Kind.SCHEDULER_ALONE: partial(_component, "scheduler", with_children=False),
    Kind.TRIGGERER: partial(_component, "triggerer"),
    Kind.API_SERVER: partial(_component, "api-server"),
    Kind.DAG_PROCESSOR: partial(_component, "dag-processor"),
    Kind.SANDBOX_KILLED: partial(_sandbox, orderly=False),
    Kind.SANDBOX_STOPPED: partial(_sandbox, orderly=True),
    Kind.DATABASE_CRASHED: partial(_database, how="immediate"),
    Kind.DATABASE_RESTARTED: partial(_database, how="fast"),
    Kind.THROTTLED: partial(_service, effect="throttling"),
    Kind.FAILING: partial(_service, effect="5xx"),
    Kind.CLEARED: partial(_by_rest, state=None),
    Kind.CLEARED_MIDWAY: partial(_by_rest_midway, state=None),
    Kind.MARKED: partial(_by_rest, state="failed"),
    Kind.MARKED_MIDWAY: partial(_by_rest_midway, state="failed"),
}
