"""Settings → concrete parts: the only place that says which store serves which interface.

AWS is imported when a part is made, so that a DAG parse stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoschem_bench.wiring.settings import (
    DEFAULT_REGION,
    Settings,
    is_sandbox,
    named_region,
    read_settings,
    region_of,
    routes_of,
    state_folder,
    suites_folder,
)

if TYPE_CHECKING:
    from boto3.session import Session

    from geoschem_bench.aws.account import Account
    from geoschem_bench.aws.batch import BatchJobs
    from geoschem_bench.aws.dynamodb import DynamoResultsStore
    from geoschem_bench.aws.gates import GateKeeper
    from geoschem_bench.aws.runnable import RunnableDiagnosis
    from geoschem_bench.aws.s3 import S3ObjectStore

__all__ = [
    "DEFAULT_REGION",
    "Settings",
    "batch_jobs",
    "gate_keeper",
    "is_sandbox",
    "named_region",
    "object_store",
    "read_settings",
    "region_of",
    "results_store",
    "routes_of",
    "runnable_diagnosis",
    "state_folder",
    "suites_folder",
]


def object_store(settings: Settings, session: Session | None = None) -> S3ObjectStore:
    """Objects: S3."""
    from geoschem_bench.aws.clients import make_client
    from geoschem_bench.aws.s3 import S3ObjectStore

    return S3ObjectStore(make_client("s3", settings.region, session))


def results_store(settings: Settings, session: Session | None = None) -> DynamoResultsStore:
    """Results: DynamoDB."""
    from geoschem_bench.aws.clients import make_client
    from geoschem_bench.aws.dynamodb import DynamoResultsStore

    return DynamoResultsStore(make_client("dynamodb", settings.region, session), settings.table)


def batch_jobs(settings: Settings, session: Session | None = None) -> BatchJobs:
    """Jobs: AWS Batch and CloudWatch Logs."""
    from geoschem_bench.aws.batch import BatchJobs
    from geoschem_bench.aws.clients import make_client

    return BatchJobs(
        make_client("batch", settings.region, session),
        make_client("logs", settings.region, session),
        submitting=make_client("batch", settings.region, session, once=True),
    )


def gate_keeper(settings: Settings, session: Session | None = None) -> GateKeeper:
    """What must be so before jobs are submitted."""
    from geoschem_bench.aws.gates import GateKeeper

    return GateKeeper(_account(settings, session))


def runnable_diagnosis(settings: Settings, session: Session | None = None) -> RunnableDiagnosis:
    """Why a job gets no instance."""
    from geoschem_bench.aws.runnable import RunnableDiagnosis

    return RunnableDiagnosis(_account(settings, session))


def _account(settings: Settings, session: Session | None) -> Account:
    """The account with the credentials of this session; None: boto3's own search."""
    from geoschem_bench.aws.account import Account

    known = {"": session} if session else {}  # where an account keeps its own
    return Account(settings.region, None, settings.endpoint_url, _clients=known)
