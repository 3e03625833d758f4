"""boto3 clients, always with an explicit region."""

from __future__ import annotations

import logging
import os
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ProfileNotFound

from geoschem_bench.errors import SettingsError
from geoschem_bench.suite.names import likeliest

for _talkative in ("botocore.credentials", "botocore.configprovider"):  # a line for each client
    logging.getLogger(_talkative).setLevel(logging.WARNING)
_PATIENT = Config(
    retries={"mode": "adaptive", "max_attempts": 8}, connect_timeout=10, read_timeout=60
)
_ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)
"""For what must not be done twice: boto3 would ask again where only the answer was lost."""
_PROMPT = Config(
    retries={"mode": "standard", "max_attempts": 3}, connect_timeout=5, read_timeout=30
)
"""For a person who waits: what does not answer is said after seconds, not after minutes."""


def make_session(profile: str | None = None) -> boto3.session.Session:
    """A session of a named profile; None: boto3's own search for credentials.

    Raises:
        SettingsError: there is no such profile.
    """
    try:
        return boto3.session.Session(profile_name=profile or None)
    except ProfileNotFound as error:
        name = profile or os.environ.get("AWS_PROFILE", "")
        names = botocore.session.Session().available_profiles
        raise SettingsError(
            f"no AWS profile '{name}'{likeliest(name, names)}; there are: "
            f"{', '.join(names) or 'none'}. Make it: aws configure --profile {name}"
        ) from error


def make_client(
    service: str,
    region: str,
    session: boto3.session.Session | None = None,
    *,
    prompt: bool = False,
    once: bool = False,
) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
    """A client of one AWS service.

    The endpoint comes from `AWS_ENDPOINT_URL`, which is all that tells the sandbox from AWS.

    Args:
        service: As boto3 names it.
        region: Never guessed from the machine's own configuration.
        session: One with credentials of its own, such as an Airflow connection's.
        prompt: Gives up early, for a person who waits.
        once: Asks one time only.
    """
    if not region:
        raise SettingsError(f"no region for {service}; give --region or set AWS_DEFAULT_REGION")
    try:
        factory: Any = session or boto3.session.Session()
        config = _ONCE if once else _PROMPT if prompt else _PATIENT
        return factory.client(service, region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:  # a profile or an endpoint that is none
        raise SettingsError(f"no access to AWS {service}: {error}; check AWS_PROFILE, "
                            "AWS_ENDPOINT_URL and the region") from error  # fmt: skip
