"""Before anything is submitted: queues, images, input data and quota, each looked at by a gate.

A gate that waiting cannot open fails at once; one that may open waits in the triggerer, up to a
limit. Each fails alone: `ready` joins them whatever they say, and a benchmark asks `refusal`
whether one of its own gates keeps it from being submitted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import BaseSensorOperator, TaskGroup, TriggerRule
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from geoschem_bench.errors import Reason, UserError
from geoschem_bench.orchestration.run_context import Parts, run_request
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.suite import LOCAL, Suite

if TYPE_CHECKING:
    from airflow.sdk import Context

    from geoschem_bench.aws.gates import GateState, Kind, Question

GROUP = "gates"
READY = "ready"
GATE_MINUTES = 15
"""How long a gate may stay shut."""
_WHY = "why"
"""XCom of a gate that failed."""
_TITLES = {
    "queue": "Queue {}",
    "image": "Image of {}",
    "input": "Input data",
    "quota": "Quota of vCPUs",
}
_SLOWEST_POLL_SECONDS = 15
_FAILED = ("failed", "upstream_failed")
_SHUTTER_SECONDS = 300
"""After its limit a gate ends by itself; this much later Airflow ends it, should it not."""


class GateSensor(BaseSensorOperator):
    """Wait until one thing that the jobs need is there.

    Args:
        kind: What is asked.
        planned: The benchmarks of the suite that go through this gate.
        max_concurrent: The suite's.
    """

    ui_color = "#e6f1f2"

    def __init__(
        self,
        *,
        kind: Kind,
        planned: Sequence[PlannedBenchmark],
        max_concurrent: int,
        **kwargs: Any,  # noqa: ANN401 - Airflow's own
    ) -> None:
        # Verdicts are never retried; a worker that was lost is
        super().__init__(retries=2, retry_delay=timedelta(seconds=5), **kwargs)
        self.kind = kind
        self.planned = planned
        self.max_concurrent = max_concurrent

    def execute(self, context: Context) -> None:
        """Look; wait in the triggerer only where waiting can help."""
        question = self._question(context)
        try:
            parts = Parts()
        except UserError as error:
            raise AirflowFailException(str(error)) from error
        state = parts.gates.look(question)
        if state.state not in ("shut", "silent"):
            self._conclude(context, state)
            return
        self.log.info("%s: %s", state.state, state.message)
        self._wait(question, min(parts.settings.poll_seconds, _SLOWEST_POLL_SECONDS))

    def resume(self, context: Context, event: dict[str, Any]) -> None:
        """Take what the trigger saw last."""
        from geoschem_bench.aws.gates import GateState

        self._conclude(context, GateState.from_document(event))

    def _question(self, context: Context) -> Question:
        """About the benchmarks that this run submits."""
        from geoschem_bench.aws.gates import Question

        request = run_request(context)
        mine = [item for item in self.planned if item.phase in request.phases]
        if request.dry_run or not mine:
            raise AirflowSkipException("no benchmark of this run goes through this gate")
        at_once = request.max_concurrent or self.max_concurrent
        return Question(self.kind, tuple(_wants(mine)), at_once)

    def _wait(self, question: Question, poll_seconds: float) -> None:
        from geoschem_bench.orchestration.gate_trigger import GateTrigger

        limit = timedelta(minutes=GATE_MINUTES)
        self.defer(
            trigger=GateTrigger(
                question=question.to_document(),
                until=(datetime.now(UTC) + limit).isoformat(),
                poll_seconds=poll_seconds,
            ),
            method_name="resume",
            timeout=limit + timedelta(seconds=_SHUTTER_SECONDS),
        )

    def _conclude(self, context: Context, state: GateState) -> None:
        if state.state == "open":
            self.log.info("%s", state.message)
            return
        if state.state == "shut":
            said = f"still shut after {GATE_MINUTES} minutes: {state.message}"
            state = replace(state, message=said)
        context["ti"].xcom_push(key=_WHY, value={**state.to_document(), "said": str(state)})
        raise AirflowFailException(str(state))


def open_gates(suite: Suite, planned: Sequence[PlannedBenchmark], upstream: Any) -> Any:  # noqa: ANN401 - Airflow's task objects
    """The group of gates behind `upstream`; gives its `ready`."""
    with TaskGroup(GROUP, tooltip="What must be there before jobs are submitted"):
        ready = EmptyOperator(task_id=READY, trigger_rule=TriggerRule.ALL_DONE)
        gates = [
            GateSensor(
                task_id=task_id,
                task_display_name=title,
                kind=kind,
                planned=items,
                max_concurrent=suite.header.max_concurrent,
            )
            for task_id, (kind, title, items) in _grouped(planned).items()
        ]
    if gates:
        upstream >> gates >> ready
    else:
        upstream >> ready
    return ready


def refusal(context: Context, planned: PlannedBenchmark) -> tuple[Reason, str] | None:
    """Why this benchmark may not be submitted; None where each of its gates is open."""
    ti, dag_run = context["ti"], context["dag_run"]
    gates = [f"{GROUP}.{task_id}" for task_id, _, _ in _gates_of(planned)]
    found = ti.get_task_states(dag_id=dag_run.dag_id, task_ids=gates, run_ids=[dag_run.run_id])
    states = found.get(dag_run.run_id, {})
    for gate in gates:
        if states.get(gate) in _FAILED:
            why = _why(ti.xcom_pull(task_ids=gate, key=_WHY), gate, planned)
            if why:
                return why
    return None


def _why(said: Any, gate: str, planned: PlannedBenchmark) -> tuple[Reason, str] | None:  # noqa: ANN401 - JSON
    if said is None:
        return Reason.UNKNOWN, (
            f"not submitted: {gate} failed and did not say why; its log does, or a person marked "
            "it. Clear it with what is downstream of it"
        )
    if said["benchmarks"] is not None and planned.id not in said["benchmarks"]:
        return None
    reason = Reason(said["reason"] or Reason.UNKNOWN)
    return reason, f"not submitted: {gate}: {str(said['said']).removeprefix(f'{reason}: ')}"


def _grouped(
    planned: Iterable[PlannedBenchmark],
) -> dict[str, tuple[Kind, str, list[PlannedBenchmark]]]:
    """Gates by task id, each with the benchmarks that go through it."""
    found: dict[str, tuple[Kind, str, list[PlannedBenchmark]]] = {}
    for item in planned:
        for task_id, kind, title in _gates_of(item):
            found.setdefault(task_id, (kind, title, []))[2].append(item)
    return dict(sorted(found.items()))


def _gates_of(planned: PlannedBenchmark) -> Iterator[tuple[str, Kind, str]]:
    """Task id, kind and title of each gate that a benchmark goes through."""
    if planned.unavailable:
        return  # it fails for that, whatever is there
    yield _gate("queue", planned.job_queue)
    yield _gate("image", planned.job_definition, planned.architecture)
    benchmark = planned.benchmark
    if benchmark.application != "proxy" and (benchmark.input or "").startswith("s3://"):
        yield _gate("input")
    if benchmark.hardware.instance_type != LOCAL:
        yield _gate("quota")


@lru_cache(1024)  # a thousand benchmarks go through a few gates, at every parse
def _gate(kind: Kind, *names: str) -> tuple[str, Kind, str]:
    shown = [name.rsplit("/", 1)[-1] for name in names]
    return _task_id(kind, names), kind, _TITLES[kind].format(", ".join(shown))


def _task_id(kind: Kind, names: Sequence[str]) -> str:
    """A name may be an ARN, which no task id can be; two names never become one id."""
    given = "-".join((kind, *names))
    clean = re.sub(r"[^A-Za-z0-9_-]+", "_", given)[:150]
    if clean == given:
        return clean
    return f"{clean}-{hashlib.sha256(given.encode()).hexdigest()[:8]}"


def _wants(planned: Iterable[PlannedBenchmark]) -> Iterator[Any]:
    from geoschem_bench.aws.gates import Want

    for item in planned:
        hardware = item.benchmark.hardware
        yield Want(
            id=item.id,
            queue=item.job_queue,
            definition=item.job_definition,
            architecture=item.architecture,
            instance_type=hardware.instance_type,
            vcpus=item.vcpus,
            nodes=hardware.nodes,
            is_spot=item.benchmark.purchase_option == "spot",
            input=item.benchmark.input,
        )
