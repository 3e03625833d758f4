"""Which runs are old enough to go: never one too many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.planning import run_prefix
from geoschem_bench.records import RunPlanFile, Stamp
from geoschem_bench.records.erasing import erase_run
from geoschem_bench.records.retention import StoredRun, decide, may_go_on, stored_runs
from geoschem_bench.records.strays import RunState, longest
from tests.unit.records.fakes import (
    BUCKET,
    FC,
    PREFIX,
    RUN,
    MemoryObjects,
    MemoryResults,
    folder,
    manifest,
    plan_file,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROOT = f"s3://{BUCKET}/runs/"


def plan(**fields: object) -> RunPlanFile:
    return RunPlanFile.model_validate_json(plan_file(**fields))


PLAN = plan()


def run(age: timedelta, **marks: bool) -> StoredRun:
    return StoredRun(RUN, 3, NOW - age, **marks)


@given(st.timedeltas(timedelta(0), timedelta(days=4000)), st.integers(1, 3650))
def test_a_run_goes_when_it_is_older_than_its_suite_keeps_it_and_not_before(
    age: timedelta, days: int
) -> None:
    decision = decide(run(age), PLAN, {"mini": days}, set(), NOW)
    assert decision.is_due == (age > timedelta(days=days))
    assert not decision.is_doubtful


@given(
    age=st.timedeltas(timedelta(0), timedelta(days=4000)),
    days=st.none() | st.integers(1, 3650),
    of_plan=st.none() | st.integers(1, 3650),
    has_plan=st.booleans(),
    is_kept=st.booleans(),
    is_alive=st.booleans(),
    is_begun=st.booleans(),
)
def test_what_is_kept_or_alive_or_nobody_can_tell_never_goes(
    age: timedelta, days: int | None, of_plan: int | None, has_plan: bool, is_kept: bool,
    is_alive: bool, is_begun: bool,
) -> None:  # fmt: skip
    known = {} if days is None else {"mini": days}
    found = PLAN.model_copy(update={"retention_days": of_plan}) if has_plan else None
    alive = {RUN} if is_alive else set()
    decision = decide(run(age, is_kept=is_kept, is_begun=is_begun), found, known, alive, NOW)
    limits = [each for each in (days, of_plan if has_plan else None) if each is not None]
    if is_kept or is_alive:
        assert not decision.is_due
    elif is_begun:
        assert decision.is_due
    elif not has_plan or not limits:
        assert (decision.is_due, decision.is_doubtful) == (False, True)
    else:
        assert decision.is_due == (age > timedelta(days=max(limits)))


def test_the_longer_of_the_suite_and_the_plan_counts_and_is_said() -> None:
    """A suite of that name may be another one, in somebody's folder."""
    old, of_plan = run(timedelta(days=100)), plan(retention_days=10)
    assert not decide(old, of_plan, {"mini": 365}, set(), NOW).is_due
    by_plan = decide(old, of_plan, {"mini": 1}, set(), NOW)
    assert by_plan.why == "last written 100 days ago, kept for 10, as its plan says"
    by_suite = decide(old, of_plan, {"mini": 30}, set(), NOW)
    assert by_suite.why == "last written 100 days ago, kept for 30, as the suite here says"
    assert by_plan.is_due
    assert by_suite.is_due


LIMIT, SECOND = longest(PLAN), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("state", "age", "marks", "found", "may"),
    [
        (RunState.LIVE, LIMIT + SECOND, {"is_loaded": True}, PLAN, True),
        (RunState.OVER, SECOND, {}, PLAN, False),
        (RunState.UNKNOWN, LIMIT, {}, PLAN, True),
        (RunState.UNKNOWN, LIMIT + SECOND, {}, PLAN, False),
        (RunState.UNKNOWN, SECOND, {"is_loaded": True}, PLAN, False),
        (RunState.UNKNOWN, SECOND, {"is_begun": True}, PLAN, False),  # load.json may be gone
        (RunState.UNKNOWN, SECOND, {}, None, False),
    ],
)
def test_a_run_that_nobody_knows_may_go_on_until_it_is_loaded_or_too_old(
    state: RunState, age: timedelta, marks: dict[str, bool], found: RunPlanFile | None, may: bool
) -> None:
    assert bool(may_go_on(run(age, **marks), found, state, NOW)) == may


