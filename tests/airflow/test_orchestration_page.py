"""docs/orchestration.md says of retries and gates what is so."""

import re
from pathlib import Path

import pytest

from geoschem_bench.errors import Reason
from geoschem_bench.orchestration.gates import GATE_MINUTES
from geoschem_bench.orchestration.retries import BenchmarkFailedError, BenchmarkRetryPolicy
from geoschem_bench.wiring import Settings

PAGE = Path(__file__).parents[2] / "docs" / "orchestration.md"
TIMES = {"once": 1, "up to 2 times": 2, "up to 3 times": 3}


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text()


@pytest.fixture(scope="module")
def listed(page):
    """Reason → how often it is tried again, minutes before the first time."""
    table = page.partition("## What is tried again")[2].partition("\n\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^;|]+?)(?:;[^|]*)? \| (\d+) min", table, re.M)
    return {Reason(reason): (TIMES[times], int(minutes)) for reason, times, minutes in rows}


def decision(reason, earlier, poll_seconds):
    error = BenchmarkFailedError("ID", reason, "why", (reason,) * earlier, poll_seconds)
    return BenchmarkRetryPolicy().evaluate(error, 1, 6)


@pytest.mark.parametrize("reason", Reason)
def test_what_is_tried_again_is_on_the_page(listed, reason):
    poll_seconds = Settings(bucket="b").poll_seconds
    times, minutes = listed.get(reason, (0, None))
    decisions = [decision(reason, n, poll_seconds) for n in range(times + 1)]
    assert [each.action.value for each in decisions] == ["retry"] * times + ["fail"]
    if times:
        assert decisions[0].retry_delay.total_seconds() == minutes * 60


def test_how_long_a_gate_waits_is_on_the_page(page):
    assert f"up to {GATE_MINUTES} minutes" in page


def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page):
        assert (PAGE.parent / target).exists(), target
