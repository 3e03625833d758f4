"""A running sandbox, and our doors to it."""

from types import SimpleNamespace

import pytest

from geoschem_bench import wiring
from geoschem_bench.sandbox import running


@pytest.fixture(scope="session")
def box(tmp_path_factory):
    """One sandbox for the tests of our doors to AWS."""
    with running(tmp_path_factory.mktemp("doors")) as sandbox:
        yield sandbox


@pytest.fixture
def doors(box, monkeypatch):
    """Object store, results store and jobs, wired as the program does it."""
    for name, value in box.environment().items():
        monkeypatch.setenv(name, value)
    settings = wiring.read_settings()
    return SimpleNamespace(
        bucket=settings.bucket,
        objects=wiring.object_store(settings),
        store=wiring.results_store(settings),
        jobs=wiring.batch_jobs(settings),
        settings=settings,
    )
