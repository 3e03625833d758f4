"""The monitor's code: as the function runs it."""

from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.benchmarking_stack import monitor
from infra.benchmarking_stack.monitoring import CODE
from infra.benchmarking_stack.shipping import shipped

NOW = 1_800_000_000.0
MOST_CHARACTERS = 4096


class Batch:
    """As much of Batch's client as the monitor uses."""

    def __init__(self, jobs, environments, queues="a"):
        named = [*(_queue(f"geos-chem-{name}") for name in queues), _queue("b")]
        self._answers = {
            "describe_job_queues": lambda: [{"jobQueues": named}],
            "describe_compute_environments": lambda: [{"computeEnvironments": environments}],
            "list_jobs": lambda jobQueue, jobStatus: _pages(jobs, jobQueue, jobStatus),  # noqa: N803 - as boto3
        }

    def get_paginator(self, operation):
        return SimpleNamespace(paginate=self._answers[operation])


def _queue(name):
    return {"jobQueueName": name}


def _pages(jobs, queue, state):
    """One job a page."""
    return [{"jobSummaryList": [job]} for q, s, job in jobs if (q, s) == (queue, state)]


def _environment(name, status="VALID", vcpus=0):
    return {
        "computeEnvironmentName": name,
        "status": status,
        "computeResources": {"desiredvCpus": vcpus},
    }


def _job(seconds_ago):
    return {"createdAt": (NOW - seconds_ago) * 1000}


def test_jobs_are_counted_by_state_over_pages():
    jobs = [("geos-chem-a", "RUNNING", _job(9)), ("geos-chem-a", "RUNNING", _job(8))]
    found = monitor.look(Batch([*jobs, ("b", "RUNNING", _job(7))], []), "geos-chem-", NOW)
    assert found["JobsRunning"] == 2
    assert found["JobsRunnable"] == 0


WAITING = [("geos-chem-a", "RUNNABLE", _job(seconds)) for seconds in (60, 7200, 30)]


def test_where_nothing_starts_the_longest_wait_counts():
    assert monitor.look(Batch(WAITING, []), "geos-chem-", NOW)["StuckSeconds"] == 7200


@pytest.mark.parametrize("state", ["STARTING", "RUNNING"])
def test_behind_a_job_that_runs_waiting_is_no_trouble(state):
    jobs = [*WAITING, ("geos-chem-a", state, _job(90000))]
    assert monitor.look(Batch(jobs, []), "geos-chem-", NOW)["StuckSeconds"] == 0


def test_a_job_that_runs_elsewhere_does_not_hide_a_queue_that_is_stuck():
    batch = Batch([*WAITING, ("geos-chem-c", "RUNNING", _job(9))], [], queues="ac")
    assert monitor.look(batch, "geos-chem-", NOW)["StuckSeconds"] == 7200


def test_nothing_waits_in_empty_queues():
    assert monitor.look(Batch([], []), "geos-chem-", NOW)["StuckSeconds"] == 0


def test_our_environments_that_are_invalid_and_what_they_hold():
    environments = [
        _environment("geos-chem-graviton", "INVALID", 16),
        _environment("geos-chem-x86", vcpus=32),
        _environment("other", "INVALID", 64),
    ]
    found = monitor.look(Batch([], environments), "geos-chem-", NOW)
    assert (found["InvalidEnvironments"], found["DesiredvCpus"]) == (1, 48)


@mock_aws
def test_what_is_found_becomes_metrics(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    monkeypatch.setenv("PREFIX", "geos-chem-")
    monkeypatch.setenv("NAMESPACE", "GeosChemBench")
    found = monitor.handler({}, None)
    cloudwatch = boto3.client("cloudwatch", region_name="us-west-2")
    metrics = cloudwatch.list_metrics(Namespace="GeosChemBench")["Metrics"]
    assert {each["MetricName"] for each in metrics} == set(found)


def test_free_of_charge_together_with_the_two_of_the_metric_filters():
    """Ten metrics of one's own cost nothing."""
    assert len(monitor.look(Batch([], []), "", NOW)) + 2 <= 10


def test_an_error_is_not_hidden():
    with pytest.raises(KeyError):
        monitor.look(Batch([], [{"computeEnvironmentName": "geos-chem-x"}]), "geos-chem-", NOW)


def test_the_template_holds_this_very_code(of_type):
    (function,) = of_type("AWS::Lambda::Function").values()
    code = function["Code"]["ZipFile"]
    assert code == shipped(CODE.read_text())
    assert len(code) <= MOST_CHARACTERS
    assert function["Handler"] == "index.handler"


def test_what_is_shipped_finds_the_same(of_type):
    (function,) = of_type("AWS::Lambda::Function").values()
    index: dict[str, Any] = {}
    exec(function["Code"]["ZipFile"], index)  # noqa: S102 - our own code, as the function runs it
    batch = Batch(WAITING, [_environment("geos-chem-graviton", "INVALID", 16)])
    assert index["look"](batch, "geos-chem-", NOW) == monitor.look(batch, "geos-chem-", NOW)
    assert callable(index["handler"])


def test_words_for_readers_are_not_shipped():
    head = '"""Doc."""\nfrom typing import Any\n'
    code = 'def f(a: Any) -> int:\n    """Doc."""\n    return a  # so\n'
    assert shipped(head + code) == "def f(a):\n return a"
