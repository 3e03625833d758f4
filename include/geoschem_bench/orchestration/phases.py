"""A phase of a suite as a task group: gate, one task per benchmark, done, load.

Gate and done keep the edges few (group >> group makes one per pair of tasks) and let a phase be
skipped without skipping those after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import TaskGroup, TriggerRule, get_current_context, task

from geoschem_bench.orchestration.loading import is_wanted, load_phase
from geoschem_bench.orchestration.operator import BenchmarkBatchOperator
from geoschem_bench.orchestration.scaling import keep_warm
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.suite import PHASE_TITLES, Suite


def run_phase(
    suite: Suite,
    phase: str,
    planned: Sequence[PlannedBenchmark],
    ready: Any,  # noqa: ANN401 - Airflow's task objects
    after: Any,  # noqa: ANN401
    load: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """The group of one phase, behind `ready` and the phase before; returns what the next is behind.

    Args:
        suite: As read.
        phase: Its name.
        planned: Every benchmark of the suite, in the order in which they are to be run.
        ready: The end of the gates.
        after: The end of the phase before, or the plan.
        load: Of the whole run: it comes after that of the phase, which holds up no other phase.
    """
    with TaskGroup(phase, group_display_name=PHASE_TITLES[phase]):
        gate = _gate(phase)
        # ALL_DONE: one failed benchmark stops neither its phase nor the next
        done = EmptyOperator(task_id="done", trigger_rule=TriggerRule.ALL_DONE)
        jobs = _jobs(phase, planned)
        first, last = gate, done
        if jobs and suite.header.keep_warm:
            first, last = keep_warm([job.planned for job in jobs], gate, done)
        if jobs:
            first >> jobs >> done >> load_phase(phase) >> load
        else:
            gate >> done
    [ready, after] >> gate
    return last


def _jobs(phase: str, planned: Sequence[PlannedBenchmark]) -> list[BenchmarkBatchOperator]:
    return [
        BenchmarkBatchOperator(
            task_id=item.id,
            planned=item,
            # who is first in the suite is first in the queue
            priority_weight=len(planned) - number,
            weight_rule="absolute",
        )
        for number, item in enumerate(planned)
        if item.phase == phase
    ]


def _gate(phase: str) -> Any:  # noqa: ANN401
    @task.short_circuit(
        task_id="gate",
        trigger_rule=TriggerRule.NONE_FAILED,
        ignore_downstream_trigger_rules=False,
    )
    def gate() -> bool:
        """Opens where the phase was asked for and its money may be spent; else it is skipped."""
        return is_wanted(get_current_context(), phase)

    return gate()
