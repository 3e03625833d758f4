"""Stacks in plain files.

stacks/<name>.json    template, parameters and status of a stack

moto's memory is gone after a restart, so a stack is made again from these when it is first asked
for. What has files of its own (Batch, buckets, tables, repositories, logs) is taken over as it is;
all else is made anew, with the same names and identities, unless its properties were changed
since it was made.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs

import botocore.session

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.batch.logs import LogStore
from geoschem_bench.sandbox.batch.state import BatchState
from geoschem_bench.sandbox.files import file_name, json_files, read_json, write_json

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from moto.cloudformation.models import CloudFormationBackend

_KEPT = ("name", "stack_id", "template", "parameters", "tags", "status")
_PASSING = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")
_FAILED = (
    "{path}: the stack in it cannot be made again: {why}. Stop the sandbox (geoschem-bench sandbox "
    "down), delete that file and start it: the stack is made anew, with the data that there are"
)
_NOT_READY = "the sandbox cannot make its stacks again: {why}; see server.log of its state"


class Refreshed(Protocol):
    """The mirror of a service in which stacks make things."""

    def refresh(self, region: str) -> None:
        """Writes what moto holds now."""


class StacksMirror:
    """Keeps files equal to moto's stacks."""

    def __init__(
        self, folder: Path, place: tuple[str, str], batch: BatchState, logs: LogStore,
        others: Sequence[Refreshed],
    ) -> None:  # fmt: skip
        self._folder = folder
        self._account, self._region = place
        self._batch = batch
        self._logs = logs
        self._others = others
        self._written: dict[str, Any] | None = None
        self._failure = ""

    @property
    def _backend(self) -> CloudFormationBackend:
        from moto.cloudformation.models import cloudformation_backends  # heavy: all of moto

        return cloudformation_backends[self._account][self._region]

    def is_change(self, environ: WSGIEnvironment) -> bool:
        """Whether a request may change anything."""
        return True

    def write(self, environ: WSGIEnvironment, body: bytes, region: str) -> None:
        """Writes through what a request that succeeded has changed."""
        asked = parse_qs(body.decode())
        if asked.get("ImportExistingResources") == ["true"]:
            name = asked["ChangeSetName"][0]
            self._backend.describe_change_set(name).imports = True  # type: ignore[union-attr]
        documents = self._documents()
        if documents == self._written:
            return
        self._file(documents)

    def _file(self, documents: dict[str, Any]) -> None:
        """Stacks last: one in the files has there, whenever we are killed, all that it made."""
        for other in self._others:
            other.refresh(self._region)
        self._logs.forget_deleted()
        for name, document in documents.items():
            write_json(self._path(name), document)
        for path in json_files(self._folder):
            if path not in map(self._path, documents):
                path.unlink()
        self._written = documents

    def _documents(self) -> dict[str, Any]:
        return {
            stack.name: {key: getattr(stack, key) for key in _KEPT}
            | {"created_at": stack.creation_time.isoformat(), "region": self._region}
            for stack in self._backend.stacks.values()
            if stack.status not in _PASSING
        }

    def _path(self, name: str) -> Path:
        return self._folder / f"{file_name(name)}.json"

    @staticmethod
    def prepare() -> None:
        """Loads what stacks need, all of moto: a second, before anybody waits for it."""
        # Each of moto's services asks a session of its own for its regions, out of files of
        # megabytes; and its machine images are a third of a second that nobody looks at.
        botocore.session.create_loader = cache(botocore.session.create_loader)
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        import geoschem_bench.sandbox.stacks.install  # noqa: F401 - see above

    @property
    def is_restored(self) -> bool | None:
        """Whether the stacks are there again; None as long as that is being tried."""
        return False if self._failure else None if self._written is None else True

    def restore(self) -> None:
        """Makes the stacks again, once.

        Raises:
            SandboxError: one cannot be made, which everybody is told who needs them.
        """
        if self._failure:
            raise SandboxError(self._failure)
        if self._written is not None:
            return
        try:
            self._make_all_again()
        except Exception as error:  # of moto or ours: whoever asks next is told, and does not wait
            self.give_up(error)
            raise SandboxError(self._failure) from error

    def give_up(self, error: Exception) -> None:
        """Whoever needs the stacks is told this from now on, if nothing more precise is known."""
        self._failure = self._failure or _NOT_READY.format(why=str(error) or repr(error))

    def _make_all_again(self) -> None:
        from geoschem_bench.sandbox.stacks.install import install

        install(self._batch)
        for path in json_files(self._folder):
            try:
                self._make_again(read_json(path))
            except Exception as error:  # only here it is known which file it was
                self._failure = _FAILED.format(path=path, why=str(error) or repr(error))
                raise
        self._file(self._documents())

    def _make_again(self, kept: dict[str, Any]) -> None:
        from geoschem_bench.sandbox.stacks.stack import SandboxStack

        # Of another region, it is made anew in ours, out of what has files of its own
        identity = _in_region(kept["stack_id"], self._region)
        made: list[Any] = [kept[key] for key in ("name", "template", "parameters")]
        stack = SandboxStack(identity, *made, self._account, self._region, tags=kept["tags"])
        if kept["status"] != "ROLLBACK_COMPLETE":
            stack.make_again()
        stack.status = kept["status"]
        stack.creation_time = datetime.fromisoformat(kept["created_at"])
        self._backend.stacks[stack.stack_id] = stack


def _in_region(arn: str, region: str) -> str:
    parts = arn.split(":")
    return ":".join([*parts[:3], region, *parts[4:]])
