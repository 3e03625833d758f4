"""A short draw of `make chaos` in the running Airflow: faults at random, and nothing is lost."""

import signal
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy
from benchmarks.chaos.ground import Ground, dag_id, suite_text
from benchmarks.chaos.plan import Kind, draw
from benchmarks.chaos.play import play
from benchmarks.chaos.strikes import children, supervisors

from tests.servers import restarts

SEED = 88415
"""Whose six faults are of six kinds: of tasks, Airflow, its database, AWS and a person."""
FAULTS = 6


def test_a_run_that_is_struck_at_random_loses_and_doubles_nothing(
    servers: Any, sandbox: Any, cluster: Any
) -> None:
    """If this fails, what it says names the run; the draw again: --seed, --runs 1, --only 0."""
    if cluster is not None:
        restarts.prepare(cluster)
    assert servers.add_suite(suite_text(), "chaos_0") == dag_id(0)
    here = Ground(servers, sandbox, cluster)
    with closing(here.client):
        played = play(here, draw(SEED, 0, FAULTS, 1), number=0, runs=1)

    said = "\n".join(here.said)
    assert list(played.violations) == [], said
    struck = {blow.strike.kind for blow in played.blows if not blow.missed}
    assert {Kind.TRIGGERER, Kind.SCHEDULER, Kind.SANDBOX_KILLED} <= struck, said


@pytest.fixture
def held(servers: Any, cluster: Any) -> Iterator[tuple[str, str] | None]:
    """A run whose rows are locked by a session that does nothing any more."""
    if cluster is None:  # SQLite has no such sessions
        yield None
        return
    restarts.prepare(cluster)
    dag_id = servers.add_suite(suite_text(1), "held")
    run_id = servers.client.trigger(dag_id, {"dry_run": True})
    engine = sqlalchemy.create_engine(servers.environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    with engine.connect() as left_open:
        locked = sqlalchemy.text("SELECT 1 FROM dag_run WHERE dag_id = :dag_id FOR UPDATE")
        left_open.execute(locked, {"dag_id": dag_id})
        yield dag_id, run_id
        left_open.invalidate()
    engine.dispose()


def test_what_a_killed_scheduler_or_worker_leaves_holds_runs_up_for_seconds_only(
    servers: Any, held: tuple[str, str] | None
) -> None:
    """`make chaos` found both; without their cures these runs never end.

    A worker that outlives its scheduler keeps the scheduler's connection open, with the locks on
    the rows of its runs, which every other scheduler passes over. And a task whose worker is killed
    before it tells that it runs stays queued with Airflow's own LocalExecutor.
    """
    dag_id = servers.add_suite(suite_text(1), "unbegun")
    api_server = servers.components["api-server"]
    run_id = servers.client.trigger(dag_id, {"dry_run": True})
    servers.wait_for(lambda: supervisors(servers), "a worker that has the plan")
    api_server.kill(signal.SIGSTOP, with_children=True)  # nobody can tell it that the plan runs
    try:
        for worker in supervisors(servers):
            for process in (worker, *children(worker)):
                process.kill()
    finally:
        api_server.kill(signal.SIGCONT, with_children=True)
    assert servers.client.wait_for_run(dag_id, run_id) == "success"
    if held is not None:
        assert servers.client.wait_for_run(*held) == "success"
