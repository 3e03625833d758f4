"""Runs that keep instances of one environment warm at one time, and never take another's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from geoschem_bench.aws.warm import BEFORE_TAG, WANT_TAG, WarmEnvironments
from geoschem_bench.errors import StorageError
from tests.aws.clients import clients_of

QUEUE = "geos-chem-graviton-queue"
ENVIRONMENT = "geos-chem-graviton"
LATER = timedelta(hours=5)


@pytest.fixture
def batch(box: Any) -> Iterator[Any]:
    """Batch of the sandbox, with nothing kept."""
    with clients_of(box) as client:
        yield client("batch")
        gone = ours(client("batch"))
        if gone:
            arn = environment_of(client("batch"))["computeEnvironmentArn"]
            client("batch").untag_resource(resourceArn=arn, tagKeys=gone)
        resources = {"minvCpus": 0}
        client("batch").update_compute_environment(
            computeEnvironment=ENVIRONMENT, computeResources=resources
        )


def environment_of(batch: Any) -> dict[str, Any]:
    found = batch.describe_compute_environments(computeEnvironments=[ENVIRONMENT])
    environment: dict[str, Any] = found["computeEnvironments"][0]
    return environment


def least(batch: Any) -> int:
    return int(environment_of(batch)["computeResources"]["minvCpus"])


def ours(batch: Any) -> list[str]:
    """Tags that the runs have put on."""
    return [key for key in environment_of(batch)["tags"] if key.startswith("geoschem-bench-")]


def want(batch: Any, run: str, vcpus: int, lasting: timedelta = LATER) -> list[str]:
    until = datetime.now(UTC) + lasting
    return list(WarmEnvironments(batch).want(run, {QUEUE: vcpus}, until))


def release(batch: Any, run: str) -> list[str]:
    return list(WarmEnvironments(batch).release(run, [QUEUE]))


def test_one_run_keeps_instances_and_lets_them_go(batch: Any) -> None:
    most = environment_of(batch)["computeResources"]["maxvCpus"]
    assert want(batch, "one", 32) == [f"{ENVIRONMENT} keeps 32 vCPUs (before: 0; at most {most})"]
    assert least(batch) == 32
    assert release(batch, "one") == [f"{ENVIRONMENT} keeps 0 vCPUs"]
    assert least(batch) == 0
    assert ours(batch) == []


@pytest.mark.parametrize("first_to_end", ["small", "large"])
def test_a_run_that_ends_takes_nothing_from_the_other(batch: Any, first_to_end: str) -> None:
    wants = {"small": 16, "large": 64}
    for run, vcpus in wants.items():
        want(batch, run, vcpus)
    assert least(batch) == 64
    release(batch, first_to_end)
    other = next(run for run in wants if run != first_to_end)
    assert least(batch) == wants[other]
    release(batch, other)
    assert least(batch) == 0
    assert ours(batch) == []


def test_what_was_kept_before_any_run_is_kept_after_it(batch: Any) -> None:
    batch.update_compute_environment(
        computeEnvironment=ENVIRONMENT, computeResources={"minvCpus": 48}
    )
    want(batch, "one", 16)
    assert least(batch) == 48
    release(batch, "one")
    assert least(batch) == 48


def test_nobody_wants_more_than_the_environment_may_have(batch: Any) -> None:
    most = int(environment_of(batch)["computeResources"]["maxvCpus"])
    want(batch, "one", 10 * most)
    assert least(batch) == most
    release(batch, "one")


def test_the_want_of_a_run_that_never_came_back_lapses(batch: Any) -> None:
    want(batch, "killed", 64, lasting=-LATER)
    want(batch, "one", 16)
    assert least(batch) == 16
    assert sorted(ours(batch)) == sorted([BEFORE_TAG, WANT_TAG + "one"])
    release(batch, "one")
    assert least(batch) == 0


@pytest.mark.parametrize("kept_before", [0, 48])
@pytest.mark.parametrize("coming", ["before", "after"], ids="comes {} the last look".format)
def test_a_run_that_comes_while_the_last_one_goes_can_go_as_well(
    batch: Any, monkeypatch: pytest.MonkeyPatch, kept_before: int, coming: str
) -> None:
    """The one that goes has seen nobody else, and takes away what it was before any of them."""
    batch.update_compute_environment(
        computeEnvironment=ENVIRONMENT, computeResources={"minvCpus": kept_before}
    )
    want(batch, "going", 64)
    untag = batch.untag_resource

    def untag_while_another_comes(resourceArn: str, tagKeys: list[str]) -> None:  # noqa: N803 - AWS's
        if BEFORE_TAG in tagKeys and coming == "before":
            want(batch, "coming", 96)
        untag(resourceArn=resourceArn, tagKeys=tagKeys)
        if BEFORE_TAG in tagKeys and coming == "after":
            want(batch, "coming", 96)

    with monkeypatch.context() as patch:
        patch.setattr(batch, "untag_resource", untag_while_another_comes)
        release(batch, "going")
    assert least(batch) == 96
    release(batch, "coming")
    assert least(batch) == kept_before
    assert ours(batch) == []


def test_a_want_is_taken_back_also_where_the_rest_is_gone(batch: Any) -> None:
    want(batch, "one", 16)
    arn = environment_of(batch)["computeEnvironmentArn"]
    batch.untag_resource(resourceArn=arn, tagKeys=[BEFORE_TAG])
    assert release(batch, "one") == [f"{ENVIRONMENT} keeps 0 vCPUs"]
    assert least(batch) == 0


def test_what_a_lost_run_keeps_is_let_go_by_another(batch: Any) -> None:
    """Its want lapsed after it was put on: nobody has settled since."""
    arn = environment_of(batch)["computeEnvironmentArn"]
    want(batch, "lost", 64)
    lapsed = {WANT_TAG + "lost": f"64@{(datetime.now(UTC) - LATER).isoformat()}"}
    batch.tag_resource(resourceArn=arn, tags=lapsed)
    assert least(batch) == 64
    said = list(WarmEnvironments(batch).settle_lapsed([QUEUE]))
    assert said == [f"{ENVIRONMENT} keeps 0 vCPUs: what lost wanted has lapsed"]
    assert least(batch) == 0
    assert ours(batch) == []


def test_what_is_in_force_does_not_lapse(batch: Any) -> None:
    want(batch, "one", 64)
    assert list(WarmEnvironments(batch).settle_lapsed([QUEUE])) == []
    assert least(batch) == 64
    release(batch, "one")
    assert list(WarmEnvironments(batch).settle_lapsed([QUEUE])) == []


def test_who_wants_nothing_takes_nothing(batch: Any) -> None:
    assert release(batch, "one") == []
    want(batch, "another", 16)
    assert release(batch, "one") == [f"{ENVIRONMENT} keeps 16 vCPUs"]
    assert least(batch) == 16
    release(batch, "another")


def test_a_queue_that_does_not_exist_is_passed_over(batch: Any) -> None:
    until = datetime.now(UTC) + LATER
    assert list(WarmEnvironments(batch).want("one", {"no-such-queue": 8}, until)) == []


def test_what_aws_refuses_is_tried_again_to_its_end(
    batch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minimum that stays costs money: nobody may take a refusal for a success."""
    from botocore.exceptions import ClientError

    want(batch, "one", 16)

    def refuse(**_: Any) -> None:
        answer: Any = {"Error": {"Code": "ClientException", "Message": "it is being modified"}}
        raise ClientError(answer, "UpdateComputeEnvironment")

    with monkeypatch.context() as patch:
        patch.setattr(batch, "update_compute_environment", refuse)
        with pytest.raises(StorageError, match="it is being modified"):
            release(batch, "one")
    assert least(batch) == 16
    assert release(batch, "one") == [f"{ENVIRONMENT} keeps 0 vCPUs"]
    assert least(batch) == 0
