"""Every five minutes, what AWS Batch does not say by itself, as metrics."""

import os
import time
from typing import Any

import boto3

STATES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")


def handler(event: object, context: object) -> dict[str, float]:
    """Look once, and publish. An error is raised: the function's errors have an alarm."""
    region = os.environ["AWS_REGION"]
    found = look(boto3.client("batch", region_name=region), os.environ["PREFIX"], time.time())
    boto3.client("cloudwatch", region_name=region).put_metric_data(
        Namespace=os.environ["NAMESPACE"],
        MetricData=[{"MetricName": name, "Value": value} for name, value in found.items()],
    )
    return found


def look(batch: Any, prefix: str, now: float) -> dict[str, float]:  # noqa: ANN401 - boto3
    """The metrics."""
    found = {f"Jobs{state.capitalize()}": 0.0 for state in STATES}
    stuck = [0.0]
    for queue in ours(batch, "jobQueue", prefix):
        jobs = {state: jobs_of(batch, queue["jobQueueName"], state) for state in STATES}
        for state in STATES:
            found[f"Jobs{state.capitalize()}"] += len(jobs[state])
        # Behind a job that runs, waiting is what a queue is for
        if not (jobs["STARTING"] or jobs["RUNNING"]):
            stuck += [now - job["createdAt"] / 1000 for job in jobs["RUNNABLE"]]
    found["StuckSeconds"] = max(stuck)
    hosts = ours(batch, "computeEnvironment", prefix)
    found["InvalidEnvironments"] = sum(host["status"] == "INVALID" for host in hosts)
    found["DesiredvCpus"] = sum(
        host.get("computeResources", {}).get("desiredvCpus", 0) for host in hosts
    )
    return found


def jobs_of(batch: Any, queue: str, state: str) -> list[Any]:  # noqa: ANN401 - boto3
    """A queue's jobs of one state."""
    pages = batch.get_paginator("list_jobs").paginate(jobQueue=queue, jobStatus=state)
    return [job for page in pages for job in page["jobSummaryList"]]


def ours(batch: Any, kind: str, prefix: str) -> list[Any]:  # noqa: ANN401 - boto3
    """Queues or environments whose names begin with the prefix."""
    operation = {"jobQueue": "describe_job_queues"}.get(kind, "describe_compute_environments")
    pages = batch.get_paginator(operation).paginate()
    every = [item for page in pages for item in page[f"{kind}s"]]
    return [item for item in every if item[f"{kind}Name"].startswith(prefix)]
