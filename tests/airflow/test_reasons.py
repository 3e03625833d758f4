"""Every reason of the closed list in one DAG run: what becomes of the job, and what a person reads.

The sandbox's faults, the runner itself and wrong set-ups make them; none of our code is patched.
"""

import html
import re
import runpy
from dataclasses import dataclass
from types import SimpleNamespace

import boto3
import pytest

from geoschem_bench.errors import Reason
from geoschem_bench.orchestration.retries import RETRIED
from geoschem_bench.pipeline import costs_of
from geoschem_bench.records import JobRecord, cure_of
from geoschem_bench.sandbox import faults
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring import batch_jobs, object_store, read_settings, results_store
from tests.airflow import hazards
from tests.airflow.conftest import REPOSITORY
from tests.airflow.test_dag_runs import run_id_of

pytestmark = pytest.mark.usefixtures("airflow_database", "sandbox_environment")


@dataclass(frozen=True)
class Case:
    """What is expected of one benchmark."""

    reason: str
    says: str
    """In the exception's text, between the reason and the cure."""
    exit_code: int | None = None
    tries: int = 1
    ends: str = "failed"
    logs: str = ""
    """In the end of the job's log."""


LOST = r"Host EC2 \(instance i-\w+\) terminated"
CASES = {
    "CAPACITY": Case("capacity", r"RUNNABLE for 1 min without an instance: AWS has no such instance"
                     r" to give now; Batch says: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - .*",
                     tries=2, ends="success"),
    "QUOTA": Case("quota", r"not submitted: gates\.quota: quota L-1216C47A .* is 40 vCPUs, and"
                  r" QUOTA needs 48: .*aws service-quotas request-service-quota-increase .*"),
    "SPOT": Case("spot_interrupted", LOST, tries=2, ends="success"),
    "MISCONFIGURED": Case("misconfigured", r"the proxy cannot stand in .*; asked for is gchp", 10,
                          logs="failed: misconfigured: the proxy cannot"),
    "WRONG-INSTANCE": Case("wrong_instance", r"(cannot tell whether )?this is a .*", 11,
                           logs="failed: wrong_instance: "),
    "IMAGE": Case("image", r"Task failed to start; CannotPullContainerError: .*manifest unknown.*"),
    "INPUT-DATA": Case("input_data", r"not submitted: gates\.input: s3://.*/no-such-data/: nothing"
                       r" lies there.*"),
    "STORAGE": Case("storage", r"s3://.*/config\.json cannot be written: An error occurred .*", 15,
                    tries=3, logs="cannot be written"),
    "TIMEOUT": Case("timeout", r"Job attempt duration exceeded timeout \(exit code 143\)", 143,
                    logs="idle"),
    "OUT-OF-MEMORY": Case("out_of_memory", r"Essential container in task exited; OutOfMemoryError: "
                          r"Container killed due to memory usage \(exit code 137\)", 137),
    "MODEL-CRASHED": Case("model_crashed", r"repetition 1 of 1: it ended with exit code -11: .*",
                          13, logs="failed: model_crashed"),
    "CANCELLED": Case("cancelled", r"stopped by SIGTERM after \d+ s; its limit is \d+ s", 143,
                      logs="failed: cancelled"),
    "UNKNOWN": Case("unknown", LOST, tries=2),
    "DELETED": Case("unknown", r"Batch knows no job \S+ any more: it was deleted, .*",
                    tries=2, ends="success"),
}  # fmt: skip


@pytest.fixture(scope="module")
def run(airflow_database, sandbox, tmp_path_factory):
    """The run: states and tries of its tasks, what they raised, where its files are."""
    folder = tmp_path_factory.mktemp("suites")
    path = folder / "hazards.yaml"
    path.write_text(hazards.suite_of_all(sandbox.bucket))
    batch = batch_of(sandbox)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment().items():
            patch.setenv(name, value)
        patch.setenv("GEOSCHEM_BENCH_SUITES", str(folder))
        patch.setenv("GEOSCHEM_BENCH_JOB_DEFINITIONS", hazards.definitions(batch))
        hazards.set_faults(sandbox)
        try:
            with hazards.meddling(batch, hazards.deeds_of_others(batch)):
                yield followed(load_suite(path).dag_id, sandbox)
        finally:
            faults.clear(sandbox)


def batch_of(sandbox):
    """boto3's client of its Batch."""
    return boto3.client("batch", endpoint_url=sandbox.endpoint_url, region_name=sandbox.region,
                        aws_access_key_id=sandbox.access_key,
                        aws_secret_access_key=sandbox.secret_key)  # fmt: skip


def followed(dag_id, sandbox, **asked):
    """Runs the DAG, and notes each exception as Airflow's own callbacks are given it."""
    dag = runpy.run_path(str(REPOSITORY / "dags" / "suites.py"))[dag_id]
    said: dict[str, list[str]] = {}

    def note(context):
        text = str(context["exception"])
        said.setdefault(context["task"].task_id.removeprefix("phase_1."), []).append(text)

    for task in dag.tasks:
        task.on_failure_callback = task.on_retry_callback = [note]
    dag_run = dag.test(run_conf={}, **asked)
    tasks = {ti.task_id: ti for ti in dag_run.get_task_instances()}
    run_id = run_id_of(dag_run)
    folder = f"s3://{sandbox.bucket}/runs/{run_id}/"
    return SimpleNamespace(
        said=said, tasks=tasks, run_id=run_id, state=dag_run.state, folder=folder
    )


