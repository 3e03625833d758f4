"""Jobs that outlive a server that was killed: the next one follows them to their end."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from geoschem_bench.sandbox.batch.launchers import supervision
from geoschem_bench.sandbox.settings import Folders
from tests.aws.sandbox.conftest import wait_until

LOST = "Host EC2 (sandbox) terminated"


class Here:
    """Jobs of a sandbox that is killed, and a gate that a job waits at."""

    def __init__(self, killable, jobs, folder: Path) -> None:
        self.killable = killable
        self.kind = type(jobs)
        self.gate, self.passed = folder / "gate", folder / "passed"
        self.waits = f"until test -e {self.gate}; do sleep 0.02; done"

    @property
    def jobs(self):
        return self.kind(self.killable.batch, self.killable.logs)

    def started(self, script: str, **options: object) -> tuple[str, int]:
        job_id = self.jobs.shell(f"echo $$; {script}", **options)
        return job_id, int(self.jobs.wait_for_output(job_id, 1)[0])

    def restarted(self) -> None:
        self.killable.kill()
        self.killable.start()

    def document(self, job_id: str) -> Path:
        return Folders.of(self.killable.state_dir).batch / "jobs" / f"{job_id}.json"


@pytest.fixture
def here(killable, jobs, tmp_path):
    return Here(killable, jobs, tmp_path)


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_job_runs_on_and_its_exit_code_is_known(here):
    job_id, pid = here.started(f"{here.waits}; exit 7")
    begun = here.jobs.detail(job_id)
    here.restarted()
    assert not is_gone(pid)
    assert here.jobs.detail(job_id) == begun
    here.gate.touch()
    ended = here.jobs.wait(job_id)
    assert (ended["status"], ended["container"]["exitCode"]) == ("FAILED", 7)
    assert ended["statusReason"] == "Essential container in task exited"
    assert ended["startedAt"] == begun["startedAt"]
    [attempt] = ended["attempts"]
    assert attempt["container"]["logStreamName"] == begun["container"]["logStreamName"]


def test_an_adopted_job_may_succeed_and_the_next_one_waits_for_it(here):
    job_id, _ = here.started(here.waits)
    waiting = here.jobs.shell("true")
    here.restarted()
    here.jobs.wait(waiting, "RUNNABLE")
    here.gate.touch()
    first, second = here.jobs.wait(job_id), here.jobs.wait(waiting)
    assert {first["status"], second["status"]} == {"SUCCEEDED"}
    assert first["stoppedAt"] <= second["startedAt"]


def test_what_is_printed_meanwhile_is_neither_lost_nor_there_twice(here):
    long = 300_000  # is cut into two events
    wide = f"head -c {long} /dev/zero | tr '\\0' x; echo"
    job_id, pid = here.started(
        f"echo; {wide}; echo early; {here.waits}; echo meanwhile; printf 'half '; {wide}; "
        f"touch {here.passed}; until test -e {here.gate}2; do sleep 0.02; done; echo late"
    )
    wait_until(lambda: "early" in here.jobs.output(here.jobs.detail(job_id)), "what is early")
    here.killable.kill()
    here.gate.touch()
    wait_until(here.passed.exists, "the job to print")
    here.killable.start()
    Path(f"{here.gate}2").touch()
    printed = here.jobs.output(here.jobs.wait(job_id))
    assert [line if len(line) < 20 else len(line) for line in printed] == [
        str(pid), 262_144, 37_856, "early", "meanwhile", 262_144, 37_861, "late"
    ]  # fmt: skip


def test_a_job_that_ended_while_no_server_was_there_has_its_exit_code(here):
    job_id, pid = here.started(f"{here.waits}; echo last words; exit 3")
    here.killable.kill()
    here.gate.touch()
    wait_until(lambda: is_gone(pid), "the job to end")
    here.killable.start()
    ended = here.jobs.wait(job_id)
    assert (ended["status"], ended["container"]["exitCode"]) == ("FAILED", 3)
    assert here.jobs.output(ended) == [str(pid), "last words"]


def supervisor_of(pid: int) -> psutil.Process:
    found = psutil.Process(pid).parent()
    assert found is not None
    return found


def test_an_adopted_job_can_be_terminated(here):
    job_id, pid = here.started("sleep 600")
    here.restarted()
    here.jobs.batch.terminate_job(jobId=job_id, reason="not needed")
    ended = here.jobs.wait(job_id)
    assert (ended["status"], ended["statusReason"]) == ("FAILED", "not needed")
    assert ended["container"]["exitCode"] == 143
    assert is_gone(pid)


def test_a_termination_that_the_server_did_not_survive_is_carried_out(here):
    job_id, pid = here.started("trap '' TERM; while :; do sleep 0.05; done")
    here.jobs.batch.terminate_job(jobId=job_id, reason="not needed")
    here.restarted()
    assert here.jobs.wait(job_id)["statusReason"] == "not needed"
    assert is_gone(pid)


def test_the_time_limit_counts_from_the_start_not_from_the_adoption(here):
    here.killable.kill()
    here.killable.behaviour = type(here.killable.behaviour)(
        stop_seconds=1.0, minimum_timeout_seconds=1
    )
    here.killable.start()
    job_id, _ = here.started("sleep 600", timeout={"attemptDurationSeconds": 3})
    here.restarted()
    ended = here.jobs.wait(job_id)
    assert ended["statusReason"] == "Job attempt duration exceeded timeout"
    assert 3000 <= ended["stoppedAt"] - ended["startedAt"] < 10_000


def test_two_restarts_are_like_one(here):
    job_id, _ = here.started(f"{here.waits}; echo through")
    here.restarted()
    here.restarted()
    here.gate.touch()
    ended = here.jobs.wait(job_id)
    assert ended["status"] == "SUCCEEDED"
    assert here.jobs.output(ended)[1:] == ["through"]


@pytest.mark.parametrize("whose", ["supervisor", "command"])
def test_the_number_of_another_process_is_not_taken_for_the_jobs(here, whose):
    job_id, pid = here.started("sleep 600")
    here.killable.kill()
    kept = json.loads(here.document(job_id).read_text())
    kept["document"]["trace"]["supervisor"][1] -= 3600
    if whose == "command":  # a process that runs, but is none of ours
        kept["document"]["trace"]["supervisor"][0] = os.getpid()
    here.document(job_id).write_text(json.dumps(kept))
    here.killable.start()
    lost = here.jobs.wait(job_id)
    assert (lost["status"], lost["statusReason"]) == ("FAILED", LOST)
    assert "exitCode" not in lost["container"]
    assert is_gone(pid)


def test_a_job_whose_supervisor_was_killed_has_lost_its_host(here):
    job_id, pid = here.started("sleep 600")
    supervisor_of(pid).kill()
    lost = here.jobs.wait(job_id)
    assert (lost["status"], lost["statusReason"]) == ("FAILED", LOST)
    assert is_gone(pid)


def test_nothing_is_left_in_the_scratch_folder(here):
    job_id, _ = here.started(here.waits)
    scratch = Folders.of(here.killable.state_dir).scratch
    (scratch / "of-nobody").mkdir()
    here.restarted()
    assert [path.name for path in scratch.iterdir()] == [f"{job_id}-1"]
    here.gate.touch()
    here.jobs.wait(job_id)
    wait_until(lambda: list(scratch.iterdir()) == [], "the scratch folder to be empty")


def test_the_supervisor_is_none_of_the_jobs_processes(jobs):
    job_id = jobs.shell("echo $$; sleep 600")
    pid = int(jobs.wait_for_output(job_id, 1)[0])
    supervisor = supervisor_of(pid)
    assert "supervisor.py" in " ".join(supervisor.cmdline())
    assert supervisor.environ().keys() <= {"LC_CTYPE"}
    assert os.getsid(pid) == pid != os.getsid(supervisor.pid)
    jobs.batch.terminate_job(jobId=job_id, reason="seen")
    jobs.wait(job_id)
    wait_until(lambda: is_gone(supervisor.pid), "the supervisor to end")


def test_a_job_ignores_no_signal_that_batch_would_not(tmp_path):
    """Neither what Python ignores, nor what a sandbox below `nohup` does."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    printed = tmp_path / "printed"
    try:
        with printed.open("wb") as sink:
            command = ["grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"]
            supervision.start(command, {}, tmp_path, tmp_path, sink.fileno()).close()
    finally:
        signal.signal(signal.SIGHUP, before)
    # The C library keeps signals 32 and 33 for itself, and whoever started us may block them
    found = [int(line.split()[1], 16) & 0x7FFF_FFFF for line in printed.read_text().splitlines()]
    assert found == [0, 0]
