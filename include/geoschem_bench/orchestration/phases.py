"""A phase of a suite as a task group: gate, one task per benchmark, done.

Gate and done keep the edges few (group >> group makes one per pair of tasks) and let a phase be
skipped without skipping those after it.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import TaskGroup, TriggerRule, get_current_context, task

from geoschem_bench.orchestration.operator import BenchmarkBatchOperator
from geoschem_bench.orchestration.run_context import run_request
from geoschem_bench.orchestration.tasks import PLAN
from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import PHASE_TITLES, Suite
from geoschem_bench.wiring import routes_of


def run_phase(suite: Suite, phase: str, ready: Any, after: Any) -> Any:  # noqa: ANN401
    """The group of one phase, behind `ready` and the phase before; returns its `done`."""
    planned = [item for item in plan_suite(suite, routes=routes_of()) if item.phase == phase]
    with TaskGroup(phase, group_display_name=PHASE_TITLES[phase]):
        gate = _gate(phase)
        # ALL_DONE: one failed benchmark stops neither its phase nor the next
        done = EmptyOperator(task_id="done", trigger_rule=TriggerRule.ALL_DONE)
        jobs = [BenchmarkBatchOperator(task_id=item.id, planned=item) for item in planned]
    ready >> gate
    after >> gate
    if jobs:
        gate >> jobs >> done
    else:
        gate >> done
    return done


def _gate(phase: str) -> Any:  # noqa: ANN401
    @task.short_circuit(
        task_id="gate",
        trigger_rule=TriggerRule.NONE_FAILED,
        ignore_downstream_trigger_rules=False,
    )
    def gate() -> bool:
        context = get_current_context()
        request = run_request(context)
        is_planned = context["ti"].xcom_pull(task_ids=PLAN) is not None
        return is_planned and not request.dry_run and phase in request.phases

    return gate()
