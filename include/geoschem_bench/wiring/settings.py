"""Where things are: options, then environment, then defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from geoschem_bench.errors import SettingsError
from geoschem_bench.planning import Routes, parse_routes

DEFAULT_REGION = "us-west-2"
DEFAULT_TABLE = "geoschem-benchmarks"
DEFAULT_SUITES = Path("include/configs")
DEFAULT_STATE = Path(".geoschem-bench")


@dataclass(frozen=True)
class Settings:
    """Everything that differs between two installations."""

    bucket: str
    """Results bucket."""
    table: str = DEFAULT_TABLE
    region: str = DEFAULT_REGION
    suites: Path = DEFAULT_SUITES
    state: Path = DEFAULT_STATE
    aws_conn_id: str | None = None
    """Airflow connection for credentials; None: boto3's own search."""
    endpoint_url: str | None = None
    """Set for the sandbox only."""

    @property
    def poll_seconds(self) -> int:
        """How often a waiting task asks Batch: the sandbox's jobs are short and its calls free."""
        return 1 if self.endpoint_url else 30


def suites_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the suites lie."""
    return Path(environment.get("GEOSCHEM_BENCH_SUITES") or DEFAULT_SUITES)


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this checkout keeps its state."""
    return Path(environment.get("GEOSCHEM_BENCH_STATE") or DEFAULT_STATE)


def named_region(environment: Mapping[str, str] = os.environ) -> str | None:
    """The AWS region that the environment names, if it does."""
    return environment.get("AWS_DEFAULT_REGION") or environment.get("AWS_REGION") or None


def region_of(environment: Mapping[str, str] = os.environ) -> str:
    """The AWS region in force."""
    return named_region(environment) or DEFAULT_REGION


def is_sandbox(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether AWS is the sandbox, where nothing is billed."""
    return bool(environment.get("AWS_ENDPOINT_URL"))


def routes_of(environment: Mapping[str, str] = os.environ) -> Routes:
    """Queues and job definitions of an installation with other names than ours.

    Raises:
        SettingsError: a variable that cannot be read.
    """
    return parse_routes(
        environment.get("GEOSCHEM_BENCH_QUEUES", ""),
        environment.get("GEOSCHEM_BENCH_JOB_DEFINITIONS", ""),
    )


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment. Raises SettingsError where the bucket is not named."""
    bucket = environment.get("GEOSCHEM_BENCH_BUCKET", "")
    if not bucket:
        raise SettingsError(
            "GEOSCHEM_BENCH_BUCKET is not set; set it to the results bucket, or use the sandbox: "
            'eval "$(geoschem-bench sandbox up --env)"'
        )
    return Settings(
        bucket=bucket,
        table=environment.get("GEOSCHEM_BENCH_TABLE") or DEFAULT_TABLE,
        region=region_of(environment),
        suites=suites_folder(environment),
        state=state_folder(environment),
        aws_conn_id=environment.get("GEOSCHEM_BENCH_AWS_CONN_ID") or None,
        endpoint_url=environment.get("AWS_ENDPOINT_URL") or None,
    )