def records_of(run, name):
    """`job.json` of each of its submissions, in their order."""
    objects = object_store(read_settings())
    folder = f"{run.folder}phase_1/{name}/"
    return [
        JobRecord.model_validate_json(objects.get(f"{folder}{number}/job.json") or b"")
        for number in sorted(objects.folders(folder), key=int)
    ]


def test_no_reason_is_left_out():
    assert {case.reason for case in CASES.values()} == set(Reason)


@pytest.mark.parametrize("name", CASES)
def test_the_exception_says_reason_evidence_cure_and_outlook(run, name):
    case, reason = CASES[name], Reason(CASES[name].reason)
    cure = re.escape(cure_of(reason)[1:])
    assert len(run.said[name]) == case.tries - (case.ends == "success")
    for number, text in enumerate(run.said[name], 1):
        assert re.fullmatch(rf"{name}: {reason}: {case.says}\. .{cure}(\. It .*)?", text), text
        assert ("It is tried again by itself, in" in text) is (number < case.tries)
    last = f". It was tried {case.tries} times"
    assert run.said[name][-1].endswith(last) is (case.ends == "failed" and case.tries > 1)


@pytest.mark.parametrize("name", CASES)
def test_every_try_has_its_record(run, name):
    case, records = CASES[name], records_of(run, name)
    assert [each.submission for each in records] == list(range(1, case.tries + 1))
    failed = records if case.ends == "failed" else records[:-1]
    for record in failed:
        assert (record.reason, record.exit_code) == (case.reason, case.exit_code)
        assert re.fullmatch(case.says, str(record.message).rstrip("."))
        assert case.logs in "\n".join(record.log_tail)
    if case.ends == "success":
        assert (records[-1].status, records[-1].reason) == ("SUCCEEDED", None)


@pytest.mark.parametrize("name", CASES)
def test_only_what_may_pass_is_tried_again(run, name):
    case, task = CASES[name], run.tasks[f"phase_1.{name}"]
    assert (task.state, task.try_number) == (case.ends, case.tries)
    assert (case.tries > 1) is (Reason(case.reason) in RETRIED)
    assert case.tries <= 1 + RETRIED.get(Reason(case.reason), 0)


def test_the_second_try_after_a_spot_interruption_is_on_demand(run):
    first, second = records_of(run, "SPOT")
    assert first.job_queue == f"{second.job_queue}".replace("-queue", "-spot-queue")
    assert first.batch_job_id != second.batch_job_id
    results = {each.submission: each for each in results_of(run, "SPOT")}
    assert (results[1].purchase_option, results[2].purchase_option) == ("spot", "on_demand")


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.tries > 1])
def test_no_number_holds_the_time_of_a_try_that_failed(run, name):
    results = results_of(run, name)
    assert all(not each.wall_seconds for each in results if each.status == "failed")
    for each in results:
        if each.status == "succeeded":
            assert len(each.wall_seconds) == 1
            assert sum(each.wall_seconds) < 60


def results_of(run, name):
    found = results_store(read_settings()).of_run(run.run_id)
    return [each for each in found if each.benchmark_id == name]


def test_a_job_that_never_started_is_known_to_have_cost_nothing(run):
    first, _ = records_of(run, "CAPACITY")
    assert (first.status, first.started_at) == ("FAILED", None)
    assert first.stopped_at is not None
    assert str(first.status_reason).startswith("CAPACITY:")


def test_a_job_that_batch_forgot_counts_as_submitted(run):
    first, _ = records_of(run, "DELETED")
    assert first.status == "UNKNOWN"
    assert first.batch_job_id
    assert first.batch_job_id in str(first.message)


def test_every_submission_is_in_the_sum_of_costs(run):
    settings = read_settings()
    costs = costs_of(run.run_id, settings.bucket, object_store(settings))
    assert costs is not None
    assert costs.is_free
    counted = [(each.benchmark_id, each.submission) for each in costs.submissions]
    never = ("QUOTA", "INPUT-DATA")
    assert counted == [
        (name, number)
        for name, case in CASES.items()
        if name not in never
        for number in range(1, case.tries + 1)
    ]


def test_the_report_shows_reasons_messages_and_tries(run):
    page = (object_store(read_settings()).get(f"{run.folder}report.html") or b"").decode()
    for name, case in CASES.items():
        if case.ends == "failed":
            assert re.search(rf'<summary>{name} <span class="bad">{case.reason}</span>', page)
            assert cure_of(Reason(case.reason)) in html.unescape(page)
    for tries in ("2nd submission; 1st: spot_interrupted", "2nd submission; 1st: capacity",
                  "3rd submission; 1st: storage; 2nd: storage"):  # fmt: skip
        assert tries in page
    assert "3 of 14 benchmarks succeeded" in page


def test_the_run_ends_failed_and_its_last_task_names_each_that_failed(run):
    assert run.state == "failed"
    [verdict] = run.said["verdict"]
    for name, case in CASES.items():
        assert (f"{name} ({case.reason})" in verdict) is (case.ends == "failed")


def test_no_job_of_the_run_lives_on(run):
    queues = {
        f"geos-chem-{kind}-queue" for kind in ("x86", "graviton", "x86-spot", "graviton-spot")
    }
    jobs = batch_jobs(read_settings()).named(queues, f"gsb-{run.run_id}-")
    assert [job.name for job in jobs if not job.has_ended] == []