def test_runs_are_seen_from_one_listing() -> None:
    def stamp(name: str, day: int) -> Stamp:
        return Stamp(ROOT + name, "e", datetime(2026, 11, day, tzinfo=UTC))

    listed = [
        stamp("a/keep", 3), stamp("a/phase_1/X/1/keep", 1), stamp("b.cleaning.json", 2),
        stamp("b.old/plan.json", 1), stamp("b/plan.json", 9), stamp("c/load.json", 1),
        stamp("d.cleaning.json", 4), stamp("stray.txt", 1),
    ]  # fmt: skip
    found = {each.run_id: each for each in stored_runs(listed, ROOT)}
    assert {name: (r.objects, r.last_written.day) for name, r in found.items()} == {
        "a": (2, 3),
        "b": (2, 9),
        "b.old": (1, 1),
        "c": (1, 1),
        "d": (1, 4),
    }
    assert [name for name, r in found.items() if r.is_kept] == ["a"]
    assert [name for name, r in found.items() if r.is_begun] == ["b", "d"]
    assert [name for name, r in found.items() if r.is_loaded] == ["c"]


class Erasable(MemoryObjects):
    """That can delete, up to a point, and knows what there ever was."""

    def __init__(self, dies_after: int) -> None:
        super().__init__()
        self.left = dies_after
        self.versions: dict[str, bytes] = {}

    def put(self, address: str, body: bytes, content_type: str = "application/json") -> None:
        super().put(address, body, content_type)
        self.versions[address] = body

    def delete(self, addresses: object) -> int:
        gone = list(addresses)  # type: ignore[call-overload]
        for address in gone:
            if self.left == 0:
                raise InterruptedError
            self.left -= 1
            self.objects.pop(address, None)
        return len(gone)


class ErasableRows(MemoryResults):
    """That can delete."""

    def delete(self, results: object) -> int:
        gone = [f"{each.benchmark_id}#{each.run_key}" for each in results]  # type: ignore[attr-defined]
        for key in gone:
            self.rows.pop(key, None)
        return len(gone)


@pytest.mark.parametrize("dies_after", range(5))
def test_rows_never_go_while_objects_are_there_that_they_can_be_made_of(dies_after: int) -> None:
    """Killed after any number of deletions, what a `load` then makes is gone after the next."""
    from geoschem_bench.records import load_prefix

    objects, rows = Erasable(dies_after), ErasableRows()
    objects.put(run_prefix(BUCKET, RUN) + "plan.json", plan_file())
    objects.put(folder(FC) + "manifest.json", manifest())
    load_prefix(PREFIX, objects, rows)
    with_all = set(rows.rows)
    try:
        erase_run(RUN, "old", BUCKET, objects, rows)
    except InterruptedError:
        if any(address.endswith(("plan.json", "manifest.json")) for address in objects.objects):
            assert set(rows.rows) == with_all
        if any(objects.list(PREFIX)):
            load_prefix(PREFIX, objects, rows)
        assert stored_runs(objects.stamps(ROOT), ROOT)[0].is_begun
        objects.left = 100
        erase_run(RUN, "old", BUCKET, objects, rows)
    assert objects.objects == {}
    assert rows.rows == {}


def test_what_was_deleted_by_mistake_and_is_brought_back_stays() -> None:
    """All that ever lay below the run's folder comes back; the mark must be none of it."""
    objects = Erasable(dies_after=100)
    objects.put(PREFIX + "plan.json", plan_file())
    erase_run(RUN, "asked for", BUCKET, objects, ErasableRows())
    assert objects.objects == {}
    objects.objects |= {a: body for a, body in objects.versions.items() if a.startswith(PREFIX)}
    (restored,) = stored_runs(objects.stamps(ROOT), ROOT)
    assert restored.objects == 1
    later = restored.last_written + timedelta(days=1)
    assert not decide(restored, PLAN, {"mini": 365}, set(), later).is_due
