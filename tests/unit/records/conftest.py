"""A run whose documents and rows are kept in memory."""

from __future__ import annotations

import pytest

from tests.unit.records.fakes import (
    FC,
    PREFIX,
    TRANSPORT,
    MemoryObjects,
    MemoryResults,
    folder,
    job,
    manifest,
    plan_file,
)


@pytest.fixture
def objects():
    return MemoryObjects()


@pytest.fixture
def store():
    return MemoryResults()


@pytest.fixture
def whole_run(objects):
    """A run of the mini suite that went well."""
    objects.put(PREFIX + "plan.json", plan_file())
    for name in (FC, TRANSPORT):
        objects.put(folder(name) + "run.log", b"log")
        objects.put(folder(name) + "manifest.json", manifest(name))
        objects.put(folder(name) + "job.json", job(name, status="SUCCEEDED", exit_code=0))
    return objects
