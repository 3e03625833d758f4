"""`stack up` against an account without a stack."""

from __future__ import annotations

import json

import pytest

from geoschem_bench.aws.stack.failures import cure_of, first_failure
from geoschem_bench.aws.stack.taken import environment_names
from geoschem_bench.aws.stack.watching import Event
from tests.aws.stack.conftest import TINY, ours

pytestmark = pytest.mark.usefixtures("cleared")


def stacks(aws):
    return {s["StackName"]: s for s in aws("cloudformation").describe_stacks()["Stacks"]}


def test_what_is_new_is_shown_made_and_then_there_is_nothing_to_change(terminal, tiny, aws):
    made = terminal(f"stack up tiny --template {tiny} --owner me --expires 2999-12-31 --yes")
    assert made.code == 0
    assert "add │ S3::Bucket" in made.words
    assert "compute costs nothing between benchmarks" in made.words
    assert "CREATE_COMPLETE DynamoDB::Table Table" in made.words
    assert "Next: geoschem-bench stack connect tiny" in made.words
    tags = {tag["Key"]: tag["Value"] for tag in stacks(aws)["tiny"]["Tags"]}
    assert tags == {"project": "geoschem-bench"}  # handed on to what cannot change its tags
    again = terminal(f"stack up tiny --template {tiny} --yes")
    assert (again.code, "nothing to change" in again.words) == (0, True)


def test_a_change_keeps_the_other_parameters(terminal, tiny, aws):
    terminal(f"stack up tiny --template {tiny} --owner me --yes")
    changed = terminal(f"stack up tiny --template {tiny} --set Retention=14 --yes")
    assert changed.code == 0
    found = {p["ParameterKey"]: p["ParameterValue"] for p in stacks(aws)["tiny"]["Parameters"]}
    assert (found["Owner"], found["Retention"]) == ("me", "14")


@pytest.mark.parametrize(("option", "code"), [("--dry-run", 0), ("", 1)])
def test_nothing_is_left_of_what_was_only_shown(terminal, tiny, aws, option, code):
    answer = terminal(f"stack up tiny --template {tiny} --owner me {option}")
    assert answer.code == code
    assert "add │ Logs::LogGroup" in answer.words
    assert "othing was changed" in answer.words
    assert stacks(aws) == {}
    assert ours(aws("logs")) == []


def test_the_changes_for_a_program(terminal, tiny):
    answer = terminal(f"stack up tiny --template {tiny} --owner me --dry-run --json")
    assert [change["action"] for change in answer.json["changes"]] == ["add"] * 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("", "Owner has no default"),
        ("--owner me --set Ownr=x", "did you mean 'Owner'"),
        ("--owner me --set Owner=you", "Owner is given twice"),
        ("--owner me --set Retention=9", "allowed: '7', '14'"),
        ("--owner me --expires 2020-01-01", "that day has passed"),
        ("--owner me --region us-wset-2", "did you mean 'us-west-2'"),
        ("--owner me --profile nobody", "no AWS profile 'nobody'"),
        ("--owner me --suite sandbx", "did you mean 'sandbox'"),
    ],
)
def test_bad_input_is_one_message_and_makes_nothing(terminal, tiny, aws, options, message):
    answer = terminal(f"stack up tiny --template {tiny} --yes {options}")
    assert answer.code == 2
    assert message in answer.words
    assert stacks(aws) == {}


def test_names_that_are_taken_are_found_before_anything_is_made(terminal, tiny, aws):
    aws("logs").create_log_group(logGroupName="/geoschem-bench/tiny")
    answer = terminal(f"stack up tiny --template {tiny} --owner me --yes")
    assert answer.code == 2
    assert "log group /geoschem-bench/tiny" in answer.words
    assert "aws logs delete-log-group --log-group-name /geoschem-bench/tiny" in answer.words
    assert "--adopt-data" not in answer.words  # no stack can adopt it
    assert stacks(aws) == {}


def test_data_of_an_earlier_stack_become_part_of_a_new_one(terminal, tiny, aws):
    up = f"stack up tiny --template {tiny} --owner me --set BucketName=kept-results --yes"
    terminal(up)
    aws("s3").put_object(Bucket="kept-results", Key="runs/1.json", Body=b"{}")
    terminal("stack down tiny --yes")
    refused = terminal(up)
    assert refused.code == 2
    assert "bucket kept-results" in refused.words
    adopted = terminal(f"{up} --adopt-data")
    assert adopted.code == 0, adopted.err
    assert "kept-results" in terminal("stack connect tiny").out
    assert aws("s3").get_object(Bucket="kept-results", Key="runs/1.json")["Body"].read() == b"{}"
    aws("s3").delete_object(Bucket="kept-results", Key="runs/1.json")


