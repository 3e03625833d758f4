"""`stack connect` and `disconnect`: what is written, printed and refused."""

from __future__ import annotations

import json
import shlex
import stat

import pytest

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.stack.outputs import airflow_connection, environment_of
from geoschem_bench.aws.stack.reading import Stack
from geoschem_bench.planning import parse_routes

pytestmark = pytest.mark.usefixtures("cleared")


@pytest.fixture
def made(terminal, tiny):
    assert terminal(f"stack up tiny --template {tiny} --owner me --yes").code == 0


@pytest.mark.usefixtures("made")
def test_names_are_written_and_no_accounts_id(terminal, state, account):
    answer = terminal("stack connect tiny")
    assert answer.code == 0
    path = state / "connection.json"
    written = json.loads(path.read_text())
    assert (written["stack"], written["region"]) == ("tiny", "us-west-2")
    assert written["environment"]["GEOSCHEM_BENCH_TABLE"] == "tiny-table"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "123456789012" in answer.err  # the person sees it
    assert "123456789012" not in path.read_text()
    assert "airflow connections add geoschem_bench_aws --conn-type aws" in answer.out
    assert "AIRFLOW_CONN_GEOSCHEM_BENCH_AWS=" in answer.out
    assert "GEOSCHEM_BENCH_AWS_CONN_ID=geoschem_bench_aws" in answer.out
    assert terminal("stack disconnect").code == 0
    assert not path.exists()
    assert "was not connected" in terminal("stack disconnect").words


@pytest.mark.usefixtures("made")
def test_for_a_shell_there_are_exports_and_nothing_else(terminal):
    answer = terminal("stack connect tiny --env")
    lines = answer.out.splitlines()
    assert all(line.startswith("export ") for line in lines)
    exported = dict(shlex.split(line)[1].split("=", 1) for line in lines)
    assert exported["GEOSCHEM_BENCH_TABLE"] == "tiny-table"


@pytest.mark.usefixtures("made")
def test_for_a_program_there_is_one_document(terminal):
    document = terminal("stack connect tiny --json").json
    assert document["stack"] == "tiny"
    assert json.loads(document["airflow"]["variable"]["AIRFLOW_CONN_GEOSCHEM_BENCH_AWS"])


@pytest.mark.usefixtures("made")
def test_a_stack_that_is_not_there_names_those_that_are(terminal, state):
    answer = terminal("stack connect Tiny")
    assert answer.code == 2
    assert "of ours there are here: tiny" in answer.words
    assert "--region NAME" in answer.words
    assert not state.exists()


def test_a_half_made_stack_is_refused(terminal, aws, state):
    template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}
    aws("cloudformation").create_change_set(
        StackName="half",
        ChangeSetName="c",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(template),
    )
    answer = terminal("stack connect half")
    assert answer.code == 1
    assert "half is REVIEW_IN_PROGRESS: not all of it is there" in answer.words
    aws("cloudformation").execute_change_set(StackName="half", ChangeSetName="c")
    answer = terminal("stack connect half")
    assert "has no output BenchmarkBucketName and BenchmarkTableName" in answer.words
    assert "--use-existing" in answer.words
    assert not state.exists()


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"AWS_ACCESS_KEY_ID": "SOMEBODY"}, "does not know these credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "nobody answers"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true",
          "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_CONFIG_FILE": "/nowhere"},
         "no AWS credentials"),
    ],
)  # fmt: skip
def test_no_way_in_is_one_message(terminal, environment, message, state):
    answer = terminal("stack connect tiny", **environment)
    assert answer.code == 2
    assert message in answer.words
    assert answer.err.count("error: ") == 1
    assert not state.exists()


@pytest.mark.usefixtures("made")
def test_the_sandboxs_stack_is_not_taken_for_one_of_aws(terminal):
    """Its key is in nobody's file, so the connection alone leads nowhere."""
    terminal("stack connect tiny")
    answer = terminal("stack doctor", AWS_ENDPOINT_URL="")
    assert answer.code == 2
    assert "sandbox up --env" in answer.words


def test_options_of_the_other_way_are_refused(terminal):
    assert "only with --use-existing" in terminal("stack connect tiny --bucket b").words
    assert "--use-existing needs" in terminal("stack connect --use-existing --queue q").words


DEFINITION = "arn:aws:batch:us-west-2:123456789012:job-definition/geos-chem-benchmark:3"


def stack(**parameters):
    outputs = {
        "BenchmarkBucketName": "b",
        "BenchmarkTableName": "t",
        "NotificationTopicArn": "arn:aws:sns:us-west-2:123456789012:S-NotificationTopic-1A2B",
        "JobDefinitionName": DEFINITION,
        "MultinodeJobDefinitionName": "geos-chem-benchmark-multinode",
    }
    return Stack("S", "id", "CREATE_COMPLETE", "", outputs, parameters, {})


def test_default_types_that_are_not_the_usual_ones_become_routes():
    found = environment_of(stack(GravitonInstanceType="c8g.4xlarge"), Account("us-west-2", "lab"))
    routes = parse_routes(found["GEOSCHEM_BENCH_QUEUES"], "")
    assert routes.queue("c8g.4xlarge", "arm64") == "geos-chem-graviton-queue"
    assert routes.queue("c7g.4xlarge", "arm64") == "geos-chem-c7g-4xlarge-queue"
    spot = routes.queue("c8g.4xlarge", "arm64", spot=True)
    assert spot == "geos-chem-graviton-spot-queue"
    assert found["AWS_PROFILE"] == "lab"
    assert found["GEOSCHEM_BENCH_TOPIC"] == "S-NotificationTopic-1A2B"
    assert "GEOSCHEM_BENCH_JOB_DEFINITIONS" not in found
    assert "123456789012" not in str(found)


def test_airflow_takes_the_role_on_aws_and_not_in_the_sandbox():
    role = "arn:aws:iam::123456789012:role/airflow"
    assert airflow_connection(Account("us-west-2"), role).extra["role_arn"] == role
    sandbox = Account("us-west-2", endpoint_url="http://127.0.0.1:1")
    assert airflow_connection(sandbox, role).extra == {"region_name": "us-west-2"}
