"""Patients whose AWS answers what it is told to."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch_resources import Definition, Environment, Queue
from geoschem_bench.aws.doctor import Patient

REGION = "us-west-2"
IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/geos-chem:latest"


def refused(code, message="no"):
    def call(**_):
        raise ClientError({"Error": {"Code": code, "Message": message}}, "Operation")

    return call


def patient(definition=None, environment=None, profile=None, **services):
    """A patient whose AWS answers what it is told to."""
    clients = {f"{name} {REGION}": answers for name, answers in services.items()}
    clients |= {f"{name} us-east-1": answers for name, answers in services.items()}
    clients = {key.replace("_", "-"): value for key, value in clients.items()}
    made = Patient(Account(REGION, profile, _clients=clients), "bucket", "table", ("q",), ("d",))
    environments = {"e": environment} if environment else {}
    made.__dict__["definitions"] = {"d": definition} if definition else {}
    made.__dict__["environments"] = environments
    made.__dict__["queues"] = {"q": Queue("q", "ENABLED", "VALID", "", ("e",), True)}
    return made


def definition(**more: Any) -> Definition:
    usual: dict[str, Any] = {
        "name": "d", "revision": 1, "is_multinode": False, "image": IMAGE, "command": (),
        "vcpus": 15, "variables": {"GEOSCHEM_BENCH_PLATFORM": "aws"}, "ulimits": frozenset(),
        "timeout_seconds": None, "log_group": "/g", "creates_log_group": False,
        "job_role": "arn:aws:iam::123456789012:role/r",
    }  # fmt: skip
    return Definition(**usual | more)


def environment(**more: Any) -> Environment:
    usual: dict[str, Any] = {
        "name": "e", "state": "ENABLED", "status": "VALID", "reason": "", "types": ("c7g.4xlarge",),
        "is_spot": False, "least_vcpus": 0, "most_vcpus": 64, "subnets": (),
        "security_groups": (), "launch_template": {},
    }  # fmt: skip
    return Environment(**usual | more)
