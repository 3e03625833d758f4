"""Operations on the tags of any resource of Batch."""

from __future__ import annotations

from collections.abc import Callable

from geoschem_bench.sandbox.batch.errors import RefusedError
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState


def list_tags(state: BatchState, request: Document) -> Document:
    """ListTagsForResource."""
    resource, _ = _resource(state, request["resourceArn"])
    return {"tags": resource["tags"]}


def tag(state: BatchState, request: Document) -> Document:
    """TagResource."""
    resource, save = _resource(state, request["resourceArn"])
    resource["tags"] = {**resource["tags"], **request["tags"]}
    save()
    return {}


def untag(state: BatchState, request: Document) -> Document:
    """UntagResource."""
    resource, save = _resource(state, request["resourceArn"])
    gone = set(request["tagKeys"])
    resource["tags"] = {key: value for key, value in resource["tags"].items() if key not in gone}
    save()
    return {}


def _resource(state: BatchState, arn: str) -> tuple[Document, Callable[[], None]]:
    """The tagged document and how to write it through."""
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    if kind == "job":
        job = state.find_job(name)
        return job.detail, lambda: state.save(job)
    shelves = {
        "job-queue": state.queues,
        "job-definition": state.definitions,
        "compute-environment": state.environments,
    }
    document = shelves[kind].get(name) if kind in shelves else None
    if document is None:
        raise RefusedError(f"resourceArn: there is nothing of ARN {arn!r}")
    return document, lambda: shelves[kind].put(name, document)
