"""boto3 clients, always with an explicit region."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from geoschem_bench.errors import SettingsError

_CONFIG = Config(
    retries={"mode": "adaptive", "max_attempts": 8}, connect_timeout=10, read_timeout=60
)


def make_client(service: str, region: str, session: boto3.session.Session | None = None) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
    """A client of one AWS service.

    The endpoint comes from `AWS_ENDPOINT_URL`, which is all that tells the sandbox from AWS.

    Args:
        service: As boto3 names it.
        region: Never guessed from the machine's own configuration.
        session: One with credentials of its own, such as an Airflow connection's.
    """
    if not region:
        raise SettingsError(f"no region for {service}; give --region or set AWS_DEFAULT_REGION")
    try:
        factory: Any = session or boto3.session.Session()
        return factory.client(service, region_name=region, config=_CONFIG)
    except (BotoCoreError, ValueError) as error:  # a profile or an endpoint that is none
        raise SettingsError(f"no access to AWS {service}: {error}; check AWS_PROFILE, "
                            "AWS_ENDPOINT_URL and the region") from error  # fmt: skip
