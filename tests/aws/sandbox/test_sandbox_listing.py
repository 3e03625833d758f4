"""ListJobs: states, filters and pages."""

from __future__ import annotations

import itertools

import pytest

QUEUE = "geos-chem-x86-queue"


def names_of(answer):
    return [summary["jobName"] for summary in answer["jobSummaryList"]]


def test_list_jobs_answers_the_running_ones(jobs, batch, tmp_path):
    gate = tmp_path / "gate"
    running = jobs.shell(f"until test -e {gate}; do sleep 0.02; done", queue=QUEUE)
    jobs.wait(running, "RUNNING")
    waiting = jobs.shell("true", queue=QUEUE)
    jobs.wait(waiting, "RUNNABLE")
    shown = batch.list_jobs(jobQueue=QUEUE)["jobSummaryList"]
    assert [summary["jobId"] for summary in shown] == [running]
    shown = batch.list_jobs(jobQueue=QUEUE, jobStatus="RUNNABLE")["jobSummaryList"]
    assert [summary["jobId"] for summary in shown] == [waiting]
    gate.touch()
    jobs.wait(waiting)


def test_list_jobs_by_name_and_prefix_whatever_the_state(jobs, batch, blocked):
    for name in ("gsb-Run-a-1", "gsb-run-b-1", "other"):
        jobs.submit(jobs.define(["true"]), queue=blocked, name=name)

    def named(value):
        return names_of(
            batch.list_jobs(jobQueue=blocked, filters=[{"name": "JOB_NAME", "values": [value]}])
        )

    assert sorted(named("GSB-run-*")) == ["gsb-Run-a-1", "gsb-run-b-1"]
    assert named("gsb-run-a-1") == ["gsb-Run-a-1"]
    assert named("gsb-run-a") == []


def test_list_jobs_by_definition_and_time(jobs, batch, blocked):
    definition = jobs.define(["true"])
    job_id = jobs.submit(definition, queue=blocked, name="by-definition")
    created = jobs.detail(job_id)["createdAt"]

    def found(name, value):
        filters = [{"name": name, "values": [value]}]
        return names_of(batch.list_jobs(jobQueue=blocked, filters=filters))

    assert found("JOB_DEFINITION", definition) == ["by-definition"]
    assert found("JOB_DEFINITION", jobs.detail(job_id)["jobDefinition"]) == ["by-definition"]
    assert found("BEFORE_CREATED_AT", str(created + 1))[0] == "by-definition"
    assert "by-definition" not in found("BEFORE_CREATED_AT", str(created))
    assert found("AFTER_CREATED_AT", str(created - 1)) == ["by-definition"]
    assert found("AFTER_CREATED_AT", str(created)) == []


def test_list_jobs_in_pages(jobs, batch, blocked):
    definition = jobs.define(["true"])
    for number in range(5):
        jobs.submit(definition, queue=blocked, name=f"page-{number}")
    pages = batch.get_paginator("list_jobs").paginate(
        jobQueue=blocked,
        filters=[{"name": "JOB_NAME", "values": ["page-*"]}],
        PaginationConfig={"PageSize": 2},
    )
    found = [names_of(page) for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert sorted(itertools.chain(*found)) == [f"page-{number}" for number in range(5)]


def test_list_jobs_explains_what_it_does_not_take(batch, refused):
    with pytest.raises(refused, match=r"jobStatus: 'DONE'.*SUCCEEDED"):
        batch.list_jobs(jobQueue=QUEUE, jobStatus="DONE")
    with pytest.raises(refused, match=r"filters: 'NAME'.*JOB_NAME"):
        batch.list_jobs(jobQueue=QUEUE, filters=[{"name": "NAME", "values": ["a"]}])
    with pytest.raises(refused, match="jobQueue: missing"):
        batch.list_jobs(arrayJobId="a")
