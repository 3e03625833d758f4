"""Whether a queue and what is behind it can take the jobs of a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch import BatchJobs
from geoschem_bench.aws.batch_resources import Environment, environments_named, queues_named
from geoschem_bench.aws.doctor import Patient, State
from geoschem_bench.aws.doctor.finding import Finding
from geoschem_bench.aws.doctor.network import one_network
from geoschem_bench.aws.gates.optional import if_allowed, with_notes
from geoschem_bench.aws.gates.state import GateState, Want, broken, opened, shut
from geoschem_bench.errors import Reason

_MEND = (
    "mend what AWS names (geoschem-bench stack doctor says more), then clear this gate with what "
    "is downstream of it"
)


def queue_state(account: Account, wants: Collection[Want]) -> GateState:
    """VALID and ENABLED, with a network, and large enough."""
    queue = next(iter(wants)).queue
    found = BatchJobs(account.client("batch"), None).queue_state(queue)
    if found.is_broken:
        return broken(Reason.MISCONFIGURED, found.message, _MEND)
    if not found.is_ready:
        return shut(Reason.MISCONFIGURED, found.message, _MEND)
    batch = account.client("batch")
    named = queues_named(batch, [queue])[queue.rsplit("/", 1)[-1]].environments
    environments = environments_named(batch, named)
    if gone := [each for each in named if each not in environments]:
        return broken(
            Reason.MISCONFIGURED, f"queue {queue} leads to {', '.join(gone)}, which is gone", _MEND
        )
    notes: list[str] = []
    trouble = _network(account, queue, notes) or _too_large(environments, wants)
    return trouble or opened(with_notes(found.message, notes))


def _network(account: Account, queue: str, notes: list[str]) -> GateState | None:
    """Subnets and security groups that are of one VPC."""
    patient = Patient(account, bucket="", table="", queue_names=[queue], definition_names=[])

    def ask() -> list[Finding]:
        return list(one_network(patient))

    for finding in if_allowed(ask, notes) or ():
        if finding.state is State.FAILED:
            return broken(Reason.MISCONFIGURED, f"{finding.check}: {finding.detail}", finding.cure)
        if finding.state is State.UNKNOWN:
            notes.append(f"{finding.check}: {finding.detail}")
    return None


def _too_large(
    environments: Mapping[str, Environment], wants: Collection[Want]
) -> GateState | None:
    """Jobs that ask for more than any environment may ever start wait for ever."""
    if not all(each.is_managed for each in environments.values()):
        return None
    largest = max(environments.values(), key=lambda each: each.most_vcpus)
    misfits = [want for want in wants if want.vcpus * want.nodes > largest.most_vcpus]
    if not misfits:
        return None
    needed = max(want.vcpus * want.nodes for want in misfits)
    return broken(
        Reason.MISCONFIGURED,
        f"environment {largest.name} may start {largest.most_vcpus} vCPUs, and "
        f"{', '.join(want.id for want in misfits)} asks for {needed}",
        f"geoschem-bench stack up --set MaxvCpus={needed}, or aws batch "
        f"update-compute-environment --compute-environment {largest.name} --compute-resources "
        f"maxvCpus={needed}",
        tuple(want.id for want in misfits),
    )
