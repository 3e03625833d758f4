"""Cleaning up in the sandbox: ours and over goes, all else stays, a second pass finds nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.client
import pytest

from geoschem_bench import pipeline
from geoschem_bench.aws.cleaning import Cleaner
from geoschem_bench.aws.leftovers import Found
from geoschem_bench.aws.warm import WarmEnvironments
from geoschem_bench.errors import StorageError
from geoschem_bench.pipeline import index_address
from geoschem_bench.planning import job_name, output_path, run_prefix
from geoschem_bench.records import Result, RunPlanFile
from geoschem_bench.records.erasing import entry_address, mark_address
from geoschem_bench.records.retention import KEEP_FILE
from geoschem_bench.records.strays import ID_TAG, RUN_TAG, RunState
from geoschem_bench.wiring.cleaning import KnownSuites, cleaner
from tests.aws.clients import clients_of
from tests.unit.records.fakes import FC, manifest, plan_file

QUEUE = "geos-chem-graviton-queue"
OLD, NEW = "20250101T000000Z-00000001", "20250102T000000Z-00000002"
OVER, LIVE, OTHERS = (f"20261101T00000{n}Z-0000000{n}" for n in (3, 4, 5))
YEARS = timedelta(days=400)
PAGE = Path(__file__).parents[2] / "docs" / "cleaning.md"
ACTIONS = {"ListObjectsV2": "ListBucket", "DeleteObjects": "DeleteObject"}
"""Where a permission is not called as the operation is."""


@dataclass
class Place:
    """The doors to the sandbox, and what Airflow would say of each run."""

    doors: Any
    batch: Any
    states: dict[str, RunState]
    known: KnownSuites

    def cleaner(self) -> Cleaner:
        def state_of(plan: RunPlanFile) -> RunState:
            return self.states.get(plan.benchmark_run_id, RunState.UNKNOWN)

        return cleaner(self.doors.settings, self.known, state_of)

    def plan(self, run_id: str, **fields: Any) -> None:
        body = plan_file(benchmark_run_id=run_id, bucket=self.doors.bucket, **fields)
        self.doors.objects.put(run_prefix(self.doors.bucket, run_id) + "plan.json", body)

    def measured(self, run_id: str, **fields: Any) -> None:
        """A run with a plan, a manifest, rows and an entry among the reports."""
        self.plan(run_id, **fields)
        folder = output_path(self.doors.bucket, run_id, "phase_1", FC, 1)
        self.doors.objects.put(folder + "manifest.json", manifest(run=run_id))
        pipeline.load_run(run_id, self.doors.bucket, self.doors.objects, self.doors.store)
        self.doors.objects.put(entry_address(self.doors.bucket, run_id), b"{}")

    def job(self, run_id: str, tags: dict[str, str] | None = None) -> str:
        """A job that waits or sleeps; its id."""
        ours = {RUN_TAG: run_id, ID_TAG: FC}
        answer = self.batch.submit_job(
            jobName=job_name(run_id, FC, 1), jobQueue=QUEUE, jobDefinition="geos-chem-benchmark",
            containerOverrides={"command": ["sleep", "600"]}, tags=ours if tags is None else tags,
        )  # fmt: skip
        return str(answer["jobId"])

    def objects_of(self, run_id: str) -> list[str]:
        return list(self.doors.objects.list(run_prefix(self.doors.bucket, run_id)))


@pytest.fixture
def place(box: Any, doors: Any) -> Iterator[Place]:
    with clients_of(box) as client:
        place = Place(doors, client("batch"), {}, KnownSuites({}, frozenset({QUEUE}), ()))
        yield place
        doors.jobs.terminate(doors.jobs.living([QUEUE]), "end of the test")
        for run_id in (OLD, NEW, OVER, LIVE, OTHERS):
            doors.objects.delete([*place.objects_of(run_id), mark_address(doors.bucket, run_id)])
            doors.store.delete(doors.store.of_run(run_id))


def clean(place: Place, now: datetime | None = None) -> tuple[Found, list[str]]:
    """One pass, which asks AWS for nothing but what the page says."""
    asked: set[str] = set()
    client: Any = botocore.client.BaseClient  # its stubs do not know the method
    make = client._make_api_call

    def noted(self: Any, operation: str, given: Any) -> Any:
        asked.add(f"{self.meta.service_model.service_name}:{ACTIONS.get(operation, operation)}")
        return make(self, operation, given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_make_api_call", noted)
        cleaner = place.cleaner()
        found = cleaner.find(now=now)
        said = list(cleaner.clean(found))
    assert asked - set(re.findall(r"`(\w+:\w+)`", PAGE.read_text())) == set()
    return found, said


def test_jobs_of_runs_that_are_over_are_ended_and_no_others(place: Place) -> None:
    place.states = {OVER: RunState.OVER, LIVE: RunState.LIVE}
    for run_id in (OVER, LIVE, OTHERS):
        place.plan(run_id)
    stray, live, others = (place.job(run_id) for run_id in (OVER, LIVE, OTHERS))
    unplanned, foreign = place.job(NEW), place.job(OVER, tags={"project": "mine"})

    found, _ = clean(place)
    assert [each.job.job_id for each in found.strays] == [stray]
    why = {each.job.job_id: each.judgement.why for each in found.jobs}
    assert set(why) == {stray, live, others, unplanned}
    assert "no plan.json" in why[unplanned]
    assert "nobody can tell" in why[others]
    states = {job.job_id: job.was_stopped for job in place.doors.jobs.describe([*why, foreign])}
    assert states == {stray: True, live: False, others: False, unplanned: False, foreign: False}
    assert not clean(place)[0].strays

    later = datetime.now(UTC) + YEARS  # no run takes so long, whoever's it is
    again = place.cleaner().find(now=later)
    assert [each.job.job_id for each in again.strays] == [others]


def test_an_old_run_goes_whole_and_what_is_not_its_own_stays(place: Place) -> None:
    place.known = KnownSuites({"mini": 365, "baselines": 1000}, frozenset(), ())
    place.measured(OLD)
    place.measured(NEW, suite="baselines")
    (row, *_) = place.doors.store.of_run(OLD)
    imported: Result = row.model_copy(update={"benchmark_id": "MINE", "origin": "log"})
    place.doors.store.put([imported])
    before = place.objects_of(NEW), place.doors.store.of_run(NEW)

    found, said = clean(place, datetime.now(UTC) + YEARS)
    assert [each.run.run_id for each in found.runs] == [OLD]
    assert said[-2].startswith(f"deleted the run {OLD}: 4 objects, 2 rows")
    assert place.doors.objects.exists(index_address(place.doors.bucket))
    assert place.objects_of(OLD) == []
    assert place.doors.store.of_run(OLD) == [imported]
    assert not place.doors.objects.exists(entry_address(place.doors.bucket, OLD))
    assert (place.objects_of(NEW), place.doors.store.of_run(NEW)) == before
    assert place.doors.objects.exists(entry_address(place.doors.bucket, NEW))
    assert place.cleaner().find(now=datetime.now(UTC) + YEARS).is_clean


@pytest.mark.parametrize("fails_at", ["objects", "rows"])
def test_a_pass_that_was_killed_is_finished_by_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch, fails_at: str
) -> None:
    """Also where the plan is gone already, and though the run is young again by its mark."""
    place.measured(OLD, retention_days=365)
    cleaner = place.cleaner()
    broken = cleaner.objects if fails_at == "objects" else cleaner.store

    def refuse(which: Any) -> int:
        if fails_at == "objects":
            plan = run_prefix(place.doors.bucket, OLD) + "plan.json"
            place.doors.objects.delete([plan])
        raise StorageError("AWS has gone away")

    due = cleaner.find(now=datetime.now(UTC) + YEARS)
    with monkeypatch.context() as patch:
        patch.setattr(broken, "delete", refuse)
        with pytest.raises(StorageError):
            list(cleaner.clean(due))
    assert place.doors.objects.exists(mark_address(place.doors.bucket, OLD))

    found, _ = clean(place)
    assert [each.run.run_id for each in found.runs] == [OLD]
    assert place.objects_of(OLD) == []
    assert place.doors.store.of_run(OLD) == []


def test_a_run_that_is_kept_or_goes_on_since_the_look_is_left_alone(place: Place) -> None:
    """While the question stood, say."""
    for run_id in (OLD, NEW):
        place.measured(run_id, retention_days=365)
    cleaner = place.cleaner()
    found = cleaner.find(now=datetime.now(UTC) + YEARS)
    assert [each.run.run_id for each in found.runs] == [OLD, NEW]
    place.doors.objects.put(run_prefix(place.doors.bucket, OLD) + KEEP_FILE, b"")
    place.job(NEW)
    assert list(cleaner.clean(found))[:2] == [
        f"left alone: run {OLD}: it is marked to be kept",
        f"left alone: run {NEW}: it goes on, or a job of it does",
    ]
    assert len(place.objects_of(OLD)) == len(place.objects_of(NEW)) + 1 > 1


def test_a_run_asked_for_is_looked_at_again_too(place: Place) -> None:
    place.measured(OLD)
    cleaner = place.cleaner()
    found = cleaner.find_deletion(OLD)
    place.doors.objects.put(run_prefix(place.doors.bucket, OLD) + KEEP_FILE, b"")
    said, _ = cleaner.clean(found)
    assert "marked to be kept" in said
    assert place.doors.store.of_run(OLD)


def test_one_run_that_cannot_be_deleted_keeps_no_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run_id in (OLD, NEW):
        place.measured(run_id, retention_days=365)
    cleaner = place.cleaner()
    delete = cleaner.store.delete

    def refuse(rows: Any) -> int:
        gone = list(rows)
        if gone[0].benchmark_run_id == OLD:
            raise StorageError("AWS has gone away")
        return delete(gone)

    found = cleaner.find(now=datetime.now(UTC) + YEARS)
    monkeypatch.setattr(cleaner.store, "delete", refuse)
    place.doors.objects.delete([index_address(place.doors.bucket)])
    with pytest.raises(StorageError, match=f"cannot remove the run {OLD}: AWS has gone away"):
        list(cleaner.clean(found))
    assert place.objects_of(NEW) == []
    assert place.doors.store.of_run(NEW) == []
    assert place.doors.objects.exists(index_address(place.doors.bucket))


def test_a_run_goes_by_its_own_plan_and_not_while_it_may_go_on(place: Place) -> None:
    place.plan(OLD, retention_days=1)  # it was never loaded
    place.plan(NEW, retention_days=1)
    copied = place.doors.objects.get(run_prefix(place.doors.bucket, OLD) + "plan.json")
    place.doors.objects.put(run_prefix(place.doors.bucket, NEW) + "plan.json", copied)
    soon = place.cleaner().find(now=datetime.now(UTC) + timedelta(hours=25))
    assert not soon.runs
    why = {each.run.run_id: each.why for each in soon.doubtful}
    assert "nobody can tell whether it goes on" in why[OLD]
    assert "no plan.json of its own" in why[NEW]
    place.states = {OLD: RunState.OVER}
    assert [each.run.run_id for each in clean(place, soon.at)[0].runs] == [OLD]
    assert place.objects_of(NEW)


def test_a_pass_is_bounded_and_says_what_is_left(place: Place) -> None:
    for run_id in (OLD, NEW):
        place.plan(run_id, retention_days=30)
    now = datetime.now(UTC) + YEARS
    first = place.cleaner().find(limit=1, now=now)
    assert [each.run.run_id for each in first.runs] == [OLD]
    assert first.left == 1
    # what a person or the task before did not see is not removed
    assert place.cleaner().find(now=now).only(first.names()).names() == first.names()


def test_instances_that_a_run_has_left_are_let_go(place: Place) -> None:
    place.states = {OVER: RunState.OVER, LIVE: RunState.LIVE}
    for run_id in (OVER, LIVE):
        place.plan(run_id)
    warm, until = WarmEnvironments(place.batch), datetime.now(UTC) + timedelta(hours=1)
    for run_id, vcpus in ((OVER, 32), (LIVE, 16)):
        list(warm.want(f"{run_id}-phase_1", {QUEUE: vcpus}, until))
    cleaner = place.cleaner()
    lapsed = cleaner.find(now=until)
    assert [want.run_id for want in lapsed.wants] == [OVER, LIVE]
    list(warm.want(f"{LIVE}-phase_1", {QUEUE: 16}, until + timedelta(hours=1)))
    place.states[OVER] = RunState.LIVE  # somebody has cleared a task of it
    list(warm.want(f"{OVER}-phase_1", {QUEUE: 32}, until + timedelta(hours=1)))
    assert [said.endswith("again; left alone") for said in cleaner.clean(lapsed)] == [True, True]
    place.states[OVER] = RunState.OVER

    found, said = clean(place)
    assert [want.run_id for want in found.wants] == [OVER]
    assert said == ["geos-chem-graviton keeps 16 vCPUs"]
    _, said = clean(place, datetime.now(UTC) + YEARS)  # it has lapsed by then
    assert "geos-chem-graviton keeps 0 vCPUs" in said


def test_a_minimum_that_somebody_set_by_hand_stays(place: Place) -> None:
    name = "geos-chem-graviton"

    def set_least(vcpus: int) -> None:
        place.batch.update_compute_environment(
            computeEnvironment=name, computeResources={"minvCpus": vcpus}
        )

    set_least(8)
    try:
        assert place.cleaner().find(now=datetime.now(UTC) + YEARS).is_clean
    finally:
        set_least(0)
