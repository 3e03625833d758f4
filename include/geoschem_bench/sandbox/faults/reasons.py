"""What AWS says of a job that stays RUNNABLE, or whose image it cannot pull.

The words are those of AWS's user guide for Batch ("Jobs stuck in RUNNABLE") and of ECS. Of
EC2_INSTANCE_CONFIGURATION_UNSUPPORTED the guide gives the code alone; the words after it are ours.
"""

from __future__ import annotations

CAPACITY = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for "
    "instance type [{instance_types}]"
)
MAX_RESOURCE = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue "
    "cannot meet the CPU requirement of the job."
)
JOB_RESOURCES = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) "
    "is higher than that can be met by the CE(s) attached to the job queue."
)
INVALID_ENVIRONMENT = "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."
_STUCK = {
    "capacity": CAPACITY,
    "max-resource": MAX_RESOURCE,
    "job-resources": JOB_RESOURCES,
    "instance-configuration": (
        "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - The EC2 instance configuration "
        "of the CE(s) attached to the job queue is not supported."
    ),
    "service-role": (
        "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS - Batch service role has a permission issue."
    ),
    "invalid-environment": INVALID_ENVIRONMENT,
    "undetermined": "UNDETERMINED - Batch job is blocked, root cause is undetermined.",
}
_PULL = "CannotPullContainerError: "
_NO_IMAGE = {
    "manifest-unknown": (
        _PULL + "Error response from daemon: manifest for {image} not found: manifest unknown: "
        "Requested image not found"
    ),
    "no-arm64": (
        _PULL + "Error response from daemon: no matching manifest for linux/arm64 in the manifest "
        "list entries"
    ),
    "no-amd64": (
        _PULL + "Error response from daemon: no matching manifest for linux/amd64 in the manifest "
        "list entries"
    ),
    "access-denied": (
        _PULL + "Error response from daemon: pull access denied for {image}, repository does not "
        "exist or may require 'docker login'"
    ),
}
STUCK_WORDS, NO_IMAGE_WORDS = tuple(_STUCK), tuple(_NO_IMAGE)


def stuck_reason(given: str | None, instance_types: str) -> str:
    """AWS's text for a word of ours or a code of AWS; any other text is as it was given."""
    given = given or "capacity"
    by_code = {text.partition(" - ")[0]: text for text in _STUCK.values()}
    text = _STUCK.get(given) or by_code.get(given) or given
    return text.replace("{instance_types}", instance_types)


def no_image_reason(given: str | None, image: str) -> str:
    """The same for an image."""
    given = given or "manifest-unknown"
    return _NO_IMAGE.get(given, given).replace("{image}", image)
