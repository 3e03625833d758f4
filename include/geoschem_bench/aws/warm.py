"""Keeping instances of a compute environment while a phase runs, for several runs at one time.

Batch starts instances when jobs wait and ends them when they idle. A minimum of vCPUs keeps them.
Several runs may want one of the same environment, so what each wants stands in a tag of the
environment, and the minimum is the largest want that is in force: a run that ends lowers it no
further than the others allow, and never below what it was before any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from geoschem_bench.aws.batch_resources import queues_named
from geoschem_bench.aws.refusals import AWS_ERRORS, explained, is_lockout
from geoschem_bench.errors import LockedOutError, StorageError

WANT_TAG = "geoschem-bench-want-"
BEFORE_TAG = "geoschem-bench-least"
"""The minimum before anybody wanted more."""
_LOOKS = 3
"""Another run may come or go between our look and our change; then look again."""


@dataclass(frozen=True)
class Want:
    """What one phase of a run wants of an environment."""

    environment: str
    queue: str
    """One that leads there."""
    who: str
    vcpus: int | None
    """None where the tag cannot be read."""
    until: datetime | None
    """None where the tag cannot be read: then it is in force no more."""

    @property
    def run_id(self) -> str:
        """Of the run; `who` is `<run>-<phase>`."""
        return self.who.rpartition("-")[0]

    @property
    def title(self) -> str:
        """Who wants it, for a person."""
        return self.who or "an earlier run"


class WarmEnvironments:
    """The minimum of vCPUs of the environments behind some queues.

    Args:
        batch: boto3's client.
    """

    def __init__(self, batch: Any) -> None:  # noqa: ANN401 - boto3's own
        self._batch = batch

    def want(self, who: str, vcpus: Mapping[str, int], until: datetime) -> Iterator[str]:
        """Keep so many vCPUs of each queue's first environment; says what was done.

        Args:
            who: A name that nobody else wants by, neither another run nor another phase of it.
            vcpus: By queue.
            until: When the want lapses, should nobody take it back.

        Raises:
            LockedOutError: AWS does not allow it.
            StorageError: AWS did not do it.
        """
        for environment, wanted in self._by_environment(vcpus).items():
            found = self._look(environment)
            most, before = _size(found, "maxvCpus"), _size(found, "minvCpus")
            tags = {
                WANT_TAG + who: f"{min(wanted, most)}@{until.astimezone(UTC).isoformat()}",
                # also where it is: the last of the others may be taking it away just now
                BEFORE_TAG: found["tags"].get(BEFORE_TAG, str(before)),
            }
            self._asked(self._batch.tag_resource, resourceArn=_arn(found), tags=tags)
            least = self._settle(environment)
            yield f"{environment} keeps {least} vCPUs (before: {before}; at most {most})"

    def release(self, who: str, queues: Iterable[str]) -> Iterator[str]:
        """Take a want back; says what was done.

        Raises:
            StorageError: AWS did not do it; the environment may keep instances that cost money.
        """
        for environment in self._by_environment(dict.fromkeys(queues, 0)):
            found = self._look(environment)
            is_there = WANT_TAG + who in found["tags"]
            if is_there:
                self._untag(found, [WANT_TAG + who])
            # also where it is gone already: the try before may have come no further than this
            if is_there or BEFORE_TAG in found["tags"]:
                yield f"{environment} keeps {self._settle(environment)} vCPUs"

    def wants(self, queues: Iterable[str]) -> Iterator[Want]:
        """All wants of the environments behind these queues, in force or not.

        Raises:
            StorageError: AWS cannot be asked.
        """
        seen: set[str] = set()
        for name, queue in self._asked(queues_named, batch=self._batch, names=queues).items():
            first = queue.environments[:1]
            if not first or first[0] in seen:
                continue
            seen.add(first[0])
            tags = self._look(first[0])["tags"]
            wants = sorted(key for key in tags if key.startswith(WANT_TAG))
            for key in wants:
                yield Want(first[0], name, key.removeprefix(WANT_TAG), *_parsed(tags[key]))
            if BEFORE_TAG in tags and not wants:  # a run was killed while it let go
                yield Want(first[0], name, "", None, None)

    def settle_lapsed(self, queues: Iterable[str]) -> Iterator[str]:
        """End what runs that never came back have wanted; says what was done.

        Raises:
            LockedOutError: AWS does not allow it.
            StorageError: AWS did not do it; the environment may keep instances that cost money.
        """
        for environment in self._by_environment(dict.fromkeys(queues, 0)):
            tags = self._look(environment)["tags"]
            wants, lapsed = _wants(tags)
            if lapsed or (BEFORE_TAG in tags and not wants):
                least = self._settle(environment)
                yield f"{environment} keeps {least} vCPUs: what {_names(lapsed)} wanted has lapsed"

    def _settle(self, environment: str) -> int:
        """Set the minimum to what those in force want; look again whether that still holds."""
        least = 0
        for _ in range(_LOOKS):
            found = self._look(environment)
            wants, lapsed = _wants(found["tags"])
            before = int(found["tags"].get(BEFORE_TAG, 0))
            least = min(max([before, *wants]), _size(found, "maxvCpus"))
            if _size(found, "minvCpus") != least:
                self._asked(
                    self._batch.update_compute_environment,
                    computeEnvironment=environment,
                    computeResources={"minvCpus": least},
                )
                continue
            is_last = not wants and BEFORE_TAG in found["tags"]
            gone = [*lapsed, BEFORE_TAG] if is_last else lapsed
            if gone:
                self._untag(found, gone)
            if not is_last or not self._has_come(found):
                break
        return least

    def _has_come(self, left: Mapping[str, Any]) -> bool:
        """Whether somebody wants it after all; then what it was before is put back for them."""
        wants, _ = _wants(self._look(str(left["computeEnvironmentName"]))["tags"])
        if wants:
            tags = {BEFORE_TAG: left["tags"][BEFORE_TAG]}
            self._asked(self._batch.tag_resource, resourceArn=_arn(left), tags=tags)
        return bool(wants)

    def _untag(self, environment: Mapping[str, Any], keys: list[str]) -> None:
        self._asked(self._batch.untag_resource, resourceArn=_arn(environment), tagKeys=keys)

    def _by_environment(self, vcpus: Mapping[str, int]) -> dict[str, int]:
        """Of each queue its first environment: Batch fills that before the next."""
        summed: dict[str, int] = {}
        by_name = {queue.rsplit("/", 1)[-1]: wanted for queue, wanted in vcpus.items()}
        for name, queue in self._asked(queues_named, batch=self._batch, names=vcpus).items():
            if queue.environments:
                first = queue.environments[0]
                summed[first] = summed.get(first, 0) + by_name[name]
        return {name: wanted for name, wanted in summed.items() if self._can_keep(name)}

    def _can_keep(self, environment: str) -> bool:
        """Only what Batch itself starts on EC2 has a minimum."""
        return "minvCpus" in (self._look(environment).get("computeResources") or {})

    def _look(self, environment: str) -> dict[str, Any]:
        found = self._asked(
            self._batch.describe_compute_environments, computeEnvironments=[environment]
        )["computeEnvironments"]
        if not found:
            raise StorageError(f"AWS Batch knows no compute environment {environment}")
        return {"tags": {}, **found[0]}

    def _asked(self, call: Any, **request: Any) -> Any:  # noqa: ANN401 - boto3's own
        try:
            return call(**request)
        except AWS_ERRORS as error:
            message = f"AWS Batch: {explained(error, self._batch.meta.region_name)}"
            refusal = LockedOutError if is_lockout(error) else StorageError
            raise refusal(message) from error


def _wants(tags: Mapping[str, str]) -> tuple[list[int], list[str]]:
    """Sizes of the wants in force, and the tags of those that lapsed or say nothing."""
    wants, lapsed = [], []
    for key, value in tags.items():
        if not key.startswith(WANT_TAG):
            continue
        vcpus, until = _parsed(value)
        if vcpus is None or until is None or until <= datetime.now(UTC):
            lapsed.append(key)
        else:
            wants.append(vcpus)
    return wants, lapsed


def _parsed(value: str) -> tuple[int | None, datetime | None]:
    """How many vCPUs until when; nothing where that cannot be read."""
    vcpus, _, until = value.partition("@")
    try:
        moment = datetime.fromisoformat(until)
        return int(vcpus), moment if moment.tzinfo else None
    except ValueError:
        return None, None


def _names(tags: Iterable[str]) -> str:
    return ", ".join(sorted(tag.removeprefix(WANT_TAG) for tag in tags)) or "an earlier run"


def _size(environment: Mapping[str, Any], name: str) -> int:
    return int(environment["computeResources"].get(name, 0))


def _arn(environment: Mapping[str, Any]) -> str:
    return str(environment["computeEnvironmentArn"])
