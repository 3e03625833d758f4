"""A benchmark's operator outside Airflow: what it sees of its run, and what it left in Batch."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from geoschem_bench.aws.batch import Job
from geoschem_bench.orchestration.polling import Finding
from geoschem_bench.orchestration.retries import RETRIES
from geoschem_bench.orchestration.trigger import BenchmarkJobTrigger
from geoschem_bench.planning import benchmark_run_id, plan_suite
from geoschem_bench.records import JobRecord
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring import object_store, read_settings
from tests.airflow.conftest import QUICK

RUN_AFTER = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
JOB_ID = "11111111-2222-3333-4444-555555555555"
ID = "QUICK-TRANSPORT"


class Store(dict[str, Any]):
    """A task's state store: it outlives attempts."""

    def set(self, key, value):
        self[key] = value


class TaskInstance(SimpleNamespace):
    """What the operator asks of Airflow's."""

    def xcom_push(self, key, value):
        self.xcoms[key] = value

    def xcom_pull(self, task_ids, key="return_value"):
        return None

    def get_task_states(self, dag_id, task_ids, run_ids):
        return {run_ids[0]: {}}


def context(name, store=None, generation=0, **params):
    """What a task of its own DAG run sees."""
    return {
        "dag_run": SimpleNamespace(
            dag_id="geoschem_bench_quick", run_id=f"manual__{name}", run_after=RUN_AFTER,
            run_type="manual",
        ),
        "params": {"phases": None, "max_concurrent": 10, **params},
        "ti": TaskInstance(try_number=1, max_tries=RETRIES + generation, xcoms={}),
        "task_state_store": Store() if store is None else store,
    }  # fmt: skip


def run_id_of(context):
    run = context["dag_run"]
    return benchmark_run_id(run.run_after, run.dag_id, run.run_id)


def deferred(call, *args):
    with pytest.raises(TaskDeferred) as caught:
        call(*args)
    assert caught.value.method_name == "execute_complete"
    assert isinstance(caught.value.trigger, BenchmarkJobTrigger)
    return caught.value.trigger


def jobs_of(name):
    """All jobs of a run in the sandbox."""
    from geoschem_bench.wiring import batch_jobs

    run_id = run_id_of(context(name))
    jobs = batch_jobs(read_settings())
    planned = next(p for p in plan_suite(load_suite(QUICK)) if p.id == ID)
    return sorted(jobs.named([planned.job_queue], f"gsb-{run_id}-"), key=lambda job: job.name)


def job(status, name="gsb-run-QUICK-TRANSPORT-3", **changes):
    """A job as Batch describes it."""
    known = {
        "job_id": JOB_ID, "name": name, "queue": "q", "status": status,
        "status_reason": None, "container_reason": None, "exit_code": None, "attempts": 1,
        "created_at": RUN_AFTER, "started_at": RUN_AFTER, "stopped_at": None, "log_stream": None,
        "tags": {},
    }  # fmt: skip
    return Job(**(known | changes))


def event(kind, job=None, message="", reason=None):
    return Finding(kind, message, job, reason).to_payload(JOB_ID)


def record_of(operator):
    path = operator._attempt.submission.output_path
    return JobRecord.model_validate_json(
        object_store(read_settings()).get(path + "job.json") or b""
    )
