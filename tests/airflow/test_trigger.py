"""Waiting in the triggerer: shared, quiet about trouble, careful with jobs of others."""

import asyncio
import json
from types import SimpleNamespace

import pytest
import structlog
from airflow.triggers.shared_stream import SharedStreamManager

from geoschem_bench.orchestration import trigger as module
from geoschem_bench.orchestration.polling import Finding
from geoschem_bench.orchestration.trigger import BenchmarkJobTrigger

SUBMISSION = {
    "benchmark_id": "B", "benchmark_run_id": "run", "phase": "phase_1", "number": 1,
    "output_path": "s3://b/runs/run/phase_1/B/1/", "job_queue": "q",
    "purchase_option": "on_demand",
}  # fmt: skip


def trigger(job_id="a", region="us-west-2"):
    return BenchmarkJobTrigger(
        job_id=job_id, submission=SUBMISSION, runnable_seconds=60, poll_seconds=1,
        aws_conn_id=None, region=region,
    )  # fmt: skip


async def stream(*rounds):
    for findings in rounds:
        yield findings


async def events_of(waiting, *rounds):
    return [event async for event in waiting.filter_shared_stream(stream(*rounds))]


def test_it_comes_back_from_the_database():
    path, arguments = trigger().serialize()
    assert path.endswith("trigger.BenchmarkJobTrigger")
    again = BenchmarkJobTrigger(**json.loads(json.dumps(arguments)))
    assert again.serialize() == trigger().serialize()


def test_all_of_a_region_share_one_poll():
    assert trigger("a").shared_stream_key() == trigger("b").shared_stream_key()
    assert trigger("a").shared_stream_key() != trigger("a", "us-east-1").shared_stream_key()


def test_it_fires_once_at_the_end():
    waiting, ended = Finding("waiting", "job a is RUNNING"), Finding("ended")
    events = asyncio.run(events_of(trigger(), {"b": ended}, {"a": waiting}, {"a": ended}))
    assert [event.payload["kind"] for event in events] == ["ended"]


def test_who_stops_waiting_is_not_asked_about_any_more():
    asyncio.run(events_of(trigger("gone-away"), {"gone-away": Finding("ended")}))
    assert all("gone-away" not in waiters for waiters in module._waiters.values())


class Watch:
    """Everybody has ended in the second look, or in a later one."""

    def __init__(self, ends_after=2):
        self.asked, self.ends_after = [], ends_after

    def round(self, waiters):
        self.asked.append(sorted(waiters))
        return {
            job_id: Finding("ended") for job_id in waiters if len(self.asked) >= self.ends_after
        }

    def pause_seconds(self):
        return 0.01


def test_one_poll_serves_all_that_wait(monkeypatch):
    """Through Airflow's own manager of shared streams."""
    watch = Watch()
    monkeypatch.setattr(module, "_new_watch", lambda seconds: watch)

    async def wait(manager, number, waiting):
        shared = manager.subscribe(
            trigger_id=number, trigger=waiting, key=waiting.shared_stream_key()
        )
        return [event async for event in waiting.filter_shared_stream(shared)]

    async def wait_for_both():
        manager = SharedStreamManager(log=structlog.get_logger())
        waits = (wait(manager, n, trigger(name)) for n, name in enumerate("xy"))
        try:
            return await asyncio.gather(*waits)
        finally:
            await manager.stop_all()

    events = asyncio.run(wait_for_both())
    assert [[e.payload["job_id"] for e in each] for each in events] == [["x"], ["y"]]
    assert all(set(asked) <= {"x", "y"} for asked in watch.asked)
    assert len(watch.asked) <= 4, "one poll, not one for each"


def test_alone_it_polls_by_itself(monkeypatch):
    """`airflow dags test` knows no shared streams."""

    monkeypatch.setattr(module, "_new_watch", lambda seconds: Watch())

    async def first():
        return await anext(trigger("alone").run())

    assert asyncio.run(first()).payload["job_id"] == "alone"


@pytest.mark.parametrize(
    ("state", "ends"),
    [("deferred", False), ("running", False), ("failed", True), ("success", True),
     ("skipped", True), (None, True), ("scheduled", True)],
)  # fmt: skip
def test_a_job_is_ended_only_when_nobody_owns_it(monkeypatch, state, ends):
    """Airflow calls on_kill also when a trigger only moves, and after a new attempt has begun."""
    ended = []
    monkeypatch.setattr(module, "task_state", lambda ti: state)
    monkeypatch.setattr(module, "Parts", lambda: None)
    monkeypatch.setattr(module, "end_job", lambda job_id, *rest: ended.append(job_id))
    waiting = trigger()
    waiting.task_instance = SimpleNamespace(task_id="B")
    asyncio.run(waiting.on_kill())
    assert ended == (["a"] if ends else [])


def test_ctrl_c_of_dags_test_leaves_no_job(monkeypatch):
    ended, watch = [], Watch(ends_after=1_000_000)
    monkeypatch.setattr(module, "_new_watch", lambda seconds: watch)
    monkeypatch.setattr(module, "Parts", lambda: None)
    monkeypatch.setattr(module, "end_job", lambda job_id, *rest: ended.append(job_id))

    async def interrupted():
        waiting = asyncio.create_task(anext(trigger("alone").run()))
        while not watch.asked:
            await asyncio.sleep(0.001)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(interrupted())
    assert ended == ["alone"]
