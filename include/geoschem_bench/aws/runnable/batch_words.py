"""What Batch writes on the job at the head of a blocked queue, and what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geoschem_bench.errors import Reason

_UP = "geoschem-bench stack up"


@dataclass(frozen=True)
class Words:
    """One of Batch's reasons."""

    code: str
    """As `statusReason` begins."""
    reason: Reason
    meaning: str
    cure: str
    is_of_the_queue: bool


_KNOWN = (
    Words(
        "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", Reason.CAPACITY,
        "AWS has no such instance to give now",
        "wait and try again, or give the environment subnets in more zones, or use another "
        "region or instance type",
        is_of_the_queue=True,
    ),
    Words(
        "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE", Reason.MISCONFIGURED,
        "the job needs more vCPUs than its environment may start",
        f"{_UP} --set MaxvCpus=N, or a smaller instance type",
        is_of_the_queue=False,
    ),
    Words(
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", Reason.MISCONFIGURED,
        "the job asks for more vCPUs or memory than an instance of its environment has",
        "send it to the queue of a larger type (suite.queues, hardware.instance_type); ask for "
        "one vCPU less than there are and 15/16 of the memory",
        is_of_the_queue=False,
    ),
    Words(
        "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED", Reason.MISCONFIGURED,
        "EC2 does not start this type as the environment configures it",
        "look at its launch template, image (AMI), placement group and zones: geoschem-bench "
        "stack doctor",
        is_of_the_queue=True,
    ),
    Words(
        "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS", Reason.MISCONFIGURED,
        "Batch's service role may not do what it must",
        "give the environment the service-linked role AWSServiceRoleForBatch, or its role the "
        "policy AWSBatchServiceRole",
        is_of_the_queue=True,
    ),
    Words(
        "ACTION_REQUIRED", Reason.MISCONFIGURED,
        "the environments of the queue cannot be used as they are",
        "geoschem-bench stack doctor says what to mend",
        is_of_the_queue=True,
    ),
    Words(
        "MISCONFIGURATION:", Reason.MISCONFIGURED,
        "Batch finds the job or its environment misconfigured",
        "geoschem-bench stack doctor says what to mend",
        is_of_the_queue=False,
    ),
)  # fmt: skip
_OF_ENVIRONMENTS = (
    (r"VcpuLimitExceeded|vCPU (capacity|limit)|MaxSpotInstanceCountExceeded|quota", Reason.QUOTA),
    (r"InsufficientInstanceCapacity|insufficient capacity", Reason.CAPACITY),
)


def words_of(status_reason: str) -> Words | None:
    """The meaning; None for nothing, and for `UNDETERMINED`: Batch does not know either."""
    return next((each for each in _KNOWN if status_reason.startswith(each.code)), None)


def reason_of_environment(text: str) -> Reason:
    """Why an environment cannot be used, by what AWS writes there."""
    for pattern, reason in _OF_ENVIRONMENTS:
        if re.search(pattern, text, re.IGNORECASE):
            return reason
    return Reason.MISCONFIGURED
