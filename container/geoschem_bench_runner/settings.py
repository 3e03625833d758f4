"""What the job definition says, through the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Platform = Literal["aws", "sandbox", "unknown"]
PLATFORMS: dict[str, Platform] = {"aws": "aws", "sandbox": "sandbox"}
DEFAULT_REGION = "us-west-2"


@dataclass(frozen=True)
class JobSettings:
    """The environment's part of a job."""

    platform: Platform
    """`unknown`: started by hand, neither on AWS nor in the sandbox."""
    stand_in: str | None
    """`proxy`: it computes in place of a model that is not there."""
    granted_vcpus: int | None
    """Fewer than asked for, where the sandbox has no more."""
    region: str
    endpoint: str | None
    image: str | None


def settings_from(environment: Mapping[str, str]) -> JobSettings:
    """Read the variables. What is malformed counts as not said."""
    said = environment.get("GEOSCHEM_BENCH_PLATFORM", "")
    granted = environment.get("GEOSCHEM_BENCH_GRANTED_VCPUS", "")
    return JobSettings(
        platform=PLATFORMS.get(said, "unknown"),
        stand_in=environment.get("GEOSCHEM_BENCH_STAND_IN") or None,
        granted_vcpus=int(granted) if granted.isdecimal() and int(granted) > 0 else None,
        region=environment.get("AWS_REGION")
        or environment.get("AWS_DEFAULT_REGION")
        or DEFAULT_REGION,
        endpoint=environment.get("AWS_ENDPOINT_URL_S3")
        or environment.get("AWS_ENDPOINT_URL")
        or None,
        image=environment.get("GEOSCHEM_BENCH_IMAGE") or None,
    )