@pytest.fixture
def earlier(aws):
    """An environment and queue of the earlier system, under a name of ours."""
    batch = aws("batch")
    batch.create_compute_environment(
        computeEnvironmentName="geos-chem-graviton",
        type="MANAGED",
        computeResources={"type": "EC2", "maxvCpus": 8, "subnets": ["subnet-1"]},
    )
    yield
    batch.update_compute_environment(computeEnvironment="geos-chem-graviton", state="DISABLED")
    batch.delete_compute_environment(computeEnvironment="geos-chem-graviton")


@pytest.mark.usefixtures("earlier")
def test_an_earlier_systems_environment_is_named_with_the_ways_around(terminal, aws):
    answer = terminal("stack up --owner me --yes")
    assert answer.code == 2
    assert "compute environment geos-chem-graviton" in answer.words
    assert "--use-existing" in answer.words
    assert stacks(aws) == {}


def test_a_types_environment_has_its_name_with_dashes():
    names = environment_names({"CampaignSpotInstanceTypes": "c7g.metal-48xl"})
    assert "geos-chem-c7g-metal-48xl-spot" in names


def test_a_failure_names_the_first_cause_its_cure_and_what_is_left(terminal, tmp_path, aws):
    broken = json.loads(json.dumps(TINY))
    broken["Resources"]["Later"] = {
        "Type": "AWS::ECR::Repository",
        "DependsOn": ["Table", "Bucket"],
        "Properties": {"RepositoryName": "taken-by-me"},
    }
    aws("ecr").create_repository(repositoryName="taken-by-me")
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken))
    answer = terminal(f"stack up tiny --template {path} --owner me --yes")
    aws("ecr").delete_repository(repositoryName="taken-by-me")
    assert answer.code == 1
    assert "first failure: AWS::ECR::Repository Later" in answer.words
    assert "that name is taken" in answer.words
    assert "geoschem-bench stack down tiny" in answer.words
    again = terminal(f"stack up tiny --template {path} --owner me --yes")
    assert again.code == 1
    assert "ROLLBACK_COMPLETE" in again.words
    assert "geoschem-bench stack down tiny" in again.words
    assert terminal("stack down tiny --yes").code == 0
    assert stacks(aws) == {}


def event(status, reason="", kind="AWS::EC2::Subnet"):
    return Event(status + reason, "Part", "", kind, status, reason)


def test_what_was_cancelled_because_of_another_is_no_cause():
    events = [
        event("CREATE_IN_PROGRESS"),
        event("CREATE_FAILED", "Resource creation cancelled"),
        event("CREATE_FAILED", "The maximum number of VPCs has been reached."),
        event("ROLLBACK_FAILED", "no", "AWS::CloudFormation::Stack"),
    ]
    assert first_failure(events) is events[2]
    assert first_failure(events[:2]) is None


@pytest.mark.parametrize(
    ("reason", "cure"),
    [
        ("geos-chem already exists", "--use-existing"),
        ("User: x is not authorized to perform: iam:CreateRole", "deployer-policy.json"),
        ("The maximum number of VPCs has been reached.", "quota"),
        ("c9.large is not supported in us-west-2", "another --region"),
        ("something else", "troubleshooting.md"),
    ],
)
def test_each_cause_has_its_cure(reason, cure):
    assert cure in cure_of(reason)


def test_a_stack_that_aws_works_on_is_left_alone(terminal, tiny, aws, monkeypatch):
    """Two people at once: the second is told to wait."""
    terminal(f"stack up tiny --template {tiny} --owner me --yes")
    from geoschem_bench.aws.stack import reading

    real = reading._stack
    monkeypatch.setattr(reading, "_stack", lambda data: real(data | {"StackStatus": MOVING}))
    for command in (f"stack up tiny --template {tiny} --yes", "stack connect tiny",
                    "stack down tiny --yes"):  # fmt: skip
        answer = terminal(command)
        assert answer.code == 1
        assert f"stack tiny is {MOVING}" in answer.words
        assert "aws cloudformation" in answer.words


MOVING = "UPDATE_IN_PROGRESS"
