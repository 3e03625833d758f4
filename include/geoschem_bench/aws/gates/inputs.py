"""Whether the input data that benchmarks name are there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.gates.images import definition_of
from geoschem_bench.aws.gates.optional import if_allowed, with_notes
from geoschem_bench.aws.gates.state import GateState, Want, broken, opened
from geoschem_bench.aws.refusals import code_of
from geoschem_bench.aws.s3 import split_address
from geoschem_bench.errors import Reason, UserError

_CURE = "put the data there, or correct the benchmark's `input` (s3://bucket/prefix)"


def input_state(account: Account, wants: Collection[Want]) -> GateState:
    """Something lies under each address, and can be read."""
    notes: list[str] = []
    missing: dict[str, str] = {}
    stand_ins: dict[str, bool] = {}
    for want in wants:
        if want.definition not in stand_ins:
            stand_ins[want.definition] = _is_stand_in(account, want.definition)
    for address in sorted({str(want.input) for want in wants}):
        users = [want for want in wants if want.input == address]
        needs_bucket = not all(stand_ins[want.definition] for want in users)
        why = _missing(account, address, notes, needs_bucket=needs_bucket)
        if why:
            missing[address] = why
    if missing:
        ids = tuple(want.id for want in wants if want.input in missing)
        return broken(Reason.INPUT_DATA, "; ".join(missing.values()), _CURE, ids)
    count = len({want.input for want in wants})
    return opened(with_notes(f"input data of {count} addresses looked at", notes))


def _missing(account: Account, address: str, notes: list[str], *, needs_bucket: bool) -> str | None:
    """What is wrong with the data; None where nothing is, or where nobody can tell."""
    try:
        bucket, prefix = split_address(address)
    except UserError as error:
        return str(error)
    s3 = account.client("s3")
    try:
        found = if_allowed(
            lambda: s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1), notes
        )
    except ClientError as error:
        if code_of(error) != "NoSuchBucket":
            raise
        if needs_bucket:
            return f"{address}: there is no bucket {bucket}"
        notes.append(f"{address}: the sandbox has no such bucket, and its proxy reads no input")
        return None
    if found is None:
        return None
    if not found.get("Contents"):
        return f"{address}: nothing lies there"
    return _unreadable(s3, bucket, found["Contents"][0]["Key"], notes)


def _unreadable(s3: Any, bucket: str, key: str, notes: list[str]) -> str | None:  # noqa: ANN401 - boto3's own
    """The job's role may read more than ours, so that we may not is no proof."""
    try:
        if_allowed(lambda: s3.head_object(Bucket=bucket, Key=key), notes)
    except ClientError as error:
        return f"s3://{bucket}/{key} cannot be read: {error.response['Error'].get('Message')}"
    return None


def _is_stand_in(account: Account, definition: str) -> bool:
    """Whether its jobs run the proxy in place of the model."""
    found, _ = definition_of(account, definition)
    return found is not None and bool(found.variables.get("GEOSCHEM_BENCH_STAND_IN"))
