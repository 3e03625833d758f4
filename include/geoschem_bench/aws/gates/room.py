"""Whether the account may have the instances of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import partial

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch_resources import queues_named
from geoschem_bench.aws.gates.optional import if_allowed, with_notes
from geoschem_bench.aws.gates.state import GateState, Question, Want, broken, opened, shut
from geoschem_bench.aws.vcpu_quotas import (
    Quota,
    granted_vcpus,
    largest_together,
    quota_of,
    request_command,
    vcpus_in_use,
)
from geoschem_bench.catalog import Catalog
from geoschem_bench.errors import Reason

Needs = dict[Want, int]


def quota_state(account: Account, catalog: Catalog, question: Question) -> GateState:
    """Of each quota that counts: the largest benchmark fits in what is free.

    That all which may run at once do not fit together keeps nobody out: they wait for each other.
    """
    notes: list[str] = []
    states = []
    for quota, needs in _by_quota(question.wants, catalog, notes).items():
        granted = if_allowed(partial(granted_vcpus, account, quota), notes)
        if granted is None:
            continue
        states.append(
            _beyond(account, quota, granted, needs)
            or _occupied(account, catalog, quota, granted, needs, notes)
            or _fits(quota, granted, needs, question.at_once)
        )
    for kind in ("broken", "shut"):
        bad = [state for state in states if state.state == kind]
        if bad:
            return bad[0] if len(bad) == 1 else _together(bad)
    said = "; ".join(state.message for state in states) or "no quota could be looked at"
    return opened(with_notes(said, notes))


def _by_quota(wants: Collection[Want], catalog: Catalog, notes: list[str]) -> dict[Quota, Needs]:
    """Whole instances: that is what a quota counts."""
    found: dict[Quota, Needs] = defaultdict(dict)
    for want in wants:
        instance = catalog.get(want.instance_type)
        quota = quota_of(want.instance_type, is_spot=want.is_spot)
        if instance is None or quota is None:
            notes.append(f"which quota counts for {want.instance_type} is not known")
        else:
            found[quota][want] = instance.vcpus * want.nodes
    return found


def _beyond(account: Account, quota: Quota, granted: float, needs: Needs) -> GateState | None:
    """Larger than the account may ever have."""
    large = {want: need for want, need in needs.items() if need > granted}
    if not large:
        return None
    most = max(large.values())
    return broken(
        Reason.QUOTA,
        f"quota {quota.code} ({quota.title}) is {granted:g} vCPUs, and "
        f"{', '.join(want.id for want in large)} needs {most}: the job would wait for ever",
        f"ask for more (hours to days): {request_command(quota, most, account.region)}; or use a "
        "smaller instance type",
        tuple(want.id for want in large),
    )


def _occupied(
    account: Account,
    catalog: Catalog,
    quota: Quota,
    granted: float,
    needs: Needs,
    notes: list[str],
) -> GateState | None:
    """Others of the account have taken so much that the largest does not fit; they may end."""
    used = if_allowed(lambda: vcpus_in_use(account, quota, catalog), notes)
    if used is None:
        return None
    # Instances of our own queues serve this run too
    free = granted - max(0, used - _started_for(account, needs, quota))
    large = {want: need for want, need in needs.items() if need > free}
    if not large:
        return None
    state = shut(
        Reason.QUOTA,
        f"quota {quota.code} ({quota.title}) is {granted:g} vCPUs, {granted - free:g} are in use "
        f"outside this run's queues, and {max(large.values())} are needed at once",
        "wait until other instances of the account have ended, or ask for more: "
        + request_command(quota, int(granted) + max(large.values()), account.region),
    )
    return GateState(**{**vars(state), "benchmarks": tuple(want.id for want in large)})


def _started_for(account: Account, needs: Needs, quota: Quota) -> int:
    """How many vCPUs the environments of these benchmarks have now."""
    batch = account.client("batch")
    queues = queues_named(batch, sorted({want.queue for want in needs}))
    names = sorted({name for queue in queues.values() for name in queue.environments})
    if not names:
        return 0
    found = batch.describe_compute_environments(computeEnvironments=names)["computeEnvironments"]
    resources = [each.get("computeResources") or {} for each in found]
    return sum(
        int(each.get("desiredvCpus", 0))
        for each in resources
        if quota in {quota_of(t, is_spot=each.get("type") == "SPOT")
                     for t in each.get("instanceTypes", ())}
    )  # fmt: skip


def _fits(quota: Quota, granted: float, needs: Needs, at_once: int) -> GateState:
    together = largest_together(needs.values(), at_once)
    said = f"quota {quota.code}: {granted:g} vCPUs, {together} wanted at once"
    wait = "; some benchmarks will wait for others" if together > granted else ""
    return opened(said + wait)


def _together(states: list[GateState]) -> GateState:
    """Several quotas that are too small, as one."""
    ids = tuple(each for state in states for each in state.benchmarks or ())
    return GateState(
        states[0].state,
        "; ".join(state.message for state in states),
        states[0].reason,
        "; ".join(state.cure for state in states),
        ids,
    )
