"""The image repository."""

from __future__ import annotations

import json

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr

from infra.benchmarking_stack.names import REPOSITORY

_UNTAGGED_DAYS = 7


def build(stack: Stack) -> ecr.CfnRepository:
    """Repository `geos-chem`; images can be built again, so it goes with the stack."""
    rule = {  # of what no tag names any more
        "rulePriority": 1,
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": _UNTAGGED_DAYS,
        },
        "action": {"type": "expire"},
    }
    return ecr.CfnRepository(
        stack,
        "Repository",
        repository_name=REPOSITORY,
        image_scanning_configuration=ecr.CfnRepository.ImageScanningConfigurationProperty(
            scan_on_push=True
        ),
        # `latest` has to move: the job definitions name it. Each manifest records the digest.
        image_tag_mutability="MUTABLE",
        empty_on_delete=True,
        lifecycle_policy=ecr.CfnRepository.LifecyclePolicyProperty(
            lifecycle_policy_text=json.dumps({"rules": [rule]}, separators=(",", ":"))
        ),
    )
