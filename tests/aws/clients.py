"""boto3's clients of a sandbox, made when asked for and closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from geoschem_bench.sandbox import Sandbox


@contextmanager
def clients_of(sandbox: Sandbox) -> Iterator[Callable[[str], Any]]:
    """A function from a service's name to its client."""
    make: Any = boto3.client
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = make(
                service,
                endpoint_url=sandbox.endpoint_url,
                region_name=sandbox.region,
                aws_access_key_id=sandbox.access_key,
                aws_secret_access_key=sandbox.secret_key,
            )
        return made[service]

    yield client
    for each in made.values():
        each.close()
