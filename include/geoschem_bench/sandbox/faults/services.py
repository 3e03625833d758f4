"""The services that may be given faults, and whether they have an operation of some name."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from geoschem_bench.sandbox.faults.model import Fault, FaultError
from geoschem_bench.sandbox.models import service_model

SERVICES = (
    "batch", "cloudformation", "dynamodb", "ec2", "ecr", "iam", "logs", "s3", "servicequotas",
    "sns", "sts",
)  # fmt: skip
_BOTOCORES_NAME = {"servicequotas": "service-quotas"}
_OURS = {"service-quotas": "servicequotas"}


def checked_target(fault: Fault) -> Fault:
    """The fault of a service that is there, under the name that requests give it."""
    service = _OURS.get(fault.service, fault.service)
    if service != "*" and service not in SERVICES:
        raise FaultError(
            f"service: {fault.service!r} is unknown; allowed are {', '.join(SERVICES)}, and * for "
            "all; one operation of it is batch:DescribeJobs"
        )
    if service == "*":
        if fault.operation != "*":
            raise FaultError("service: * is all services, so it takes no operation")
        return fault
    names = service_model(_BOTOCORES_NAME.get(service, service)).operation_names
    if not any(fnmatchcase(name, fault.operation) for name in names):
        close = get_close_matches(fault.operation, names, n=3)
        hint = f"; close to it: {', '.join(close)}" if close else ""
        raise FaultError(f"service: {service} has no operation {fault.operation!r}{hint}")
    return replace(fault, target=f"{service}:{fault.operation}")
