"""Instances kept while a phase runs, for suites that ask for it (`keep_warm`).

Without it nothing is scaled: Batch starts an instance when a job waits for one, and a minimum
costs money also while nothing runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import get_current_context, task

from geoschem_bench.errors import LockedOutError, StorageError
from geoschem_bench.orchestration.run_context import Parts, run_request
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.suite import LOCAL


def keep_warm(planned: Sequence[PlannedBenchmark], gate: Any, done: Any) -> Any:  # noqa: ANN401
    """`scale_up` behind the gate and `scale_down` behind the phase's end; returns the first.

    Args:
        planned: Of the phase.
        gate: The phase's first task.
        done: Its last.
    """
    up = _scale_up(planned).as_setup()
    down = _scale_down(planned).as_teardown(setups=up, on_failure_fail_dagrun=True)
    gate >> up
    done >> down
    return up


def _scale_up(planned: Sequence[PlannedBenchmark]) -> Any:  # noqa: ANN401
    @task(task_id="scale_up")
    def scale_up() -> None:
        """A phase that starts cold is slower, not wrong: trouble is told and the phase goes on."""
        from geoschem_bench.aws.warm import WarmEnvironments

        request = run_request(get_current_context())
        most = request.max_concurrent or len(planned)
        warm = WarmEnvironments(Parts().batch, request.benchmark_run_id)
        try:
            for said in warm.want(vcpus_at_once(planned, most), _lapse(planned, most)):
                print(said)  # noqa: T201 - into the task's log
        except LockedOutError as error:
            print(f"warning: nothing is kept warm: {error}")  # noqa: T201
        except StorageError as error:
            print(f"warning: it may be that nothing is kept warm: {error}")  # noqa: T201

    return scale_up()


def _scale_down(planned: Sequence[PlannedBenchmark]) -> Any:  # noqa: ANN401
    queues = sorted({item.job_queue for item in planned})

    @task(task_id="scale_down", retries=5, retry_delay=timedelta(minutes=1))
    def scale_down() -> None:
        """Trouble here costs money, so it is tried again and then fails the run."""
        from geoschem_bench.aws.warm import WarmEnvironments

        request = run_request(get_current_context())
        warm = WarmEnvironments(Parts().batch, request.benchmark_run_id)
        for said in warm.release(queues):
            print(said)  # noqa: T201

    return scale_down()


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
