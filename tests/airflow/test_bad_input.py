"""What cannot work, asked for all the same: clear words, nothing twice, nothing of others lost."""

from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
import pytest
from airflow.models.dagrun import DagRun
from airflow.utils.types import DagRunType
from botocore.config import Config

from geoschem_bench.aws.batch import BatchJobs
from geoschem_bench.aws.dynamodb import DynamoResultsStore
from geoschem_bench.aws.s3 import S3ObjectStore
from geoschem_bench.errors import GeosChemBenchError
from geoschem_bench.planning import benchmark_run_id
from geoschem_bench.sandbox import faults
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring import batch_jobs, object_store, read_settings
from tests.airflow import hazards
from tests.airflow.conftest import QUICK
from tests.airflow.test_dag_runs import count_jobs, run_suite
from tests.airflow.test_reasons import batch_of, followed

pytestmark = pytest.mark.usefixtures("airflow_database", "sandbox_environment")

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
SUITE = hazards.suite_of(
    f"suite: {{warmups: 0, repetitions: 1, queues: {{{hazards.LARGE_TYPE}: nobodys-queue}}}}",
    {
        "NO-QUEUE": {"hardware": f"{{instance_type: {hazards.LARGE_TYPE}}}"},
        "NO-DEFINITION": {"hardware": f"{{instance_type: {hazards.OTHER_TYPE}}}"},
        "SAME-NAME": {},
        "TOKEN-EXPIRES": {},
    },
)


@pytest.fixture(scope="module")
def run(airflow_database, sandbox, tmp_path_factory):
    """One run of all of them, and a stranger's job of the name that one of ours is to have."""
    folder = tmp_path_factory.mktemp("suites")
    path = folder / "wrong.yaml"
    path.write_text(SUITE)
    dag_id, batch = load_suite(path).dag_id, batch_of(sandbox)
    asked = {"logical_date": NOW, "run_after": NOW}
    run_id = DagRun.generate_run_id(run_type=DagRunType.MANUAL, **asked)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment().items():
            patch.setenv(name, value)
        patch.setenv("GEOSCHEM_BENCH_SUITES", str(folder))
        patch.setenv("GEOSCHEM_BENCH_JOB_DEFINITIONS", f"{hazards.ELSEWHERE}=nobodys-definition")
        theirs = submit_same_name(sandbox, batch, benchmark_run_id(NOW, dag_id, run_id))
        faults.job(sandbox, "gsb-*-TOKEN-EXPIRES-*", "idle", seconds=6)

        def expire(job_id):
            faults.service(sandbox, "batch:DescribeJobs", "refuse", code="expired-token", times=2)
            return True

        try:
            with hazards.meddling(batch, {"TOKEN-EXPIRES": expire}):
                ran = followed(dag_id, sandbox, **asked)
            yield SimpleNamespace(**vars(ran), theirs=theirs)
        finally:
            faults.clear(sandbox)
            batch.terminate_job(jobId=theirs, reason="the test is over")


def submit_same_name(sandbox, batch, run_id):
    """A job of somebody else that lives all the while."""
    name = f"gsb-{run_id}-SAME-NAME-1"
    faults.job(sandbox, name, "idle", times=1)
    return batch.submit_job(
        jobName=name, jobQueue=hazards.QUEUE, jobDefinition="geos-chem-benchmark",
        parameters={"configJson": "{}", "outputPath": "s3://somewhere/"},
    )["jobId"]  # fmt: skip


def jobs_of(run, name):
    """All that Batch knows by the run's id and that name."""
    jobs = batch_jobs(read_settings())
    return jobs.named([hazards.QUEUE], f"gsb-{run.run_id}-{name}-")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("NO-QUEUE", "queue nobodys-queue is missing; deploy it, or name another under"),
        ("NO-DEFINITION", "job definition nobodys-definition has no ACTIVE revision in us-west-2"),
    ],
)
def test_what_is_not_there_is_named_and_nothing_is_submitted(run, name, says):
    [text] = run.said[name]
    assert text.startswith(f"{name}: misconfigured: not submitted: gates.")
    assert says in text
    assert jobs_of(run, name) == []
    page = object_store(read_settings()).get(f"{run.folder}report.html") or b""
    assert says.encode() in page


def test_a_job_of_somebody_else_with_our_name_is_neither_taken_nor_ended(run):
    assert run.tasks["phase_1.SAME-NAME"].state == "success"
    theirs, ours = sorted(jobs_of(run, "SAME-NAME"), key=lambda job: job.job_id != run.theirs)
    assert (theirs.job_id, theirs.status) == (run.theirs, "RUNNING")
    assert ours.status == "SUCCEEDED"
    assert run.tasks["janitor"].state == "success"


