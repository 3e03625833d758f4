"""Instances kept while a phase runs, for suites that ask for it (`keep_warm`).

Without it nothing is scaled: Batch starts an instance when a job waits for one, and a minimum
costs money also while nothing runs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import TriggerRule, get_current_context, task

from geoschem_bench.errors import LockedOutError, StorageError
from geoschem_bench.orchestration.run_context import Parts, run_request
from geoschem_bench.planning import PlannedBenchmark, RunRequest
from geoschem_bench.suite import LOCAL


def keep_warm(
    planned: Sequence[PlannedBenchmark],
    gate: Any,  # noqa: ANN401 - Airflow's task objects
    done: Any,  # noqa: ANN401
) -> tuple[Any, Any]:
    """`scale_up` behind the gate and `scale_down` behind the phase's end.

    Args:
        planned: Of the phase.
        gate: The phase's first task.
        done: The end of its benchmarks.

    Returns:
        What the benchmarks come after, and what the next phase does: two phases that change one
        environment at one time would be refused by AWS. That it failed stops no phase.
    """
    phase = planned[0].phase
    up = _scale_up(phase, planned).as_setup()
    down = _scale_down(phase, planned).as_teardown(setups=up, on_failure_fail_dagrun=True)
    scaled = EmptyOperator(task_id="scaled", trigger_rule=TriggerRule.ALL_DONE)
    gate >> up
    done >> down >> scaled
    return up, scaled


def _scale_up(phase: str, planned: Sequence[PlannedBenchmark]) -> Any:  # noqa: ANN401
    @task(task_id="scale_up")
    def scale_up() -> None:
        """A phase that starts cold is slower, not wrong: trouble is told and the phase goes on."""
        from geoschem_bench.aws.warm import WarmEnvironments

        request = run_request(get_current_context())
        most = request.max_concurrent or len(planned)
        warm, until = WarmEnvironments(Parts().batch), _lapse(planned, most)
        try:
            for said in warm.want(_who(request, phase), vcpus_at_once(planned, most), until):
                print(said)  # noqa: T201 - into the task's log
        except LockedOutError as error:
            print(f"warning: nothing is kept warm: {error}")  # noqa: T201
        except StorageError as error:
            print(f"warning: it may be that nothing is kept warm: {error}")  # noqa: T201

    return scale_up()


def _scale_down(phase: str, planned: Sequence[PlannedBenchmark]) -> Any:  # noqa: ANN401
    queues = sorted({item.job_queue for item in planned})

    @task(task_id="scale_down", retries=5, retry_delay=timedelta(minutes=1))
    def scale_down() -> None:
        """Trouble here costs money, so it is tried again and then fails the run."""
        from geoschem_bench.aws.warm import WarmEnvironments

        who = _who(run_request(get_current_context()), phase)
        for said in WarmEnvironments(Parts().batch).release(who, queues):
            print(said)  # noqa: T201

    return scale_down()


def settle_lapsed(queues: Collection[str], parts: Parts) -> None:
    """What runs that were deleted have left wanted is ended by the next run that ends.

    Raises:
        StorageError: AWS did not do it; instances may stay that cost money.
    """
    from geoschem_bench.aws.warm import WarmEnvironments

    try:
        for said in WarmEnvironments(parts.batch).settle_lapsed(queues):
            print(said)  # noqa: T201 - into the task's log
    except LockedOutError as error:  # who may not settle has kept nothing, either
        print(f"warning: whether instances are kept for nobody was not looked at: {error}")  # noqa: T201


def _who(request: RunRequest, phase: str) -> str:
    """Phases of one run are different ones: the next may begin while one is ending."""
    return f"{request.benchmark_run_id}-{phase}"


def vcpus_at_once(planned: Sequence[PlannedBenchmark], most: int) -> dict[str, int]:
    """How many vCPUs of each queue its largest benchmarks need, as many as run at one time."""
    sizes: dict[str, list[int]] = {}
    for item in planned:
        hardware = item.benchmark.hardware
        if not item.unavailable and hardware.instance_type != LOCAL:
            sizes.setdefault(item.job_queue, []).append(item.vcpus * hardware.nodes)
    return {queue: sum(sorted(each, reverse=True)[:most]) for queue, each in sizes.items()}


def _lapse(planned: Sequence[PlannedBenchmark], most: int) -> datetime:
    """When the phase must be over: every time limit and every wait, with so many lanes."""
    seconds = [item.timeout_seconds + item.runnable_minutes * 60 for item in planned]
    return datetime.now(UTC) + timedelta(seconds=max(seconds) + sum(seconds) / most)
