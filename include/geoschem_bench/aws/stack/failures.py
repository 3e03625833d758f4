"""Why a stack was not made, in one message with its cure."""

from __future__ import annotations

from collections.abc import Sequence

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import POLICY
from geoschem_bench.aws.stack.reading import Stack
from geoschem_bench.aws.stack.watching import Event, left_over
from geoschem_bench.errors import StackError

_CURES = (
    (("already exists", "AlreadyExists"),
     "that name is taken: remove what has it, name another (--set TableName=…, --set "
     "BucketName=…), take it over (--adopt-data), or work with what is there: geoschem-bench "
     "stack connect --use-existing"),
    (("not authorized", "AccessDenied", "UnauthorizedOperation", "is not allowed"),
     f"these credentials may not do it: attach {POLICY} to them"),
    (("LimitExceeded", "limit", "quota", "Quota", "maximum number"),
     "a quota is reached: geoschem-bench stack doctor shows the one of vCPUs; others: aws "
     "service-quotas list-service-quotas --service-code vpc (or s3, batch)"),
    (("not supported in", "not available in", "Unsupported", "not offered"),
     "the region does not have it: another --region, or another type by --set"),
    (("security group", "subnet", "VPC", "vpc"),
     "network parts do not fit: subnets and security group must be of one VPC; see "
     "--set VpcCidr=…"),
)  # fmt: skip
_UNKNOWN_CURE = "mend that and try again; docs/troubleshooting.md lists symptoms"


def cure_of(reason: str) -> str:
    """What to do about AWS's reason."""
    for words, cure in _CURES:
        if any(word in reason for word in words):
            return cure
    return _UNKNOWN_CURE


def first_failure(events: Sequence[Event]) -> Event | None:
    """The part that failed first by itself; events are oldest first."""
    failures = [event for event in events if event.is_failure]
    parts = [event for event in failures if event.kind != "AWS::CloudFormation::Stack"]
    return next(iter(parts or failures), None)


def failed(account: Account, stack: Stack, events: Sequence[Event]) -> StackError:
    """The error of a deployment that ended in a state that is no success."""
    first = first_failure(events)
    why = stack.reason or "no reason given"
    lines = [f"stack {stack.name} is {stack.status}"]
    if first is None:
        lines.append(f"AWS says: {why}; {cure_of(why)}")
    else:
        lines.append(f"first failure: {first.kind} {first.logical_id}: {first.reason or why}")
        lines.append(f"cure: {cure_of(first.reason or why)}")
    left = list(left_over(account, stack))
    lines.append("left half made:" if left else "nothing is left half made")
    lines += [f"  {line}" for line in left]
    lines.append(next_step(stack, account.region))
    return StackError("\n".join(lines))


def next_step(stack: Stack, region: str) -> str:
    """The command that gets a stack out of this state."""
    at = f"{stack.name} --region {region}"
    if stack.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
        return f"remove it, then try again: geoschem-bench stack down {at}"
    if stack.status == "UPDATE_ROLLBACK_FAILED":
        return (
            "let AWS try once more to go back: aws cloudformation continue-update-rollback "
            f"--stack-name {at}"
        )
    return (
        f"the stack is as it was before; see: aws cloudformation describe-stacks --stack-name {at}"
    )


def check_can_change(stack: Stack | None, region: str) -> None:
    """StackError where a stack in this state takes no change."""
    if stack is None or stack.status in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        return
    if stack.is_moving:
        raise StackError(
            f"stack {stack.name} is {stack.status}: AWS works on it. Wait: aws cloudformation "
            f"describe-stacks --stack-name {stack.name} --region {region}; then try again"
        )
    if stack.status.endswith("FAILED") or stack.status == "ROLLBACK_COMPLETE":
        why = f": {stack.reason}" if stack.reason else ""
        raise StackError(
            f"stack {stack.name} is {stack.status}{why}; it takes no change. "
            f"{next_step(stack, region).capitalize()}"
        )


def undeleted(account: Account, stack: Stack) -> str:
    """What a deletion left, and how to get rid of it."""
    why = f": {stack.reason}" if stack.reason else ""
    lines = [f"stack {stack.name} is {stack.status}{why}", "left:"]
    lines += [f"  {line}" for line in left_over(account, stack)]
    lines.append(
        "mend what AWS names (a bucket or repository must be empty, an environment must have no "
        f"queue), then again: geoschem-bench stack down {stack.name} --region {account.region}; "
        "or give up those parts: aws cloudformation delete-stack --stack-name "
        f"{stack.name} --region {account.region} --retain-resources PART …"
    )
    return "\n".join(lines)
