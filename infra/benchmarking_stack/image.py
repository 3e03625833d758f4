"""The image repository."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr

from infra.benchmarking_stack.names import REPOSITORY

_UNTAGGED_DAYS = 7
_TAGGED = 21
"""Seven versions: of each an image for either architecture, and the list of both. AWS removes no
image that a list still names, and the list that is `latest` is the newest."""


def build(stack: Stack) -> ecr.CfnRepository:
    """Repository `geos-chem`; images can be built again, so it goes with the stack."""
    untagged = {  # what no tag names any more
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": _UNTAGGED_DAYS,
    }
    oldest = {
        "tagStatus": "tagged",
        "tagPatternList": ["*"],
        "countType": "imageCountMoreThan",
        "countNumber": _TAGGED,
    }
    rules = [_rule(1, untagged), _rule(2, oldest)]
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
            lifecycle_policy_text=json.dumps({"rules": rules}, separators=(",", ":"))
        ),
    )


def _rule(priority: int, selection: dict[str, Any]) -> dict[str, Any]:
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}
