"""Whole DAG runs in one process, against a running sandbox."""

import json
import runpy
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest

from geoschem_bench.pipeline import read_plan
from geoschem_bench.planning import benchmark_run_id
from geoschem_bench.records import JobRecord
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring import object_store, read_settings, results_store
from tests.airflow.conftest import QUICK, REPOSITORY, SUITES

CONFIGS = REPOSITORY / "include" / "configs"

pytestmark = pytest.mark.usefixtures("airflow_database", "sandbox_environment")


def run_suite(path, conf):
    """The DAG run of a suite file: its state, its tasks' states, its id."""
    namespace = runpy.run_path(str(REPOSITORY / "dags" / "suites.py"))
    dag_run = namespace[load_suite(path).dag_id].test(run_conf=conf)
    states = {ti.task_id: ti.state for ti in dag_run.get_task_instances()}
    return SimpleNamespace(state=dag_run.state, tasks=states, run_id=run_id_of(dag_run))


def run_id_of(dag_run):
    return benchmark_run_id(dag_run.run_after, dag_run.dag_id, dag_run.run_id)


@pytest.fixture(scope="module")
def quick(airflow_database, sandbox):
    """One run of the quick suite: a success, a misfit, a type that the region lacks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOSCHEM_BENCH_SUITES", str(SUITES))
        for name, value in sandbox.environment().items():
            patch.setenv(name, value)
        return run_suite(QUICK, {})


def test_a_failed_benchmark_stops_nothing_and_fails_the_run(quick):
    assert quick.state == "failed"
    assert quick.tasks["phase_1.QUICK-TRANSPORT"] == "success"
    assert quick.tasks["phase_2.QUICK-GCHP"] == "failed"
    assert quick.tasks["phase_4.QUICK-ELSEWHERE"] == "failed"
    for task in ("phase_2.load", "janitor", "load", "analyse", "recommend", "publish"):
        assert quick.tasks[task] == "success"
    assert quick.tasks["verdict"] == "failed"


def test_every_planned_benchmark_has_a_result_with_its_reason(quick):
    results = {r.benchmark_id: r for r in results_store(read_settings()).of_run(quick.run_id)}
    ok = results["QUICK-TRANSPORT"]
    assert ok.status == "succeeded"
    assert ok.workload == "proxy"
    assert len(ok.wall_seconds) == 2
    assert min(ok.wall_seconds) > 0
    assert ok.throughput_days_per_day is None
    assert ok.cost_usd_per_sim_day is None
    assert ok.null_reason
    assert ok.queue_seconds is not None
    gchp = results["QUICK-GCHP"]
    assert (gchp.status, gchp.reason) == ("failed", "misconfigured")
    assert "proxy" in str(gchp.message)
    elsewhere = results["QUICK-ELSEWHERE"]
    assert (elsewhere.status, elsewhere.reason) == ("failed", "misconfigured")
    assert "us-east-1" in str(elsewhere.message)


def test_job_records_are_written_whatever_became_of_the_job(quick):
    settings = read_settings()
    objects = object_store(settings)
    plan = read_plan(quick.run_id, settings.bucket, objects)
    records = {
        planned.id: JobRecord.model_validate_json(
            objects.get(plan.output_path(planned) + "job.json") or b""
        )
        for planned in plan.benchmarks
    }
    assert records["QUICK-TRANSPORT"].status == "SUCCEEDED"
    assert records["QUICK-GCHP"].exit_code == 10
    assert records["QUICK-GCHP"].log_tail
    assert records["QUICK-ELSEWHERE"].status == "NOT_SUBMITTED"


def test_the_index_leads_to_the_report_without_any_server_of_airflow(quick):
    settings = read_settings()
    objects, root = object_store(settings), f"s3://{settings.bucket}/reports/"
    link = f"runs/{quick.run_id}/report.html".encode()
    assert b'"../' + link in (objects.get(f"{root}index.html") or b"")
    assert b'"../../' + link in (objects.get(f"{root}quick/index.html") or b"")
    assert objects.get(f"{root}quick/latest.html")


def test_the_report_names_the_failures(quick):
    settings = read_settings()
    page = object_store(settings).get(f"s3://{settings.bucket}/runs/{quick.run_id}/report.html")
    assert page
    for text in (b"QUICK-TRANSPORT", b"QUICK-GCHP", b"misconfigured", b"hpc7g.16xlarge"):
        assert text in page


def test_only_the_phases_asked_for_run(sandbox):
    before = count_jobs(sandbox)
    run = run_suite(QUICK, {"phases": ["phase_3", "phase_4"]})
    assert run.tasks["phase_1.QUICK-TRANSPORT"] == "skipped"
    assert run.tasks["phase_2.QUICK-GCHP"] == "skipped"
    assert run.tasks["phase_4.QUICK-ELSEWHERE"] == "failed"
    # a phase that was skipped has no results to tell of
    assert [run.tasks[f"phase_{n}.load"] for n in (1, 2, 4)] == ["skipped", "skipped", "success"]
    assert count_jobs(sandbox) == before
    settings = read_settings()
    plan = read_plan(run.run_id, settings.bucket, object_store(settings))
    assert [planned.id for planned in plan.benchmarks] == ["QUICK-ELSEWHERE"]


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_dry_run_of_each_suite_plans_and_submits_nothing(path, sandbox):
    before = count_jobs(sandbox)
    run = run_suite(path, {"dry_run": True})
    assert run.state == "success"
    assert count_jobs(sandbox) == before
    settings = read_settings()
    plan = read_plan(run.run_id, settings.bucket, object_store(settings))
    assert plan.dry_run
    assert [p.id for p in plan.benchmarks] == [b.id for b in load_suite(path).benchmarks]
    assert run.tasks["load"] == "skipped"


def test_a_queue_that_is_missing_runs_nothing_and_every_result_says_why(sandbox, monkeypatch):
    from geoschem_bench.aws.batch import BatchJobs, QueueState

    broken = QueueState(False, True, "queue x is missing; deploy it")
    monkeypatch.setattr(BatchJobs, "queue_state", lambda self, queue: broken)
    before = count_jobs(sandbox)
    run = run_suite(QUICK, {})
    assert run.state == "failed"
    assert count_jobs(sandbox) == before
    results = results_store(read_settings()).of_run(run.run_id)
    assert {result.reason for result in results} == {"misconfigured"}
    said = {result.benchmark_id: str(result.message) for result in results}
    assert len(said) == 3
    assert "queue x is missing" in said["QUICK-TRANSPORT"]
    assert "queue x is missing" in said["QUICK-GCHP"]
    assert "is not offered in" in said["QUICK-ELSEWHERE"]  # which no queue would mend


def test_the_verdict_looks_at_the_results_too(monkeypatch):
    """A job can succeed while its manifest is broken: no green run then."""
    from geoschem_bench import pipeline

    monkeypatch.setattr(pipeline, "failed_benchmarks", lambda run_id, store: ["ANY (unknown)"])
    run = run_suite(QUICK, {"phases": ["phase_3"]})
    assert run.tasks["publish"] == "success"
    assert run.state == "failed"


def test_airflow_dags_test_is_told_from_a_running_airflow(monkeypatch):
    """A task that waits for another, or for a person, would wait for ever there."""
    from geoschem_bench.orchestration import tasks
    from geoschem_bench.orchestration.run_context import is_attended, is_in_process

    seen = []

    def look(context, late_minutes):
        seen.append((is_in_process(), is_attended(context)))
        return False

    monkeypatch.setattr(tasks, "is_too_late", look)
    run_suite(QUICK, {"dry_run": True})
    assert seen == [(True, False)]
    assert not is_in_process()


def test_a_param_that_does_not_exist_stops_the_run(sandbox):
    """Airflow ignores what it does not know: all phases would run, and be paid for."""
    before = count_jobs(sandbox)
    run = run_suite(QUICK, {"phasen": ["phase_1"]})
    assert run.state == "failed"
    assert run.tasks["plan"] == "failed"
    assert count_jobs(sandbox) == before


def test_an_unknown_phase_is_refused_before_any_task():
    with pytest.raises(Exception, match="bogus"):
        run_suite(QUICK, {"phases": ["bogus"]})


@pytest.mark.parametrize(
    ("stem", "message"),
    [
        ("full", "AWS_DEFAULT_REGION=us-east-1"),
        ("sandbox", "instance_type is 'local', this computer, but the run is for AWS"),
    ],
)
def test_what_only_the_sandbox_can_do_is_refused_on_aws(stem, message):
    from airflow.sdk.exceptions import AirflowFailException

    from geoschem_bench.orchestration.run_context import Parts
    from geoschem_bench.orchestration.tasks import _check_place

    suite = load_suite(CONFIGS / f"{stem}.yaml")
    on_aws = SimpleNamespace(settings=SimpleNamespace(region="us-west-2", endpoint_url=None))
    with pytest.raises(AirflowFailException, match=message):
        _check_place(suite, cast("Parts", on_aws))


def count_jobs(sandbox):
    batch = boto3.client("batch", endpoint_url=sandbox.endpoint_url, region_name=sandbox.region,
                         aws_access_key_id=sandbox.access_key,
                         aws_secret_access_key=sandbox.secret_key)  # fmt: skip
    queues = [queue["jobQueueName"] for queue in batch.describe_job_queues()["jobQueues"]]
    every: Any = [{"name": "JOB_NAME", "values": ["*"]}]
    return json.dumps(
        {q: len(batch.list_jobs(jobQueue=q, filters=every)["jobSummaryList"]) for q in queues}
    )
