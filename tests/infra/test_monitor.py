"""The monitor's code: as the function runs it."""

from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from infra.benchmarking_stack import monitor
from infra.benchmarking_stack.monitoring import CODE

NOW = 1_800_000_000.0
MOST_CHARACTERS = 4096


class Batch:
    """As much of Batch's client as the monitor uses."""

    def __init__(self, jobs, environments):
        self._answers = {
            "describe_job_queues": lambda: [{"jobQueues": [_queue("geos-chem-a"), _queue("b")]}],
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


def test_the_longest_wait_is_that_of_the_oldest_runnable_job():
    jobs = [("geos-chem-a", "RUNNABLE", _job(seconds)) for seconds in (60, 7200, 30)]
    jobs.append(("geos-chem-a", "RUNNING", _job(90000)))
    assert monitor.look(Batch(jobs, []), "geos-chem-", NOW)["OldestRunnableSeconds"] == 7200


def test_nothing_waits_in_empty_queues():
    assert monitor.look(Batch([], []), "geos-chem-", NOW)["OldestRunnableSeconds"] == 0


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
    assert function["Code"] == {"ZipFile": CODE.read_text()}
    assert len(CODE.read_text()) <= MOST_CHARACTERS
    assert function["Handler"] == "index.handler"
