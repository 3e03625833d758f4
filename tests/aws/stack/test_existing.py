"""`stack connect --use-existing`: an account that has the earlier system's resources."""

from __future__ import annotations

import json
import shlex

import pytest
from botocore.session import Session

from geoschem_bench.aws.table_layout import INDEXES, KEYS, create_command, layout_of
from tests.aws.stack.earlier import OURS, Earlier, schema

pytestmark = pytest.mark.usefixtures("cleared")


@pytest.fixture
def earlier(aws):
    made = Earlier(aws)
    yield made
    made.remove()


ADOPT = "stack connect --use-existing --bucket earlier-results"


def test_an_earlier_installation_is_adopted_and_what_differs_is_told(terminal, earlier, state):
    types = ["c7g.4xlarge", "c7g.8xlarge", "c6g.4xlarge"]
    earlier.queue("geos-chem-graviton-queue", types)
    earlier.queue("geos-chem-x86-queue", ["c7i.4xlarge"])
    earlier.definition("geos-chem-benchmark-arm64")
    earlier.definition("geos-chem-benchmark-x86", OURS, 15, timeout={"attemptDurationSeconds": 900})
    earlier.bucket()
    earlier.table()
    answer = terminal(
        f"{ADOPT} --queue geos-chem-graviton-queue --queue geos-chem-x86-queue "
        "--job-definition geos-chem-benchmark-arm64 --job-definition geos-chem-benchmark-x86"
    )
    assert answer.code == 0, answer.words
    for words in (
        "several instance types: c7g.4xlarge, c7g.8xlarge, c6g.4xlarge",
        "wrong_instance",
        "no jobStateTimeLimitActions",
        "its hosts answer IMDSv1",
        "no ulimit for the stack",
        "no time limit",
        "it asks for 16 vCPUs, all of an instance",
        "its command is not geoschem-bench-runner's",
        "public access is not blocked",
        "its logs go to /aws/batch/job",
        "--compute-resources instanceTypes=ONE_TYPE",
    ):
        assert words in folded(answer.out), words
    environment = json.loads((state / "connection.json").read_text())["environment"]
    assert environment["GEOSCHEM_BENCH_QUEUES"] == (
        "arm64=geos-chem-graviton-queue,x86_64=geos-chem-x86-queue"
    )
    assert environment["GEOSCHEM_BENCH_JOB_DEFINITIONS"] == (
        "arm64=geos-chem-benchmark-arm64,x86_64=geos-chem-benchmark-x86"
    )
    assert environment["GEOSCHEM_BENCH_BUCKET"] == "earlier-results"


def folded(text):
    """A table folds its cells: what they say, without borders and line breaks, is enough."""
    plain = terminal_cells(text)
    return plain + " " + " ".join(text.split())


def terminal_cells(text):
    columns: dict[int, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("│"):
            for number, cell in enumerate(line.strip("│").split("│")):
                columns.setdefault(number, []).append(cell.strip())
    return " ".join(" ".join(cells) for cells in columns.values())


@pytest.fixture
def usable(earlier):
    """The least that works."""
    earlier.queue("q", ["c7g.4xlarge"])
    earlier.definition("d", OURS, 15)
    earlier.bucket()
    earlier.table()
    return earlier


def adopted(terminal, options="--queue q --job-definition d"):
    """The document for programs; fatal differences by what they say."""
    answer = terminal(f"{ADOPT} {options} --json")
    assert answer.out, answer.err
    document = answer.json
    fatal = [d for d in document["differences"] if d["is_fatal"]]
    assert document["connected"] == (not fatal) == (answer.code == 0)
    assert all(d["what"] and d["consequence"] and d["cure"] for d in document["differences"])
    return document, fatal


def test_one_definition_serves_whatever_there_is(terminal, usable):
    document, fatal = adopted(terminal)
    assert fatal == []
    assert document["environment"]["GEOSCHEM_BENCH_JOB_DEFINITIONS"] == "arm64=d"


def test_several_queues_of_one_architecture_are_told_apart_by_type(terminal, usable):
    usable.queue("big", ["c7g.16xlarge"])
    document, _ = adopted(terminal, "--queue q --queue big --job-definition d")
    assert document["environment"]["GEOSCHEM_BENCH_QUEUES"] == (
        "c7g.4xlarge=q,arm64=q,c7g.16xlarge=big"
    )


@pytest.mark.parametrize(
    ("queue", "what"),
    [
        (["c7g.4xlarge", "c7i.4xlarge"], "mixed architectures"),
        (["zz9.large"], "types that the catalogue does not know"),
    ],
)
def test_a_queue_without_one_architecture_is_unusable(terminal, usable, state, queue, what):
    usable.queue("bad", queue)
    _, fatal = adopted(terminal, "--queue bad --job-definition d")
    assert any(what in each["what"] for each in fatal)
    assert not (state / "connection.json").exists()


def test_an_invalid_environment_is_unusable(terminal, usable, aws):
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="x", Description="x", VpcId=vpc)["GroupId"]
    usable.queue("invalid", ["c7g.4xlarge"], securityGroupIds=[group])
    _, fatal = adopted(terminal, "--queue invalid --job-definition d")
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=vpc)
    assert any("INVALID" in each["what"] for each in fatal)


