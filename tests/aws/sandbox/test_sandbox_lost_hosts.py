"""Jobs and their logs after a restart and after `kill -9`."""

from __future__ import annotations

import psutil

from geoschem_bench.sandbox import down, status


def is_gone(pid):
    return not psutil.pid_exists(int(pid)) or psutil.Process(int(pid)).status() == "zombie"


def lose_processes(killable, pid):
    """As when the computer itself goes down."""
    if status(killable.state_dir):
        killable.kill()
    job = psutil.Process(int(pid))
    supervisor = job.parent()
    assert supervisor is not None
    for process in (supervisor, job):  # first who would write down how it ended
        process.kill()
        psutil.wait_procs([process], timeout=10)


def test_jobs_and_logs_survive_kill_9_and_a_job_whose_process_is_gone_has_lost_its_host(
    killable, jobs
):
    here = type(jobs)(killable.batch, killable.logs)
    done = here.wait(here.shell("echo first; echo 'it''s \u2028 done'; exit 3"))
    printed = here.output(done)
    job_id = here.shell("echo $$; exec sleep 600")
    waiting = here.shell("echo waited")
    [pid] = here.wait_for_output(job_id, 1)
    lose_processes(killable, pid)
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    assert is_gone(pid)
    assert here.detail(done["jobId"]) == done
    assert here.output(done) == printed
    lost = here.detail(job_id)
    assert (lost["status"], lost["statusReason"]) == ("FAILED", "Host EC2 (sandbox) terminated")
    assert lost["attempts"][0]["statusReason"] == "Host EC2 (sandbox) terminated"
    assert "exitCode" not in lost["container"]
    assert here.output(lost) == [pid]
    assert here.output(here.wait(waiting)) == ["waited"]


def test_a_lost_host_may_be_retried(killable, jobs):
    here = type(jobs)(killable.batch, killable.logs)
    rules = [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ]
    job_id = here.shell(
        "echo $$; test $AWS_BATCH_JOB_ATTEMPT = 2 || exec sleep 600",
        retryStrategy={"attempts": 2, "evaluateOnExit": rules},
    )
    [pid] = here.wait_for_output(job_id, 1)
    lose_processes(killable, pid)
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    detail = here.wait(job_id)
    assert detail["status"] == "SUCCEEDED"
    assert [each["statusReason"] for each in detail["attempts"]] == [
        "Host EC2 (sandbox) terminated",
        "Essential container in task exited",
    ]


def test_what_a_job_printed_last_before_it_was_lost_is_found(killable, jobs, tmp_path, until):
    here = type(jobs)(killable.batch, killable.logs)
    gate, through = tmp_path / "gate", tmp_path / "through"
    job_id = here.shell(
        f"echo $$; until test -e {gate}; do sleep 0.02; done; echo late; touch {through}; "
        "exec sleep 600"
    )
    [pid] = here.wait_for_output(job_id, 1)
    killable.kill()
    gate.touch()
    until(through.exists, "the job to print")
    lose_processes(killable, pid)
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    assert here.output(here.wait(job_id)) == [pid, "late"]


def test_stopping_the_sandbox_ends_its_jobs(killable, jobs):
    here = type(jobs)(killable.batch, killable.logs)
    job_id = here.shell("echo $$; sleep 600")
    [pid] = here.wait_for_output(job_id, 1)
    assert down(killable.state_dir) is True
    assert is_gone(pid)
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    detail = here.detail(job_id)
    assert (detail["status"], detail["statusReason"]) == (
        "FAILED",
        "Host EC2 (sandbox) terminated",
    )


def test_down_ends_the_jobs_of_a_killed_server(killable, jobs):
    here = type(jobs)(killable.batch, killable.logs)
    job_id = here.shell("echo $$; sleep 600")
    [pid] = here.wait_for_output(job_id, 1)
    killable.kill()
    assert down(killable.state_dir) is False
    assert is_gone(pid)
    killable.start()
    detail = type(jobs)(killable.batch, killable.logs).detail(job_id)
    assert (detail["status"], detail["statusReason"]) == (
        "FAILED",
        "Host EC2 (sandbox) terminated",
    )
    assert "exitCode" not in detail["container"]  # we ended it: 137 would tell nothing
