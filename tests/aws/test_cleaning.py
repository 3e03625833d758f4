"""Cleaning up in the sandbox: ours and over goes, all else stays, a second pass finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from geoschem_bench import pipeline
from geoschem_bench.aws.cleaning import Cleaner, Found
from geoschem_bench.aws.warm import WarmEnvironments
from geoschem_bench.errors import StorageError
from geoschem_bench.pipeline import index_address
from geoschem_bench.planning import job_name, output_path, run_prefix
from geoschem_bench.records import Result, RunPlanFile
from geoschem_bench.records.erasing import entry_address
from geoschem_bench.records.retention import BEGUN_FILE
from geoschem_bench.records.strays import ID_TAG, RUN_TAG, RunState
from geoschem_bench.wiring.cleaning import KnownSuites, cleaner
from tests.aws.clients import clients_of
from tests.unit.records.fakes import FC, manifest, plan_file

QUEUE = "geos-chem-graviton-queue"
OLD, NEW = "20250101T000000Z-00000001", "20250102T000000Z-00000002"
OVER, LIVE, OTHERS = (f"20261101T00000{n}Z-0000000{n}" for n in (3, 4, 5))
YEARS = timedelta(days=400)


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
            doors.objects.delete(place.objects_of(run_id))
            doors.store.delete(doors.store.of_run(run_id))


def clean(place: Place, now: datetime | None = None) -> tuple[Found, list[str]]:
    cleaner = place.cleaner()
    found = cleaner.find(now=now)
    return found, list(cleaner.clean(found))


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
    assert place.objects_of(OLD)[0].endswith(BEGUN_FILE)

    found, _ = clean(place)
    assert [each.run.run_id for each in found.runs] == [OLD]
    assert place.objects_of(OLD) == []
    assert place.doors.store.of_run(OLD) == []


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
