"""Containers of a server that was killed, or stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from geoschem_bench.sandbox import down, faults
from geoschem_bench.sandbox.settings import Folders
from tests.aws.sandbox.conftest import Killable, wait_until
from tests.aws.sandbox.containers.conftest import Engine, TheirJobs, quick

LOST = "Host EC2 (sandbox) terminated"


class Lost(Killable):
    """A sandbox that may be killed, and its containers."""

    def __init__(self, state_dir: Path, client: docker.APIClient, image: str) -> None:
        self.engine = Engine(client, state_dir)
        self.image = image
        super().__init__(state_dir, quick("container"))

    def jobs(self) -> TheirJobs:
        return TheirJobs(self.sandbox, self.batch, self.logs, self.image)

    def started(self, script: str, **options: object) -> str:
        job_id = self.jobs().shell(f"echo early; {script}", **options)
        self.jobs().wait_for_output(job_id, 1)
        return job_id


@pytest.fixture(scope="module")
def lost(
    docker_client: docker.APIClient, image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lost]:
    made = Lost(tmp_path_factory.mktemp("lost"), docker_client, image)
    yield made
    made.close()


def print_late(lost: Lost) -> None:
    """Lets the job, which waits for it, say something while no server looks."""
    lost.engine.inside(": >/tmp-gate")
    container = lost.engine.only()
    wait_until(lambda: b"late" in lost.engine.client.logs(container), "the job to print")


def lose_container(lost: Lost) -> None:
    """As when the computer itself goes down: the server and the container are gone."""
    lost.kill()
    lost.engine.client.remove_container(lost.engine.only(), force=True)


def test_a_running_job_is_adopted_and_nothing_that_it_printed_is_lost_or_there_twice(lost):
    job_id = lost.started("until test -e /tmp-gate; do sleep 0.02; done; echo late; exit 3")
    waiting = lost.jobs().shell("echo waited")
    container = lost.engine.only()
    lost.kill()
    lost.start()
    assert lost.jobs().detail(job_id)["status"] == "RUNNING"
    assert lost.engine.containers() == [container]
    lost.engine.inside(": >/tmp-gate")
    found = lost.jobs().wait(job_id)
    assert (found["status"], found["container"]["exitCode"]) == ("FAILED", 3)
    assert lost.jobs().output(found) == ["early", "late"]
    assert lost.jobs().output(lost.jobs().wait(waiting)) == ["waited"]
    wait_until(lambda: lost.engine.containers() == [], "its container to be removed")


def test_a_container_that_ended_while_no_server_was_there_has_its_exit_code(lost):
    job_id = lost.started("until test -e /tmp-gate; do sleep 0.02; done; echo late; exit 5")
    lost.kill()
    print_late(lost)
    container = lost.engine.only()
    wait_until(
        lambda: not lost.engine.client.inspect_container(container)["State"]["Running"], "its end"
    )
    lost.start()
    found = lost.jobs().wait(job_id)
    assert (found["status"], found["container"]["exitCode"]) == ("FAILED", 5)
    assert lost.jobs().output(found) == ["early", "late"]


def test_an_adopted_container_can_be_terminated(lost):
    job_id = lost.started("exec sleep 600")
    lost.kill()
    lost.start()
    lost.jobs().batch.terminate_job(jobId=job_id, reason="not needed")
    assert lost.jobs().wait(job_id)["statusReason"] == "not needed"
    wait_until(lambda: lost.engine.containers() == [], "its container to be removed")


def test_a_job_whose_container_is_gone_has_lost_its_host(lost):
    job_id = lost.started("exec sleep 600")
    lose_container(lost)
    lost.start()
    found = lost.jobs().detail(job_id)
    assert (found["status"], found["statusReason"]) == ("FAILED", LOST)
    assert "exitCode" not in found["container"]
    assert lost.jobs().output(found) == ["early"]


def test_a_lost_host_may_be_retried(lost):
    rules = [{"onStatusReason": "Host EC2*", "action": "RETRY"}]
    job_id = lost.started(
        "test $AWS_BATCH_JOB_ATTEMPT = 2 || exec sleep 600",
        retryStrategy={"attempts": 2, "evaluateOnExit": rules},
    )
    lose_container(lost)
    lost.start()
    found = lost.jobs().wait(job_id)
    assert found["status"] == "SUCCEEDED"
    assert [each["statusReason"] for each in found["attempts"]] == [
        LOST,
        "Essential container in task exited",
    ]


@pytest.mark.parametrize("fate", ["spot-reclaim", "out-of-memory", "vanish"])
def test_a_fault_ends_a_container_as_well(lost, fate):
    job_id = lost.started("exec sleep 600", name="fated")
    faults.job(lost.sandbox, "fated", fate)
    if fate == "vanish":
        batch = lost.jobs().batch
        wait_until(lambda: batch.describe_jobs(jobs=[job_id])["jobs"] == [], "Batch to forget")
    else:
        found = lost.jobs().wait(job_id)
        assert found["status"] == "FAILED"
        assert found["container"].get("exitCode") == (137 if fate == "out-of-memory" else None)
    wait_until(lambda: lost.engine.containers() == [], "its container to be removed")
    faults.clear(lost.sandbox)


def test_down_ends_what_a_killed_server_left_and_keeps_what_it_printed(lost):
    job_id = lost.started("until test -e /tmp-gate; do sleep 0.02; done; echo late; exec sleep 600")
    lost.kill()
    print_late(lost)
    assert down(lost.state_dir) is False
    assert lost.engine.containers() == []
    lost.start()
    found = lost.jobs().detail(job_id)
    assert (found["status"], found["statusReason"]) == ("FAILED", LOST)
    assert lost.jobs().output(found) == ["early", "late"]


def test_stopping_the_sandbox_removes_its_containers_and_no_other_ones(lost, boxed, there):
    other = boxed.shell("echo up; exec sleep 600")
    boxed.wait_for_output(other, 1)
    job_id = lost.started("exec sleep 600")
    assert down(lost.state_dir) is True
    assert lost.engine.containers() == []
    assert len(there.containers()) == 1
    boxed.batch.terminate_job(jobId=other, reason="test over")
    boxed.wait(other)
    lost.start()
    found = lost.jobs().detail(job_id)
    assert (found["status"], found["statusReason"]) == ("FAILED", LOST)
    assert found["container"]["exitCode"] == 137


def test_a_container_of_no_job_is_removed_at_the_next_start(lost):
    assert down(lost.state_dir) is True
    lost.engine.client.create_container(
        lost.image, ["true"], labels={"geoschem-bench.state": str(lost.state_dir / "sandbox")}
    )
    assert len(lost.engine.containers()) == 1
    lost.start()
    assert lost.engine.containers() == []


def test_another_launcher_ends_the_containers_of_a_killed_server_first(lost):
    lost.started("exec sleep 600")
    lost.kill()
    lost.behaviour = quick("process")
    lost.start()
    assert lost.sandbox.launcher == "process"
    assert lost.engine.containers() == []
    assert not Folders.of(lost.state_dir).launcher_file.exists()