def test_a_definition_that_takes_no_parameters_is_unusable(terminal, usable):
    usable.definition("mute", ["run.sh"])
    _, fatal = adopted(terminal, "--queue q --job-definition arm64=mute")
    assert [each["subject"] for each in fatal] == ["definition mute"]
    assert "Ref::configJson" in fatal[0]["what"]


def test_definitions_whose_architecture_nobody_knows_must_be_told(terminal, usable):
    usable.definition("e", OURS, 15)
    _, fatal = adopted(terminal, "--queue q --job-definition d --job-definition e")
    assert "--job-definition arm64=d" in fatal[0]["cure"]
    _, fatal = adopted(terminal, "--queue q --job-definition arm64=d")
    assert fatal == []
    assert "'arm' is none of" in terminal(f"{ADOPT} --queue q --job-definition arm=d").words


def test_an_architecture_without_a_definition_is_unusable(terminal, usable):
    usable.queue("x", ["c7i.4xlarge"])
    _, fatal = adopted(terminal, "--queue q --queue x --job-definition arm64=d")
    assert fatal[0]["subject"] == "architecture x86_64"


def test_no_table_comes_with_the_command_that_makes_one(terminal, usable):
    _, fatal = adopted(terminal, "--queue q --job-definition d --table nowhere")
    assert fatal[0]["subject"] == "table nowhere"
    assert fatal[0]["cure"] == create_command("nowhere", "us-west-2")


def test_the_earlier_systems_table_has_another_key(terminal, usable):
    usable.table("GeosChem-Benchmarks", ("benchmark_id", "timestamp"), {})
    _, fatal = adopted(terminal, "--queue q --job-definition d --table GeosChem-Benchmarks")
    assert "benchmark_id and timestamp" in fatal[0]["what"]
    assert "--table GeosChem-Benchmarks-2" in fatal[0]["cure"]


def test_a_table_without_our_indexes_is_unusable(terminal, usable):
    usable.table("bare", KEYS, {"by_run": INDEXES["by_run"]})
    _, fatal = adopted(terminal, "--queue q --job-definition d --table bare")
    assert "by_simulation, by_month" in fatal[0]["what"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--queue Q --job-definition d", "no job queue Q in us-west-2; did you mean 'q'?; there"),
        ("--queue q --job-definition D", "no active job definition D in us-west-2; did you mean"),
    ],
)
@pytest.mark.usefixtures("usable")
def test_what_is_not_there_names_what_is(terminal, state, options, message):
    answer = terminal(f"{ADOPT} {options}")
    assert answer.code == 2
    assert message in answer.words
    assert not state.exists()


def test_a_bucket_that_is_not_there(terminal, usable, state):
    answer = terminal(
        "stack connect --use-existing --queue q --job-definition d --bucket nowhere-1"
    )
    assert answer.code == 1
    assert "aws s3 mb s3://nowhere-1" in answer.words
    assert not state.exists()


def test_the_command_that_makes_a_table_makes_one_of_ours(aws, usable):
    """The words are those of the command line; their meaning is checked by reading them back."""
    words = shlex.split(create_command("made", "us-west-2"))
    assert words[:3] == ["aws", "dynamodb", "create-table"]
    model = Session().get_service_model("dynamodb").operation_model("CreateTable").input_shape
    assert model is not None
    known = {"".join("-" + c.lower() if c.isupper() else c for c in name).strip("-")
             for name in model.members}  # fmt: skip
    options = [word.removeprefix("--") for word in words if word.startswith("--")]
    assert set(options) - {"region"} <= known
    indexes = [word for word in words if word.startswith("IndexName=")]
    assert [word.split(",")[0] for word in indexes] == [f"IndexName={name}" for name in INDEXES]


def test_a_layout_is_read_whatever_the_order_of_its_keys():
    described = {
        "KeySchema": schema(KEYS)[::-1],
        "GlobalSecondaryIndexes": [
            {"IndexName": name, "KeySchema": schema(keys)[::-1]} for name, keys in INDEXES.items()
        ],
    }
    assert layout_of(described) == (KEYS, dict(INDEXES))