def test_a_token_that_expires_during_the_wait_costs_no_second_job(run):
    task = run.tasks["phase_1.TOKEN-EXPIRES"]
    assert len(jobs_of(run, "TOKEN-EXPIRES")) == 1
    assert task.try_number == 1


def test_an_expired_token_stops_the_run_before_anything_is_submitted(sandbox, monkeypatch):
    before = count_jobs(sandbox)
    monkeypatch.setenv("GEOSCHEM_BENCH_SUITES", str(QUICK.parent))
    fault = faults.service(sandbox, "*", "refuse", code="expired-token")
    try:
        ran = followed(load_suite(QUICK).dag_id, sandbox)
    finally:
        faults.clear(sandbox, fault.id)
    assert ran.state == "failed"
    assert count_jobs(sandbox) == before
    assert ran.said["plan"]
    for text in ran.said["plan"]:
        assert "the AWS session has expired" in text
        assert "aws sso login" in text
    assert ran.said["verdict"][-1].startswith("failed: ")
    assert "plan" in ran.said["verdict"][-1]


@pytest.mark.parametrize(
    ("conf", "says"),
    [
        ({"phases": [7]}, "7 is not one of"),
        ({"phases": ["phase_7"]}, "'phase_7' is not one of"),
        ({"phases": "phase_1"}, "'phase_1' is not of type 'array'"),
        ({"phases": []}, "should be non-empty"),
        ({"max_concurrent": 0}, "0 is less than the minimum of 1"),
        ({"max_concurrent": "many"}, "'many' is not of type 'integer'"),
        ({"repetitions": 1.5}, "1.5 is not of type 'null', 'integer'"),
        ({"dry_run": "yes"}, "'yes' is not of type 'boolean'"),
    ],
)
def test_a_conf_that_is_none_is_refused_before_any_task(sandbox, conf, says):
    before = count_jobs(sandbox)
    with pytest.raises(Exception, match=says) as caught:  # Airflow's own, of several types
        run_suite(QUICK, conf)
    assert next(iter(conf)) in str(caught.value)
    assert count_jobs(sandbox) == before


@pytest.fixture
def ask(sandbox):
    """What our stores say when AWS is asked with a client of other settings."""

    def told(*services, **changes):
        usual = {
            "endpoint_url": sandbox.endpoint_url, "region_name": sandbox.region,
            "aws_access_key_id": sandbox.access_key,
            "aws_secret_access_key": sandbox.secret_key,
            "config": Config(retries={"total_max_attempts": 1}),
        }  # fmt: skip
        clients = {n: boto3.client(n, **{**usual, **changes}) for n in ("batch", "s3", "dynamodb")}
        calls = {
            "Batch": lambda: BatchJobs(clients["batch"], None).submit(
                jobName="never", jobQueue=hazards.QUEUE, jobDefinition="geos-chem-benchmark"
            ),
            "S3": lambda: S3ObjectStore(clients["s3"]).put(f"s3://{sandbox.bucket}/no", b""),
            "DynamoDB": lambda: DynamoResultsStore(clients["dynamodb"], "no").of_run("no"),
        }
        said = {}
        for name in services or calls:
            with pytest.raises(GeosChemBenchError) as caught:
                calls[name]()
            said[name] = str(caught.value)
        return said

    return told


REFUSALS = {
    "expired-token": ("the AWS session has expired", "aws sso login"),
    "unknown-key": ("AWS does not know these credentials", "aws sts get-caller-identity"),
    "RequestTimeTooSkewed": ("this computer's clock is not AWS's", "timedatectl set-ntp true"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_who_is_not_let_in_reads_why_and_what_to_do(sandbox, ask, code):
    before = count_jobs(sandbox)
    fault = faults.service(sandbox, "*", "refuse", code=code)
    try:
        said = ask()
    finally:
        faults.clear(sandbox, fault.id)
    for text in said.values():
        assert all(words in text for words in REFUSALS[code]), text
    assert count_jobs(sandbox) == before


def test_an_endpoint_that_is_down_is_named(ask):
    for text in ask(endpoint_url="http://127.0.0.1:9").values():
        assert "AWS is not reached" in text
        assert "AWS_ENDPOINT_URL" in text


def test_without_credentials_the_cure_is_how_to_get_some(ask, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    boto3.DEFAULT_SESSION = None  # it would keep what it found before
    for text in ask(aws_access_key_id=None, aws_secret_access_key=None).values():
        assert "no AWS credentials" in text
        assert "aws configure" in text


def test_the_wrong_region_is_named_with_the_right_one(ask, sandbox):
    said = ask("Batch", region_name="eu-west-1")["Batch"]
    assert "eu-west-1" in said
    assert sandbox.region in said
