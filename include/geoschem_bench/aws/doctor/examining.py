"""The checks in their order; one that fails hides no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from geoschem_bench.aws.doctor import (
    access,
    batch,
    images,
    logs,
    messages,
    network,
    quotas,
    stores,
)
from geoschem_bench.aws.doctor.finding import Finding, State, skipped, unknown
from geoschem_bench.aws.doctor.patient import Patient
from geoschem_bench.aws.refusals import AWS_ERRORS, POLICY, explained
from geoschem_bench.errors import GeosChemBenchError


@dataclass(frozen=True)
class Check:
    """One question, for everything that it is asked of."""

    name: str
    needs: tuple[str, ...]
    """Checks without which the answer would mean nothing."""
    ask: Callable[[Patient], Iterable[Finding]]


CHECKS = (
    Check("identity", (), access.identity),
    Check("region", ("identity",), access.region),
    Check("stack", ("identity", "region"), access.stack),
    Check("instance types", ("identity", "region"), access.instance_types),
    Check("quotas", ("identity", "region"), quotas.quotas),
    Check("network", ("identity", "region"), network.one_network),
    Check("way out", ("identity", "region", "network"), network.way_out),
    Check("environments", ("identity", "region"), batch.environments),
    Check("queues", ("identity", "region"), batch.queues),
    Check("job definitions", ("identity", "region"), batch.definitions),
    Check("image", ("identity", "region"), images.images),
    Check("bucket", ("identity", "region"), stores.bucket),
    Check("table", ("identity", "region"), stores.table),
    Check("log group", ("identity", "region"), logs.log_groups),
    Check("job role", ("identity", "region"), logs.job_roles),
    Check("topic", ("identity", "region"), messages.topic),
)


def examine(patient: Patient) -> Iterator[Finding]:
    """Every finding, in order, as it is made."""
    bad: set[str] = set()
    for check in CHECKS:
        broken = [name for name in check.needs if name in bad]
        if broken:
            yield skipped(check.name, f"not asked, because {broken[0]} failed")
            bad.add(check.name)
            continue
        for finding in _asked(check, patient):
            if finding.state is State.FAILED:
                bad.add(check.name)
            yield finding


def _asked(check: Check, patient: Patient) -> Iterator[Finding]:
    who = patient.command("sts get-caller-identity")
    try:
        yield from check.ask(patient)
    except AWS_ERRORS as error:
        why = explained(error, patient.region, patient.account.profile)
        yield unknown(check.name, why, who, _cure(error))
    except GeosChemBenchError as error:
        yield unknown(check.name, str(error), who, _cure(error.__cause__ or error))


def _cure(error: BaseException) -> str:
    if isinstance(error, ClientError):
        return f"allow it ({POLICY} holds what is needed), or mend what AWS names; then ask again"
    return "mend the way to AWS, then ask again"
