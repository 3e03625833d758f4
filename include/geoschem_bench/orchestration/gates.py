"""Before anything is submitted: queues, images, input data and quota, each looked at by a gate.

A gate that waiting cannot open fails at once; one that may open waits in the triggerer, up to a
limit. Each fails alone: `ready` joins them whatever they say, and a benchmark asks `refusal`
whether one of its own gates keeps it from being submitted. What spot benchmarks fall back to is
looked at once, and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import BaseSensorOperator, TaskGroup, TriggerRule
from airflow.sdk.exceptions import AirflowFailException

from geoschem_bench.errors import Reason, UserError
from geoschem_bench.orchestration.gate_list import (
    Gate,
    fallback_gates,
    grouped,
    own_gates,
    wants,
)
from geoschem_bench.orchestration.retries import BOOKKEEPING_RETRIES
from geoschem_bench.orchestration.run_context import Parts, run_request, skipped
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.suite import Suite

if TYPE_CHECKING:
    from airflow.sdk import Context

    from geoschem_bench.aws.gates import GateState, Question

GROUP = "gates"
READY = "ready"
GATE_MINUTES = 15
"""How long a gate may stay shut."""
_WHY = "why"
"""XCom of a gate that failed."""
_SLOWEST_POLL_SECONDS = 15
_FAILED = frozenset({"failed", "upstream_failed"})
_WARNED = frozenset({"skipped"})
_SHUTTER_SECONDS = 300
"""After its limit a gate ends by itself; this much later Airflow ends it, should it not."""


class GateSensor(BaseSensorOperator):
    """Wait until one thing that the jobs need is there.

    Args:
        gate: What is asked.
        planned: The benchmarks of the suite that go through this gate, as they do so.
        max_concurrent: The suite's.
    """

    ui_color = "#e6f1f2"

    def __init__(
        self,
        *,
        gate: Gate,
        planned: Sequence[PlannedBenchmark],
        max_concurrent: int,
        **kwargs: Any,  # noqa: ANN401 - Airflow's own
    ) -> None:
        # Verdicts are never retried; a worker that was lost is
        super().__init__(
            task_id=gate.task_id,
            task_display_name=gate.title,
            retries=BOOKKEEPING_RETRIES,
            retry_delay=timedelta(seconds=5),
            **kwargs,
        )
        self.kind = gate.kind
        self.is_fallback = gate.is_fallback
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
        if self.is_fallback:
            self._warn(context, state, question)
            return
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
            raise skipped("no benchmark of this run goes through this gate")
        at_once = request.max_concurrent or self.max_concurrent
        return Question(self.kind, tuple(wants(mine)), at_once)

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
        self._keep(context, state)
        raise AirflowFailException(str(state))

    def _warn(self, context: Context, state: GateState, question: Question) -> None:
        """A fallback that is broken stops nothing now: on spot there may be no need of it."""
        if state.state == "open":
            self.log.info("%s", state.message)
            return
        said = f"{state}. It would be needed only after a spot interruption, and stops nothing now"
        self.log.warning("%s", said)
        if state.state == "broken":  # the rest may be otherwise when it is needed
            ids = state.benchmarks or tuple(want.id for want in question.wants)
            self._keep(context, replace(state, benchmarks=ids))
        raise skipped(said)

    def _keep(self, context: Context, state: GateState) -> None:
        context["ti"].xcom_push(key=_WHY, value={**state.to_document(), "said": str(state)})


def open_gates(suite: Suite, planned: Sequence[PlannedBenchmark], upstream: Any) -> Any:  # noqa: ANN401 - Airflow's task objects
    """The group of gates behind `upstream`; gives its `ready`."""
    with TaskGroup(GROUP, tooltip="What must be there before jobs are submitted"):
        ready = EmptyOperator(task_id=READY, trigger_rule=TriggerRule.ALL_DONE)
        gates = [
            GateSensor(gate=gate, planned=items, max_concurrent=suite.header.max_concurrent)
            for gate, items in grouped(planned).items()
        ]
    if gates:
        upstream >> gates >> ready
    else:
        upstream >> ready
    return ready


def refusal(context: Context, planned: PlannedBenchmark) -> tuple[Reason, str] | None:
    """Why this benchmark may not be submitted; None where each of its gates is open.

    Args:
        context: Airflow's.
        planned: As it is to be submitted: on its fallback queue, if that is its turn.
    """
    ti, dag_run = context["ti"], context["dag_run"]
    closed = {f"{GROUP}.{gate.task_id}": _FAILED for gate in own_gates(planned)}
    if planned.fallback_queue is None and planned.benchmark.purchase_option == "on_demand":
        # whether it was on spot before is not known; such a gate names those that were
        warned = [f"{GROUP}.{gate.task_id}" for gate in fallback_gates(planned)]
        closed |= dict.fromkeys(warned, _WARNED)
    found = ti.get_task_states(
        dag_id=dag_run.dag_id, task_ids=list(closed), run_ids=[dag_run.run_id]
    )
    states = found.get(dag_run.run_id, {})
    for gate, when in closed.items():
        if states.get(gate) in when:
            said = ti.xcom_pull(task_ids=gate, key=_WHY)
            if said is None and when == _WARNED:
                continue  # nothing goes through it, or nobody could tell
            if why := _why(said, gate, planned, states[gate]):
                return why
    return None


def _why(
    said: Any,  # noqa: ANN401 - JSON
    gate: str,
    planned: PlannedBenchmark,
    state: str,
) -> tuple[Reason, str] | None:
    if said is None and state == "upstream_failed":
        return Reason.UNKNOWN, (
            f"not submitted: {gate} was never asked, since a task before it failed. Clear that one "
            "with what is downstream of it"
        )
    if said is None:
        return Reason.UNKNOWN, (
            f"not submitted: {gate} failed and did not say why; its log does, or a person marked "
            "it. Clear it with what is downstream of it"
        )
    if said["benchmarks"] is not None and planned.id not in said["benchmarks"]:
        return None
    reason = Reason(said["reason"] or Reason.UNKNOWN)
    return reason, f"not submitted: {gate}: {str(said['said']).removeprefix(f'{reason}: ')}"
