"""Jobs as Batch describes them, and whose log is whose."""

from __future__ import annotations

from typing import Any

import pytest

from geoschem_bench.aws.batch import DEFAULT_LOG_GROUP, BatchJobs, Job

DESCRIBED = {"jobId": "1", "jobName": "gsb-a-1", "jobQueue": "arn:aws:batch:x:y:q/z",
             "status": "FAILED", "createdAt": 1}  # fmt: skip
OURS = {"logConfiguration": {"options": {"awslogs-group": "/geoschem-bench/jobs"}}}


class Answering:
    """A client that answers one thing and remembers what it was asked."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.asked: dict[str, Any] = {}

    def describe_jobs(self, **request: Any) -> dict[str, Any]:
        return {"jobs": [self.answer]}

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        return {"events": [{"message": "last words"}]}


def read(**described: Any) -> Job:
    return BatchJobs(Answering(DESCRIBED | described), None).describe(["1"])[0]


@pytest.mark.parametrize(
    ("described", "group"),
    [
        ({}, DEFAULT_LOG_GROUP),
        ({"container": {}}, DEFAULT_LOG_GROUP),
        ({"container": OURS}, "/geoschem-bench/jobs"),
        ({"nodeProperties": {"nodeRangeProperties": [{"container": OURS}]}},
         "/geoschem-bench/jobs"),
    ],
)  # fmt: skip
def test_the_log_is_where_the_definition_says(described: dict[str, Any], group: str) -> None:
    assert read(**described).log_group == group


def test_the_tail_is_asked_of_the_jobs_own_group() -> None:
    logs = Answering({})
    job = read(container={**OURS, "logStreamName": "s"})
    assert BatchJobs(None, logs).log_tail(job, 3) == ("last words",)
    assert logs.asked == {"logGroupName": "/geoschem-bench/jobs", "logStreamName": "s",
                          "limit": 3, "startFromHead": False}  # fmt: skip


def test_a_job_without_a_log_has_no_tail() -> None:
    assert BatchJobs(None, Answering({})).log_tail(read()) == ()
