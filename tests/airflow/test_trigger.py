"""Waiting in the triggerer: shared, quiet about trouble, careful with jobs of others."""

import asyncio
import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from airflow.triggers.shared_stream import SharedStreamManager

from geoschem_bench.orchestration import trigger as module
from geoschem_bench.orchestration.polling import Finding, Waiter
from geoschem_bench.orchestration.trigger import BenchmarkJobTrigger

SUBMISSION = {
    "benchmark_id": "B", "benchmark_run_id": "run", "phase": "phase_1", "number": 1,
    "output_path": "s3://b/runs/run/phase_1/B/1/", "job_queue": "q",
    "purchase_option": "on_demand",
}  # fmt: skip


def trigger(job_id="a", region="us-west-2"):
    return BenchmarkJobTrigger(
        job_id=job_id, submission=SUBMISSION, runnable_seconds=60, running_seconds=60,
        poll_seconds=0.01, aws_conn_id=None, region=region, queues=["q"],
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
    monkeypatch.setattr(BenchmarkJobTrigger, "make_watch", lambda self: watch)

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

    monkeypatch.setattr(BenchmarkJobTrigger, "make_watch", lambda self: Watch())

    async def first():
        return await anext(trigger("alone").run())

    assert asyncio.run(first()).payload["job_id"] == "alone"


class Batch:
    """Jobs that end once they were told to and looked at again."""

    def __init__(self, *ids):
        self.alive, self.told, self.recorded = set(ids), [], []

    def describe(self, ids):
        return [SimpleNamespace(job_id=each, has_ended=each in self.told) for each in ids]

    def terminate(self, jobs, why):
        self.told += [job.job_id for job in jobs]


@pytest.fixture
def batch(monkeypatch):
    batch = Batch()
    monkeypatch.setattr(module, "_parts_of", lambda *place: SimpleNamespace(jobs=batch))
    monkeypatch.setattr(module, "record_end", lambda job, *rest: batch.recorded.append(job.job_id))
    return batch


@pytest.mark.parametrize(
    ("state", "ends"),
    [("deferred", False), ("running", False), ("failed", True), ("success", True),
     ("skipped", True), (None, True), ("scheduled", True)],
)  # fmt: skip
def test_a_job_is_ended_only_when_nobody_owns_it(monkeypatch, batch, state, ends):
    """Airflow calls on_kill also when a trigger only moves, and after a new attempt has begun."""
    monkeypatch.setattr(module, "task_state", lambda ti: state)
    waiting = trigger()
    waiting.task_instance = SimpleNamespace(task_id="B")
    asyncio.run(waiting.on_kill())
    assert batch.told == batch.recorded == (["a"] if ends else [])


def test_airflow_cancels_on_kill_while_it_works_and_the_job_is_ended_all_the_same(
    monkeypatch, batch
):
    """The triggerer cancels a trigger that has not completed, in each of its rounds."""
    monkeypatch.setattr(module, "task_state", lambda ti: "failed")

    async def killed():
        waiting = trigger()
        waiting.task_instance = SimpleNamespace(task_id="B")
        killing = asyncio.create_task(waiting.on_kill())
        await asyncio.sleep(0)  # it has begun
        killing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killing
        while not batch.recorded:
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(killed(), 30))
    assert batch.told == batch.recorded == ["a"]


def test_of_many_that_are_killed_at_once_all_are_told_before_any_is_waited_for(monkeypatch, batch):
    """Airflow gives 30 s for all of them."""
    monkeypatch.setattr(module, "task_state", lambda ti: "failed")
    ids = [f"job-{n}" for n in range(200)]
    told_at_first_record = []
    monkeypatch.setattr(
        module, "record_end",
        lambda job, *rest: told_at_first_record.append(len(batch.told)),
    )  # fmt: skip
    describe = batch.describe
    batch.describe = lambda ids: [
        SimpleNamespace(job_id=job.job_id, has_ended=len(batch.told) == 200)
        for job in describe(ids)
    ]

    async def kill_all():
        waiting = [trigger(each) for each in ids]
        for each in waiting:
            each.task_instance = SimpleNamespace(task_id="B")
        await asyncio.gather(*(each.on_kill() for each in waiting))

    asyncio.run(kill_all())
    assert sorted(batch.told) == sorted(ids)
    assert told_at_first_record[0] == 200


def test_ctrl_c_of_dags_test_leaves_no_job(monkeypatch, batch):
    watch = Watch(ends_after=1_000_000)
    monkeypatch.setattr(BenchmarkJobTrigger, "make_watch", lambda self: watch)

    async def interrupted():
        waiting = asyncio.create_task(anext(trigger("alone").run()))
        while not watch.asked:
            await asyncio.sleep(0.001)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(interrupted())
    assert batch.told == ["alone"]


def test_the_end_of_dags_test_is_no_ctrl_c(monkeypatch, batch):
    """An event may leave its job alive: Airflow then cancels what is left of the trigger."""
    monkeypatch.setattr(BenchmarkJobTrigger, "make_watch", lambda self: Watch())

    async def fired_and_cancelled():
        running = trigger("alive").run()
        await anext(running)
        with pytest.raises(asyncio.CancelledError):
            await running.athrow(asyncio.CancelledError)

    asyncio.run(fired_and_cancelled())
    assert batch.told == []


def test_the_poll_asks_where_the_job_is(monkeypatch):
    """Not where this triggerer's environment points."""
    asked = []

    def parts(region, aws_conn_id):
        asked.append((region, aws_conn_id))
        return SimpleNamespace(jobs=None, diagnosis=None)

    monkeypatch.setattr(module, "Parts", parts)
    elsewhere = trigger(region="us-east-1")
    elsewhere.aws_conn_id = "other"
    elsewhere.make_watch()
    assert asked == [("us-east-1", "other")]


def findings_of(make_watch, waiters, rounds):
    async def some():
        stream = module.look_for_ever(make_watch, lambda: waiters, 0)
        return [await anext(stream) for _ in range(rounds)]

    return asyncio.run(some())


def test_an_error_of_ours_is_told_and_does_not_break_the_stream():
    """It would fail every waiting task at once, again and again."""

    def broken():
        raise KeyError("GEOSCHEM_BENCH_BUCKET")

    found = findings_of(broken, {"a": Waiter("a", 0, 0)}, 5)
    assert [each["a"].kind for each in found] == ["waiting"] * 4 + ["unreachable"]
    assert "GEOSCHEM_BENCH_BUCKET" in found[0]["a"].message


def test_who_has_ended_is_told_while_another_is_diagnosed():
    """A diagnosis takes many calls, and most when AWS is in trouble."""
    allowed, both = threading.Event(), {name: Waiter(name, 0, 0) for name in ("slow", "done")}

    class Slow(Watch):
        def round(self, waiters):
            self.asked.append(list(waiters))
            return {"slow": Finding("overdue", "for long"), "done": Finding("ended")}

        def diagnosed(self, overdue):
            allowed.wait(30)
            return {name: Finding("stuck", "no capacity") for name in overdue}

    make_watch: Any = Slow

    async def watch_both():
        stream = module.look_for_ever(make_watch, lambda: both, 0)
        first, second = await anext(stream), await anext(stream)
        allowed.set()
        while (await anext(stream))["slow"].kind != "stuck":
            pass
        return first, second

    for found in asyncio.run(watch_both()):
        assert found["done"].kind == "ended"
        assert found["slow"].kind == "overdue"
