"""A queue with all that is behind it, as Batch describes it at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch_resources import (
    Environment,
    Queue,
    environments_named,
    queues_named,
)
from geoschem_bench.aws.refusals import is_denied

SNAPSHOT_JOBS = 100
"""The most that AWS shows of the front of a queue."""


@dataclass(frozen=True)
class WaitingJob:
    """A job at the front of its queue."""

    id: str
    name: str
    status: str
    status_reason: str
    vcpus: int
    """On each node."""
    memory_mib: int
    """On each node."""
    nodes: int
    definition: str


class QueueFacts:
    """Each fact is asked for once, when it is needed."""

    def __init__(self, account: Account, queue: str) -> None:
        self.account = account
        self.name = queue
        self.taken_at = datetime.now(UTC)
        self._batch = account.client("batch")

    @cached_property
    def queue(self) -> Queue | None:
        """None where there is none of this name."""
        return queues_named(self._batch, [self.name]).get(self.name)

    @cached_property
    def environments(self) -> Mapping[str, Environment]:
        """Those behind the queue that exist."""
        return environments_named(self._batch, self.queue.environments if self.queue else ())

    @cached_property
    def usable(self) -> list[Environment]:
        """Environments that can start instances."""
        return [each for each in self.environments.values() if each.is_usable]

    @cached_property
    def started_vcpus(self) -> int:
        """How many vCPUs of instances Batch has asked for or has."""
        names = list(self.environments)
        if not names:
            return 0
        found = self._batch.describe_compute_environments(computeEnvironments=names)
        resources = (each.get("computeResources") or {} for each in found["computeEnvironments"])
        return sum(int(each.get("desiredvCpus", 0)) for each in resources)

    @cached_property
    def front(self) -> Mapping[str, datetime | None]:
        """Ids of the first that wait, in order, each with the time since when it is there."""
        try:
            shown = self._batch.get_job_queue_snapshot(jobQueue=self.name)["frontOfQueue"]["jobs"]
        except ClientError as error:
            if not is_denied(error):
                raise
            return self._oldest_first()
        return {each["jobArn"].rsplit("/", 1)[-1]: _time(each.get("earliestTimeAtPosition"))
                for each in shown}  # fmt: skip

    @cached_property
    def head(self) -> WaitingJob | None:
        """The first that waits."""
        return self.describe(next(iter(self.front), ""))

    @cached_property
    def count_on_hosts(self) -> int:
        """How many jobs have an instance that this queue could have, as far as one page tells."""
        return self._count(
            each["jobQueueName"]
            for each in self._queues
            if self.environments.keys()
            & {
                item["computeEnvironment"].rsplit("/", 1)[-1]
                for item in each.get("computeEnvironmentOrder", [])
            }
        )

    @cached_property
    def count_on_computer(self) -> int:
        """How many jobs of any queue have one: in the sandbox they all share this computer."""
        return self._count(each["jobQueueName"] for each in self._queues)

    @property
    def is_in_the_sandbox(self) -> bool:
        """Whether all instances are one computer."""
        return self.account.endpoint_url is not None

    @cached_property
    def _queues(self) -> list[dict[str, Any]]:
        pages = self._batch.get_paginator("describe_job_queues").paginate()
        return [each for page in pages for each in page["jobQueues"]]

    def _count(self, queues: Iterable[str]) -> int:
        return sum(
            len(self._batch.list_jobs(jobQueue=name, jobStatus=status)["jobSummaryList"])
            for name in queues
            for status in ("STARTING", "RUNNING")
        )

    def describe(self, job_id: str) -> WaitingJob | None:
        """One job; None where Batch knows none of this id."""
        found = self._batch.describe_jobs(jobs=[job_id])["jobs"] if job_id else []
        return _job(found[0]) if found else None

    def _oldest_first(self) -> Mapping[str, datetime | None]:
        """Nearly the same, for whoever may not ask for a snapshot."""
        found = self._batch.list_jobs(jobQueue=self.name, jobStatus="RUNNABLE")["jobSummaryList"]
        ordered = sorted(found, key=lambda each: int(each["createdAt"]))[:SNAPSHOT_JOBS]
        return {each["jobId"]: None for each in ordered}


def _job(data: Mapping[str, Any]) -> WaitingJob:
    nodes = data.get("nodeProperties") or {}
    ranges = nodes.get("nodeRangeProperties") or [{}]
    container = data.get("container") or ranges[0].get("container") or {}
    asked = {item["type"]: item["value"] for item in container.get("resourceRequirements", [])}
    return WaitingJob(
        id=data["jobId"],
        name=data["jobName"],
        status=data["status"],
        status_reason=data.get("statusReason") or "",
        vcpus=int(float(asked.get("VCPU") or container.get("vcpus") or 0)),
        memory_mib=int(asked.get("MEMORY") or container.get("memory") or 0),
        nodes=int(nodes.get("numNodes", 1)),
        definition=data["jobDefinition"],
    )


def _time(milliseconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
