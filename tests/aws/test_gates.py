"""What the gates see: each thing that is missing, and what nobody can tell."""

from __future__ import annotations

import json

import pytest

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.gates import GateKeeper, GateState, Question
from geoschem_bench.errors import Reason
from tests.aws.clients import clients_of
from tests.aws.installation import Installation, want


@pytest.fixture(scope="module")
def made(box):
    with clients_of(box) as client:
        yield Installation(box, client)


@pytest.fixture
def look(made):
    def ask(kind, *wants, at_once=10):
        return GateKeeper(made.account).look(Question(kind, wants, at_once))

    return ask


def test_a_queue_that_takes_jobs_is_open(made, look):
    assert look("queue", want(queue=made.queue())).state == "open"


def test_a_queue_that_is_missing_is_broken(look):
    state = look("queue", want(queue="nobodys-queue"))
    assert (state.state, state.reason, state.benchmarks) == ("broken", "misconfigured", None)
    assert "nobodys-queue is missing" in state.message
    assert state.cure


def test_a_disabled_environment_is_broken(made, look):
    queue = made.queue()
    made.disable(queue)
    state = look("queue", want(queue=queue))
    assert (state.state, state.reason) == ("broken", "misconfigured")
    assert f"environment {queue} is DISABLED" in state.message


def test_an_environment_over_two_networks_is_broken(made, look):
    queue = made.queue(securityGroupIds=[made.foreign_group()])
    state = look("queue", want(queue=queue))
    assert (state.state, state.reason) == ("broken", "misconfigured")
    assert "not linked to the VPCs" in state.message


def test_only_the_benchmark_that_its_environment_cannot_hold_is_kept_out(made, look):
    queue = made.queue(maxvCpus=16)
    state = look("queue", want("SMALL", queue=queue), want("LARGE", queue=queue, vcpus=63))
    assert (state.state, state.benchmarks) == ("broken", ("LARGE",))
    assert "may start 16 vCPUs" in state.message
    assert "maxvCpus=63" in state.cure


def test_several_nodes_need_room_together(made, look):
    queue = made.queue(maxvCpus=16)
    assert look("queue", want(queue=queue, nodes=2)).state == "broken"


def test_a_definition_that_is_missing_is_broken(look):
    state = look("image", want(definition="nobodys"))
    assert (state.state, state.reason) == ("broken", "misconfigured")
    assert "nobodys has no ACTIVE revision" in state.message


@pytest.mark.parametrize(
    ("built", "state", "words"),
    [
        (("arm64", "amd64"), "open", "is there, for arm64, x86_64"),
        (("amd64",), "broken", "built for x86_64, not for arm64"),
        ((), "broken", "is not there"),
    ],
)
def test_the_image_must_be_there_for_the_architecture(made, look, built, state, words):
    name = made.definition(image=made.image(*built))
    found = look("image", want(definition=name))
    assert found.state == state
    assert found.reason == (None if state == "open" else "image")
    assert words in found.message


def test_an_image_that_nobody_can_ask_about_is_let_pass_with_a_word(made, look):
    state = look("image", want(definition=made.definition(image="ghcr.io/somebody/geos-chem:1")))
    assert state.state == "open"
    assert "cannot be told" in state.message


def test_a_definition_by_revision_is_looked_at(made, look):
    name = made.definition(image=made.image("arm64"))
    assert "is there" in look("image", want(definition=f"{name}:1")).message
    assert look("image", want(definition=f"{name}:2")).state == "broken"


def test_images_of_the_sandbox_are_not_looked_at(made, look):
    state = look("image", want(definition=made.definition(platform="sandbox")))
    assert state.state == "open"
    assert "not looked at" in state.message


def test_input_data_must_be_there(made, look):
    bucket, definition = made.sandbox.bucket, made.definition()
    made.client("s3").put_object(Bucket=bucket, Key="input/met/1.nc", Body=b"x")
    here, empty, nowhere = (f"s3://{bucket}/input/", f"s3://{bucket}/nothing/", "s3://nobodys/x")
    state = look(
        "input",
        want("HERE", input=here, definition=definition),
        want("EMPTY", input=empty, definition=definition),
        want("NOWHERE", input=nowhere, definition=definition),
    )
    assert (state.state, state.reason) == ("broken", "input_data")
    assert state.benchmarks == ("EMPTY", "NOWHERE")
    assert f"{empty}: nothing lies there" in state.message
    assert "no bucket nobodys" in state.message
    assert look("input", want(input=here, definition=definition)).state == "open"


def test_a_stand_in_needs_no_bucket_of_aws(made, look):
    variables = [{"name": "GEOSCHEM_BENCH_STAND_IN", "value": "proxy"}]
    stand_in = made.definition(environment=variables)
    assert look("input", want(input="s3://geos-chem/x", definition=stand_in)).state == "open"


def test_only_the_benchmark_beyond_the_quota_is_kept_out(made, look):
    with made.quotas(L_1216C47A=20):
        state = look("quota", want("SMALL"), want("LARGE", instance_type="c7g.8xlarge"))
    assert (state.state, state.reason, state.benchmarks) == ("broken", "quota", ("LARGE",))
    assert "is 20 vCPUs" in state.message
    assert "--desired-value 32" in state.cure


def test_quotas_of_spot_and_of_nodes_are_counted(made, look):
    with made.quotas(L_1216C47A=20, L_34B43A08=4):
        state = look("quota", want("SPOT", is_spot=True), want("NODES", nodes=2), want("FITS"))
    assert state.state == "broken"
    assert state.benchmarks is not None
    assert set(state.benchmarks) == {"SPOT", "NODES"}


def test_more_at_once_than_the_quota_keeps_nobody_out_and_is_said(made, look):
    with made.quotas(L_1216C47A=40):
        state = look("quota", want("A"), want("B"), want("C"), at_once=3)
        assert state.state == "open"
        assert "48 wanted at once; some benchmarks will wait" in state.message
        assert "wait" not in look("quota", want("A"), want("B"), want("C"), at_once=2).message


def test_a_quota_that_others_have_taken_may_become_free(made, look):
    queue = made.queue()
    with made.quotas(L_1216C47A=20):
        with made.instances("c7g.2xlarge", 1):
            state = look("quota", want(queue=queue))
        assert (state.state, state.reason, state.benchmarks) == ("shut", "quota", ("ONE",))
        assert "8 are in use" in state.message
        assert look("quota", want(queue=queue)).state == "open"


def test_a_type_of_which_no_quota_is_known_is_let_pass_with_a_word(look):
    state = look("quota", want(instance_type="g5.xlarge"))
    assert state.state == "open"
    assert "not known" in state.message


def test_aws_that_does_not_answer_is_silent_and_no_verdict(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    state = GateKeeper(Account("us-west-2")).look(Question("queue", (want(),), 1))
    assert (state.state, state.reason) == ("silent", "unknown")
    assert "Traceback" not in state.message


def test_a_key_that_aws_does_not_know_is_silent_and_says_what_to_do(box, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", box.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONG")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    state = GateKeeper(Account("us-west-2")).look(Question("queue", (want(),), 1))
    assert (state.state, state.reason) == ("silent", "misconfigured")


def test_questions_and_states_survive_json():
    question = Question("quota", (want("A"), want("B", input="s3://a/b")), 3)
    assert Question.from_document(json.loads(json.dumps(question.to_document()))) == question
    state = GateState("shut", "why", Reason.QUOTA, "cure", ("A",))
    assert GateState.from_document(json.loads(json.dumps(state.to_document()))) == state
