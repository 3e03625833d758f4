"""botocore's models of AWS's services, read from one session: each file is parsed once."""

from __future__ import annotations

from functools import cache

import botocore.session
from botocore.model import ServiceModel


@cache
def session() -> botocore.session.Session:
    """The session that all of this process shares."""
    return botocore.session.Session()


@cache
def service_model(service: str) -> ServiceModel:
    """The model of a service."""
    return session().get_service_model(service)
