"""The last sweep of a run: jobs that nobody waits for any more are ended, so that none costs on.

It is the net below the operator, which ends its own jobs: for a worker or triggerer that was
killed, a task that was marked while nobody could be told. It looks at this run's jobs only, by
name and by tag, and spares those whose benchmark still goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from geoschem_bench.orchestration.run_context import PLAN, Parts, run_request
from geoschem_bench.orchestration.turns import ENDED
from geoschem_bench.planning import PlannedBenchmark

if TYPE_CHECKING:
    from geoschem_bench.aws.batch import Job

RUN_TAG = "geoschem-bench-run"
ID_TAG = "geoschem-bench-id"
_WHY = "Terminated by the janitor: its run is over and nobody waits for it"


def sweep_strays(planned: Sequence[PlannedBenchmark]) -> Any:  # noqa: ANN401 - Airflow's task object
    """The run's last task, a teardown: it runs also when somebody marked the run failed."""
    queues = sorted({q for p in planned for q in (p.job_queue, p.fallback_queue) if q})
    task_ids = {p.id: f"{p.phase}.{p.id}" for p in planned}

    @task(task_id="janitor")
    def janitor() -> int:
        context = get_current_context()
        request = run_request(context)
        if context["ti"].xcom_pull(task_ids=PLAN) is None or request.dry_run:
            raise AirflowSkipException("nothing was submitted in this run")
        jobs, run_id = Parts().jobs, request.benchmark_run_id
        alive = [
            job
            for job in jobs.named(jobs.existing(queues), f"gsb-{run_id}-")
            if job.tags.get(RUN_TAG) == run_id and not job.has_ended
        ]
        strays = find_strays(alive, _going_on(context, task_ids))
        for job in strays:
            print(f"{job.name} ({job.job_id}) is {job.status} and nobody's: ended")  # noqa: T201
        ended = jobs.terminate(strays, _WHY)
        print(f"{ended} jobs ended, {len(alive) - ended} spared")  # noqa: T201 - into the task's log
        return ended

    return janitor().as_teardown()


def find_strays(alive: Iterable[Job], going_on: Collection[str]) -> list[Job]:
    """Jobs that nobody waits for.

    Args:
        alive: Jobs of the run that have not ended.
        going_on: Benchmarks whose tasks have not ended (somebody cleared one while the run was at
            its end); the latest job of each is theirs, earlier ones are nobody's.
    """
    latest: dict[str, int] = {}
    jobs = list(alive)
    for job in jobs:
        name = job.tags.get(ID_TAG, "")
        latest[name] = max(latest.get(name, 0), _submission(job))
    return [
        job
        for job in jobs
        if (name := job.tags.get(ID_TAG, "")) not in going_on or _submission(job) < latest[name]
    ]


def _submission(job: Job) -> int:
    number = job.name.rpartition("-")[2]
    return int(number) if number.isdigit() else 0


def _going_on(context: Any, task_ids: Mapping[str, str]) -> set[str]:  # noqa: ANN401
    dag_run = context["dag_run"]
    found = context["ti"].get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id])
    states = found.get(dag_run.run_id, {})
    return {name for name, task_id in task_ids.items() if states.get(task_id) not in ENDED}
