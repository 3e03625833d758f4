"""`stack down`: what goes, what stays, and what is left when something will not go."""

from __future__ import annotations

import json

import pytest

from geoschem_bench.aws.stack.taken import environment_names
from geoschem_bench.cli.stack import down
from tests.aws.stack.conftest import TINY, ours

pytestmark = pytest.mark.usefixtures("cleared")


@pytest.fixture
def made(terminal, tiny, aws):
    """A stack with data in it. Its bucket's name."""
    terminal(f"stack up tiny --template {tiny} --owner me --set BucketName=tiny-results --yes")
    aws("s3").put_bucket_versioning(
        Bucket="tiny-results", VersioningConfiguration={"Status": "Enabled"}
    )
    for body in (b"old", b"new"):
        aws("s3").put_object(Bucket="tiny-results", Key="runs/manifest.json", Body=body)
    aws("s3").delete_object(Bucket="tiny-results", Key="runs/manifest.json")
    aws("s3").put_object(Bucket="tiny-results", Key="runs/2.json", Body=b"kept")
    return "tiny-results"


def buckets(aws):
    return [bucket["Name"] for bucket in aws("s3").list_buckets()["Buckets"]]


def names(aws):
    return [stack["StackName"] for stack in aws("cloudformation").describe_stacks()["Stacks"]]


def test_the_stack_goes_and_its_data_stay(terminal, aws, made, state):
    terminal("stack connect tiny")
    answer = terminal("stack down tiny --yes")
    assert answer.code == 0
    assert "delete │ Logs::LogGroup │ /geoschem-bench/tiny, with its logs" in answer.words
    assert f"keep │ bucket {made} │ 1 objects" in answer.words
    assert f"aws s3 rb s3://{made}" in answer.words
    assert "Disconnected" in answer.words
    assert not (state / "connection.json").exists()
    assert names(aws) == []
    assert buckets(aws) == [made]
    assert aws("dynamodb").list_tables()["TableNames"] == ["tiny-table"]
    assert ours(aws("logs")) == []


def test_data_go_when_asked_for_with_every_version(terminal, aws, made):
    answer = terminal("stack down tiny --yes --with-data")
    assert answer.code == 0
    assert f"DELETE FOR GOOD │ bucket {made}" in answer.words
    assert "Nothing is left of it" in answer.words
    assert buckets(aws) == []
    assert aws("dynamodb").list_tables()["TableNames"] == []


@pytest.mark.parametrize(("options", "code"), [("--dry-run", 0), ("", 1), ("--with-data", 1)])
def test_nothing_goes_before_somebody_agrees(terminal, aws, made, options, code):
    answer = terminal(f"stack down tiny {options}")
    assert answer.code == code
    assert "othing was removed" in answer.words
    assert names(aws) == ["tiny"]
    assert buckets(aws) == [made]


@pytest.mark.parametrize("changed", [{"stack": "another"}, {"region": "eu-west-1"}, {}])
def test_another_stacks_connection_is_kept(terminal, made, state, aws, changed, monkeypatch):
    terminal("stack connect tiny")
    document = json.loads((state / "connection.json").read_text()) | changed
    if not changed:  # the same name on AWS
        del document["environment"]["AWS_ENDPOINT_URL"]
    (state / "connection.json").write_text(json.dumps(document))
    monkeypatch.setattr(down, "use_connection", lambda: None)
    assert terminal("stack down tiny --yes").code == 0
    assert (state / "connection.json").exists()


def test_data_are_still_deleted_after_a_deletion_that_failed(terminal, tiny, aws):
    """One part refuses, here a bucket that is not empty; bucket and table were skipped by then."""
    document = json.loads(tiny.read_text())
    document["Resources"] = {
        "Full": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "stays"}},
        **document["Resources"],
    }
    tiny.write_text(json.dumps(document))
    terminal(f"stack up tiny --template {tiny} --owner me --set BucketName=tiny-results --yes")
    aws("s3").put_object(Bucket="stays", Key="k", Body=b"")
    failed = terminal("stack down tiny --yes --with-data")
    assert failed.code == 1
    assert "tiny-results: DELETE_SKIPPED" in failed.words
    aws("s3").delete_object(Bucket="stays", Key="k")
    again = terminal("stack down tiny --yes --with-data")
    assert again.code == 0
    assert "DELETE FOR GOOD │ bucket tiny-results" in again.words
    assert "DELETE FOR GOOD │ table tiny-table" in again.words
    assert buckets(aws) == []
    assert aws("dynamodb").list_tables()["TableNames"] == []


