"""Whether a job definition is ACTIVE and its image is there for the architecture."""

from __future__ import annotations

from collections.abc import Collection

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch_resources import Definition, active_definition
from geoschem_bench.aws.gates.optional import if_allowed, with_notes
from geoschem_bench.aws.gates.state import GateState, Want, broken, opened
from geoschem_bench.aws.images import find_image
from geoschem_bench.errors import Reason

_BUILD = "build and push it: container/build.sh --platform linux/amd64,linux/arm64 --push"


def definition_of(account: Account, given: str) -> tuple[Definition | None, bool]:
    """The definition that Batch takes for a name, `name:revision` or ARN, if it is ACTIVE.

    The second says whether it is the very revision, or a newer one in place of the one given.
    """
    batch = account.client("batch")
    name, _, revision = given.rsplit("/", 1)[-1].partition(":")
    newest = active_definition(batch, name)
    if newest is None or revision in ("", str(newest.revision)):
        return newest, True
    asked = {"jobDefinitions": [given], "status": "ACTIVE"}
    found = batch.describe_job_definitions(**asked)["jobDefinitions"]
    return (newest if found else None), False


def image_state(account: Account, wants: Collection[Want]) -> GateState:
    """Judged by what the registry says; where none can be asked, the jobs will show."""
    want = next(iter(wants))
    definition, is_exact = definition_of(account, want.definition)
    if definition is None:
        return broken(
            Reason.MISCONFIGURED,
            f"job definition {want.definition} has no ACTIVE revision in {account.region}",
            "make it: geoschem-bench stack up; or name another: GEOSCHEM_BENCH_JOB_DEFINITIONS",
        )
    there = f"job definition {want.definition} is ACTIVE"
    if not is_exact:
        return opened(f"{there}; not its newest revision, so its image is not looked at")
    if definition.is_of_the_sandbox:
        return opened(f"{there}; the sandbox's images are not looked at")
    return _judged(account, definition.image, want.architecture, there)


def _judged(account: Account, uri: str, architecture: str, there: str) -> GateState:
    notes: list[str] = []
    image = if_allowed(lambda: find_image(account, uri), notes)
    if image is None or image.is_there is None:
        why = image.why if image else ""
        return opened(with_notes(f"{there}; whether {uri} is there cannot be told: {why}", notes))
    if not image.is_there:
        return broken(Reason.IMAGE, f"image {uri} is not there: {image.why}", _BUILD)
    if not image.architectures:
        return opened(f"{there}; image {uri} is there, for what cannot be told: {image.why}")
    built = ", ".join(sorted(image.architectures))
    if architecture not in image.architectures:
        return broken(
            Reason.IMAGE,
            f"image {uri} is built for {built}, not for {architecture}: its jobs would die of "
            "'exec format error'",
            _BUILD,
        )
    return opened(f"{there}; image {uri} is there, for {built}")
