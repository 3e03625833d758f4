"""The engine and its images, made when a test first asks for them."""

from __future__ import annotations

import os

import pytest

from tests.images.engine import (
    DECLINED,
    NATIVE,
    NONE_HERE,
    Engine,
    Image,
    build,
    find_engine,
    why_arm64,
)


@pytest.fixture(scope="session")
def engine() -> Engine:
    if os.environ.get(DECLINED) == "1":
        pytest.skip(f"{DECLINED}=1 is set")
    found = find_engine()
    if found is None:
        pytest.fail(NONE_HERE, pytrace=False)
    return found


@pytest.fixture(scope="session")
def native_image(engine: Engine) -> Image:
    """For this computer's own architecture."""
    return build(engine, NATIVE)


@pytest.fixture(scope="session")
def foreign_image(engine: Engine, request: pytest.FixtureRequest) -> Image:
    """For the other architecture, emulated; only where it may differ from the last time."""
    wanted, reason = why_arm64(os.environ)
    other = "amd64" if NATIVE == "arm64" else "arm64"
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    verb = "is built and run under emulation" if wanted else "is left out"
    reporter.write_line(f"\nthe image for {other} {verb}: {reason}")
    if not wanted:
        pytest.skip(f"{reason}; GEOSCHEM_BENCH_ARM64=1 runs it")
    return build(engine, other)