def test_a_stack_of_somebody_else_is_not_touched(terminal, aws):
    template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}
    aws("cloudformation").create_stack(StackName="theirs", TemplateBody=json.dumps(template))
    answer = terminal("stack down theirs --yes")
    assert answer.code == 1
    assert "not of this program" in answer.words
    assert names(aws) == ["theirs"]


def test_no_such_stack(terminal):
    answer = terminal("stack down nothing --yes")
    assert answer.code == 2
    assert "no stack 'nothing'" in answer.words


def test_what_does_not_go_is_listed_with_its_reason(terminal, tmp_path, aws):
    template = json.loads(json.dumps(TINY))
    del template["Resources"]["Bucket"]["DeletionPolicy"]
    path = tmp_path / "full.json"
    path.write_text(json.dumps(template))
    terminal(f"stack up tiny --template {path} --owner me --set BucketName=stays --yes")
    aws("s3").put_object(Bucket="stays", Key="k", Body=b"")
    answer = terminal("stack down tiny --yes")
    assert answer.code == 1
    assert "tiny is DELETE_FAILED" in answer.words
    assert "AWS::S3::Bucket stays: DELETE_FAILED" in answer.words
    assert "must be empty" in answer.words
    aws("s3").delete_object(Bucket="stays", Key="k")
    assert terminal("stack down tiny --yes").code == 0
    assert names(aws) == []


@pytest.fixture
def queue(terminal, aws):
    """The whole stack, and a queue of it."""
    types = "CampaignInstanceTypes=c7g.8xlarge,m7i.2xlarge"
    answer = terminal(f"stack up --owner me --yes --set Platform=sandbox --set {types}")
    assert answer.code == 0, answer.err
    made = aws("batch").describe_compute_environments()["computeEnvironments"]
    expected = environment_names({"CampaignInstanceTypes": "c7g.8xlarge,m7i.2xlarge"})
    assert {each["computeEnvironmentName"] for each in made} == set(expected)
    yield "geos-chem-graviton-queue"
    if names(aws):
        terminal("stack down --yes --with-data")


def test_our_jobs_are_terminated_and_all_of_the_committed_template_goes(terminal, aws, queue):
    batch = aws("batch")
    batch.update_compute_environment(computeEnvironment="geos-chem-graviton", state="DISABLED")
    request = {"jobQueue": queue, "jobDefinition": "geos-chem-benchmark",
               "parameters": {"configJson": "{}", "outputPath": "s3://b/p"}}  # fmt: skip
    ours = batch.submit_job(jobName="gsb-run-B1-1", **request)["jobId"]
    theirs = batch.submit_job(jobName="somebodys", **request)["jobId"]
    answer = terminal("stack down --yes --with-data")
    assert answer.code == 0
    assert "terminate │ job gsb-run-B1-1" in answer.words
    assert "ends with its queue │ job somebodys" in answer.words
    assert "Terminated 1 job" in answer.words
    assert "delete │ Batch::JobDefinition │ geos-chem-benchmark:1" in answer.words
    assert "123456789012" not in answer.out
    assert "Environment geos-chem-x86-spot: DISABLED, at least 0 vCPUs" in answer.words
    found = batch.describe_jobs(jobs=[ours, theirs])["jobs"]
    assert {job["status"] for job in found} == {"FAILED"}
    assert names(aws) == []
    assert batch.describe_compute_environments()["computeEnvironments"] == []
    assert batch.describe_job_queues()["jobQueues"] == []
    assert buckets(aws) == []
