"""`clean` as a person types it: a list, a question, and one run by its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from geoschem_bench.planning import job_name, run_prefix
from geoschem_bench.records import LOAD_FILE
from geoschem_bench.records.erasing import mark_address
from geoschem_bench.records.strays import ID_TAG, RUN_TAG
from tests.aws.clients import clients_of
from tests.aws.terminal import Terminal, take_environment
from tests.unit.records.fakes import FC, plan_file

RUN = "20250303T000000Z-0000c1ea"
QUEUE = "geos-chem-graviton-queue"


@pytest.fixture
def terminal(box: Any, capsys: Any, monkeypatch: Any) -> Terminal:
    take_environment(box, monkeypatch, bucket=True)
    return Terminal(capsys, monkeypatch)


@pytest.fixture
def planned(doors: Any, terminal: Terminal) -> Iterator[str]:
    """The address of a run's folder; it was loaded, so it is over."""
    prefix = run_prefix(doors.bucket, RUN)
    doors.objects.put(prefix + "plan.json", plan_file(benchmark_run_id=RUN, bucket=doors.bucket))
    doors.objects.put(prefix + LOAD_FILE, b"{}")
    yield prefix
    left = doors.objects.list(prefix)
    doors.objects.delete([*left, mark_address(doors.bucket, RUN)])


def test_a_run_is_kept_until_it_is_let_go_and_then_deleted(
    terminal: Terminal, planned: str, doors: Any
) -> None:
    assert terminal("clean --keep 0000c1ea --dry-run --json").json == {
        "run": RUN,
        "is_kept": False,
    }
    assert terminal("clean --keep 0000c1ea --json").json == {"run": RUN, "is_kept": True}
    refused = terminal("clean --delete 0000c1ea --yes")
    assert refused.code == 2
    assert "marked to be kept" in refused.words
    assert terminal("clean --let-go 0000c1ea").code == 0

    asked = terminal("clean --delete 0000c1ea")  # nobody is there to be asked
    assert asked.code == 1
    assert "say --yes, or --dry-run" in asked.words
    assert terminal("clean --delete 0000c1ea --dry-run").code == 0
    assert list(doors.objects.list(planned))
    assert f"deleted the run {RUN}" in terminal("clean --delete 0000c1ea --yes").words
    assert list(doors.objects.list(planned)) == []
    gone = terminal("clean --delete 0000c1ea --yes")
    assert gone.code == 2
    assert "no run ends in '0000c1ea'" in gone.words


@pytest.mark.usefixtures("planned")
def test_a_run_that_is_kept_is_not_being_deleted_any_more(terminal: Terminal, doors: Any) -> None:
    """It was killed in the middle, and what was deleted was had back: its reports may be made."""
    doors.objects.put(mark_address(doors.bucket, RUN), b"{}")
    assert terminal("clean --keep 0000c1ea --dry-run").code == 0
    assert doors.objects.exists(mark_address(doors.bucket, RUN))
    assert terminal("clean --keep 0000c1ea").code == 0
    assert not doors.objects.exists(mark_address(doors.bucket, RUN))


@pytest.mark.usefixtures("planned")
def test_a_job_that_nobody_can_judge_is_left_to_the_person(
    terminal: Terminal, doors: Any, box: Any
) -> None:
    with clients_of(box) as client:
        job_id = client("batch").submit_job(
            jobName=job_name(RUN, FC, 1), jobQueue=QUEUE, jobDefinition="geos-chem-benchmark",
            containerOverrides={"command": ["sleep", "600"]}, tags={RUN_TAG: RUN, ID_TAG: FC},
        )["jobId"]  # fmt: skip
    found = terminal("clean --yes --json").json
    assert [(job["job_id"], job["is_stray"]) for job in found["jobs"]] == [(job_id, False)]
    assert "clean --run" in terminal("clean").words
    assert f"clean --run {RUN}" in terminal("clean --delete 0000c1ea --yes").words
    assert "ended the job" in terminal("clean --run 0000c1ea --yes").words
    assert doors.jobs.describe([job_id])[0].was_stopped


def test_one_run_at_a_time(terminal: Terminal) -> None:
    answer = terminal("clean --run a --keep b")
    assert answer.code == 2
    assert "give one" in answer.words


@pytest.mark.parametrize("option", ["run", "delete", "keep", "let-go"])
@pytest.mark.parametrize("given", ["", "a", "1ea"])
def test_an_empty_name_or_a_letter_is_no_wish_to_clean_anything(
    terminal: Terminal, planned: str, doors: Any, option: str, given: str
) -> None:
    doors.objects.put(mark_address(doors.bucket, RUN), b"{}")  # a pass over all would delete it
    answer = terminal(f"clean --{option} '{given}' --yes")
    assert answer.code == 2
    assert f"'{given}' is too short" in answer.words
    assert doors.objects.exists(planned + "plan.json")


def test_a_run_that_may_go_on_is_not_deleted(terminal: Terminal, planned: str, doors: Any) -> None:
    """Between two phases no job of it is there."""
    doors.objects.delete([planned + LOAD_FILE])
    refused = terminal("clean --delete 0000c1ea --yes")
    assert refused.code == 2
    assert f"if you know that it is over, load it first: geoschem-bench load {RUN}" in refused.words
    assert doors.objects.exists(planned + "plan.json")


def test_an_empty_folder_is_no_run(terminal: Terminal, doors: Any) -> None:
    folder = f"s3://{doors.bucket}/runs/empty/"
    doors.objects.put(folder, b"")
    answer = terminal("clean --delete empty --yes")
    doors.objects.delete([folder])
    assert answer.code == 2
    assert "empty is an empty folder" in answer.words
