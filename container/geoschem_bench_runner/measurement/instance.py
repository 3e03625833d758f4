"""What EC2 says of the machine, by the instance metadata service, version 2.

Asked on AWS only. Elsewhere 169.254.169.254 may be anybody's.
"""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

DEFAULT_BASE = "http://169.254.169.254"
BASE_VARIABLE = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
TIMEOUT_SECONDS = 1.0
SILENCE_SECONDS = 3.0
"""Silence for so long is an answer: this cannot be shown to be the instance asked for."""
PATHS = {
    "instance_type": "instance-type",
    "instance_id": "instance-id",
    "availability_zone": "placement/availability-zone",
    "region": "placement/region",
    "life_cycle": "instance-life-cycle",
    "ami_id": "ami-id",
}


class SilentError(Exception):
    """The service did not answer."""


def describe_instance(
    environment: Mapping[str, str] | None = None, silence_seconds: float = SILENCE_SECONDS
) -> dict[str, str]:
    """The values of `PATHS` that the service knows; `instance_type` is always among them.

    Raises:
        SilentError: no answer within `silence_seconds`.
    """
    base = (environment or os.environ).get(BASE_VARIABLE, "").rstrip("/") or DEFAULT_BASE
    deadline = time.monotonic() + silence_seconds
    why = "no answer"
    while time.monotonic() < deadline:
        try:
            token = _ask(f"{base}/latest/api/token", deadline)
            found = {name: _value(base, path, token, deadline) for name, path in PATHS.items()}
        except (OSError, ValueError) as error:  # URLError and time-outs are OSErrors
            why = str(error)
            time.sleep(min(0.2, max(0.0, deadline - time.monotonic())))
            continue
        if found["instance_type"]:
            return {name: value for name, value in found.items() if value}
        why = "it names no instance type"
    raise SilentError(f"the instance metadata service at {base} is silent: {why}")


def _value(base: str, path: str, token: str, deadline: float) -> str | None:
    """One value; None where the instance has no such thing."""
    try:
        return _ask(f"{base}/latest/meta-data/{path}", deadline, token)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def _ask(url: str, deadline: float, token: str | None = None) -> str:
    if token is None:
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        request = urllib.request.Request(url, headers=headers, method="PUT")  # noqa: S310
    else:
        headers = {"X-aws-ec2-metadata-token": token}
        request = urllib.request.Request(url, headers=headers)  # noqa: S310
    left = max(0.05, min(TIMEOUT_SECONDS, deadline - time.monotonic()))
    # a proxy must not be asked about the machine: it would answer for its own
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=left) as answer:
        text: str = answer.read(4096).decode()
        return text.strip()
