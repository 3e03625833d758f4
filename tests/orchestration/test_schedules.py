"""Nights in the running Airflow: one at a time, and none at the moment of unpausing."""

from datetime import UTC, datetime

import pytest

from tests.orchestration.jobs import suite_of


@pytest.fixture(scope="module")
def nightly(servers):
    """A suite with a schedule, unpaused at whatever time it is now."""
    return servers.add_suite(suite_of(["NIGHT"], schedule='"0 2 * * *"'), "nights")


def test_unpausing_starts_nothing_and_the_next_run_is_next_night(servers, nightly):
    """Neither the night that has passed nor those before it: each would spend money."""

    def known():
        """Once the scheduler has looked at the DAG, it knows of the next run."""
        return servers.client.dag(nightly)["next_dagrun_run_after"]

    after = datetime.fromisoformat(servers.wait_for(known, "the next run to be known"))
    assert after > datetime.now(UTC)
    assert (after.hour, after.minute) == (2, 0)
    assert servers.client.dag_runs(nightly) == []


def test_two_runs_of_a_suite_never_go_side_by_side(servers, nightly):
    """A night that comes while the one before still runs waits for its end."""
    first = servers.client.trigger(nightly, {"dry_run": True}, run_id="side-1")
    second = servers.client.trigger(nightly, {"dry_run": True}, run_id="side-2")
    for run_id in (first, second):
        servers.client.wait_for_run(nightly, run_id, "success")
    ended = datetime.fromisoformat(servers.client.dag_run(nightly, first)["end_date"])
    began = datetime.fromisoformat(servers.client.dag_run(nightly, second)["start_date"])
    assert began >= ended
