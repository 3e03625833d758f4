"""In the running Airflow: at most so many jobs of a run at one time, in the suite's order."""

from __future__ import annotations

from typing import Any

from tests.orchestration.jobs import RunJobs, suite_of

IDS = tuple(f"T-{number}" for number in range(8))
AT_ONCE = 2


def test_a_run_has_no_more_jobs_at_one_time_than_it_was_asked_for(
    servers: Any, sandbox: Any
) -> None:
    dag_id = servers.add_suite(suite_of(IDS), "turns")
    run_id = servers.client.trigger(dag_id, {"max_concurrent": AT_ONCE})
    servers.client.wait_for_run(dag_id, run_id, "success", timeout_seconds=300)

    runs = RunJobs(sandbox, servers.client.dag_run(dag_id, run_id))
    jobs: list[Any] = [job for each in IDS for job in runs.of(each)]
    assert len(jobs) == len(IDS)
    for job in jobs:
        alive = [each for each in jobs if each.created_at <= job.created_at < each.stopped_at]
        assert len(alive) <= AT_ONCE
    # the first to end lets the next one in, so those far apart never change places
    began = sorted(range(len(IDS)), key=lambda number: jobs[number].created_at)
    assert all(abs(place - number) < AT_ONCE for place, number in enumerate(began))


def test_those_that_wait_for_their_turn_have_no_job(servers: Any, sandbox: Any) -> None:
    """And a job is ended though its task was marked while nobody was there to be told."""
    dag_id = servers.add_suite(suite_of(IDS[:3]).replace("0.041666667", "30"), "queue_of_three")
    client = servers.client
    run_id = client.trigger(dag_id, {"max_concurrent": 1})
    for each in IDS[:3]:
        client.wait_for_task(dag_id, run_id, f"phase_1.{each}", {"deferred"}, timeout_seconds=120)
    runs = RunJobs(sandbox, client.dag_run(dag_id, run_id))
    assert dict(runs.counts()) == {IDS[0]: 1}
    servers.kill("triggerer")
    client.mark(dag_id, run_id, f"phase_1.{IDS[0]}", "failed")  # Airflow tells this nobody
    servers.start("triggerer")

    servers.wait_for(lambda: runs.alive(IDS[1]), "the second is let in", timeout_seconds=120)
    servers.wait_for(lambda: not runs.alive(IDS[0]), "the first is ended", timeout_seconds=60)
    assert IDS[2] not in runs.counts()

    client.mark_run(dag_id, run_id, "failed")
    client.wait_for_task(dag_id, run_id, "janitor", {"success"}, timeout_seconds=120)
    servers.wait_for(lambda: not runs.alive(IDS[1]), "its job is ended", timeout_seconds=60)
    assert dict(runs.counts()) == {IDS[0]: 1, IDS[1]: 1}
