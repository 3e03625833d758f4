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
    found: dict[str, float] = {f"Jobs{state.capitalize()}": 0 for state in STATES}
    waiting = [0.0]
    for queue in ours(batch, "jobQueue", prefix):
        for state in STATES:
            pages = batch.get_paginator("list_jobs").paginate(
                jobQueue=queue["jobQueueName"], jobStatus=state
            )
            jobs = [job for page in pages for job in page["jobSummaryList"]]
            found[f"Jobs{state.capitalize()}"] += len(jobs)
            if state == "RUNNABLE":
                waiting += [now - job["createdAt"] / 1000 for job in jobs]
    found["OldestRunnableSeconds"] = max(waiting)
    hosts = ours(batch, "computeEnvironment", prefix)
    found["InvalidEnvironments"] = sum(host["status"] == "INVALID" for host in hosts)
    resources = [host.get("computeResources", {}) for host in hosts]
    found["DesiredvCpus"] = sum(has.get("desiredvCpus", 0) for has in resources)
    return found


def ours(batch: Any, kind: str, prefix: str) -> list[Any]:  # noqa: ANN401 - boto3
    """Queues or environments whose names begin with the prefix."""
    operation = {"jobQueue": "describe_job_queues"}.get(kind, "describe_compute_environments")
    pages = batch.get_paginator(operation).paginate()
    every = [item for page in pages for item in page[f"{kind}s"]]
    return [item for item in every if item[f"{kind}Name"].startswith(prefix)]
