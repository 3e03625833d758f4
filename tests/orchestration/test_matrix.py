"""Killed, cleared, marked, restarted, in the running Airflow: never a job too many, never one less.

One run has a benchmark for each case. All wait for jobs that idle in the sandbox, so nothing ends
by itself; each test does its harm and looks at the jobs.
"""

import os
import signal

import pytest

from geoschem_bench.cli.connection import sandbox_queues
from geoschem_bench.sandbox import faults, status, up
from tests.orchestration.conftest import BEHAVIOUR, QUICK
from tests.orchestration.jobs import RunJobs, suite_of
from tests.servers.components import Component
from tests.servers.errors import ServerError
from tests.servers.settings import TRIGGERER_LOST_SECONDS

MARKED = {"MARK-FAILED": "failed", "MARK-SUCCESS": "success"}
CASES = (
    *MARKED, "CLEAR", "CLEAR-TWICE", "TIMEOUT", "FORGOTTEN", "HOST-LOST", "TRIGGERER-KILLED",
    "TRIGGERER-MOVED", "SCHEDULER-KILLED", "API-KILLED", "SANDBOX-KILLED", "WORKER-KILLED",
    "MARK-MIDWAY", "CLEAR-MIDWAY", "REDEPLOY", "RUN-MARKED",
)  # fmt: skip
SUBMIT_SECONDS = 6
"""How long Batch lets wait who submits, so that the middle of a submission can be hit."""


class Run:
    """The run, its tasks and its jobs."""

    def __init__(self, servers, sandbox):
        self.servers, self.client, self.sandbox = servers, servers.client, sandbox
        self.dag_id = servers.add_suite(suite_of(CASES), "matrix")
        self.run_id = self.client.trigger(self.dag_id)
        self.jobs = RunJobs(sandbox, self.client.dag_run(self.dag_id, self.run_id))

    def wait_for_task(self, name, *states, **kwargs):
        return self.client.wait_for_task(
            self.dag_id, self.run_id, f"phase_1.{name}", set(states), timeout_seconds=120, **kwargs
        )

    def mark(self, name, state):
        self.client.mark(self.dag_id, self.run_id, f"phase_1.{name}", state)

    def clear(self, name):
        self.client.clear(self.dag_id, self.run_id, [f"phase_1.{name}"])

    def until(self, condition, what):
        self.servers.wait_for(condition, what, timeout_seconds=90)

    def end_job(self, name, reason):
        """As if Batch ended it for that reason."""
        self.jobs.batch.terminate(self.jobs.alive(name), reason)

    def triggerer_of(self, name):
        """Which triggerer waits for its job."""
        task = self.client.task_instance(self.dag_id, self.run_id, f"phase_1.{name}")
        return (task["triggerer_job"] or {}).get("id")

    def log_of(self, name):
        return self.client.task_log(self.dag_id, self.run_id, f"phase_1.{name}")

    def submission_of(self, name, seconds=SUBMIT_SECONDS):
        """Clears the task, and returns in the middle of its next submission."""
        before = faults.calls(self.sandbox).get("batch:SubmitJob", 0)
        faults.service(self.sandbox, "batch:SubmitJob", "latency", seconds=seconds, times=1)
        self.clear(name)
        self.until(
            lambda: faults.calls(self.sandbox).get("batch:SubmitJob", 0) > before, "a submission"
        )

    def pids(self, name):
        def found():
            try:
                return self.servers.task_pids(self.dag_id, self.run_id, f"phase_1.{name}")
            except ServerError:
                return None

        return self.servers.wait_for(found, f"the process of {name}")


@pytest.fixture(scope="module")
def run(servers, sandbox):
    """All benchmarks wait."""
    faults.job(sandbox, "gsb-*", "idle")
    started = Run(servers, sandbox)
    for name in CASES:
        if name != "TIMEOUT":  # which may be over by then
            started.wait_for_task(name, "deferred")
    yield started
    faults.clear(sandbox)
    servers.client.mark_run(started.dag_id, started.run_id, "failed")


@pytest.mark.parametrize("name", MARKED)
def test_a_marked_task_leaves_no_job(run, name):
    run.mark(name, MARKED[name])
    run.until(lambda: not run.jobs.alive(name), f"the end of the job of {name}")
    record = run.servers.wait_for(lambda: run.jobs.record(name), "its record")
    assert record.reason == "cancelled"
    assert len(run.jobs.of(name)) == 1


def test_a_cleared_task_starts_anew_and_ends_its_old_job(run):
    [old] = run.jobs.of("CLEAR")
    run.clear("CLEAR")
    run.until(lambda: len(run.jobs.of("CLEAR")) == 2, "a second job")
    run.wait_for_task("CLEAR", "deferred")
    run.until(lambda: len(run.jobs.alive("CLEAR")) == 1, "the end of the first")
    assert run.jobs.alive("CLEAR")[0].job_id != old.job_id
    assert run.jobs.record("CLEAR").reason == "cancelled"


def test_a_task_that_is_cleared_again_and_again_has_one_job(run):
    for count in (2, 3):
        run.clear("CLEAR-TWICE")
        run.until(lambda count=count: len(run.jobs.of("CLEAR-TWICE")) == count, f"{count} jobs")
        run.wait_for_task("CLEAR-TWICE", "deferred")
    run.until(lambda: len(run.jobs.alive("CLEAR-TWICE")) == 1, "one job")


def test_a_wait_that_times_out_leaves_no_job(run):
    """conftest gives this task an execution_timeout, as a cluster's policy may."""
    run.wait_for_task("TIMEOUT", "failed")
    [job] = run.jobs.of("TIMEOUT")
    assert job.has_ended
    assert run.jobs.record("TIMEOUT").reason == "timeout"


def test_a_job_that_was_deleted_is_submitted_once_more(run, sandbox):
    [first] = run.jobs.of("FORGOTTEN")
    faults.job(sandbox, "gsb-*-FORGOTTEN-1", "vanish", times=1)
    run.until(lambda: run.jobs.record("FORGOTTEN"), "the record of the first")
    assert "Batch knows no job" in run.jobs.record("FORGOTTEN").message
    run.until(lambda: run.jobs.alive("FORGOTTEN"), "a second job")
    run.wait_for_task("FORGOTTEN", "deferred", try_number=2)
    assert [job.name[-2:] for job in run.jobs.of("FORGOTTEN")] == ["-2"]
    assert run.jobs.alive("FORGOTTEN")[0].job_id != first.job_id


def test_a_retry_is_a_new_submission_of_what_failed(run):
    run.end_job("HOST-LOST", "Host EC2 (instance i-0123456789abcdef0) terminated.")
    run.wait_for_task("HOST-LOST", "deferred", try_number=2)
    assert len(run.jobs.of("HOST-LOST")) == 2
    assert len(run.jobs.alive("HOST-LOST")) == 1
    assert run.jobs.record("HOST-LOST").reason == "unknown"


def test_a_killed_triggerer_costs_no_job(run):
    run.servers.kill("triggerer", signal.SIGKILL)
    run.servers.start("triggerer")
    assert run.wait_for_task("TRIGGERER-KILLED", "deferred")
    run.end_job("TRIGGERER-KILLED", "a person")
    run.wait_for_task("TRIGGERER-KILLED", "failed")
    assert len(run.jobs.of("TRIGGERER-KILLED")) == 1
    assert run.jobs.record("TRIGGERER-KILLED").reason == "cancelled"


def test_a_trigger_that_moves_to_another_triggerer_keeps_its_job(run):
    """Airflow calls on_kill of the first one then (apache/airflow#73454)."""
    first = run.servers.components["triggerer"]
    second = Component("triggerer", run.servers.home.log("second-triggerer"))
    old = run.triggerer_of("TRIGGERER-MOVED")
    first.kill(signal.SIGSTOP, with_children=True)
    try:
        second.start(run.servers.environment)
        run.until(
            lambda: run.triggerer_of("TRIGGERER-MOVED") not in (old, None),
            f"the triggers to move, after {TRIGGERER_LOST_SECONDS} s",
        )
    finally:
        first.kill(signal.SIGCONT, with_children=True)
    try:
        # the first one notices, and has called on_kill once it has a trigger of its own again
        run.until(lambda: "Trigger cancelled by user action" in run.log_of("TRIGGERER-MOVED"),
                  "on_kill")  # fmt: skip
        assert len(run.jobs.alive("TRIGGERER-MOVED")) == 1
        run.end_job("TRIGGERER-MOVED", "a person")
        run.wait_for_task("TRIGGERER-MOVED", "failed")
    finally:
        second.kill(signal.SIGTERM, with_children=False)
    assert len(run.jobs.of("TRIGGERER-MOVED")) == 1
    assert len(run.jobs.alive("CLEAR")) == 1, "nor did any other lose its job"


def test_a_killed_scheduler_costs_no_job(run):
    run.servers.kill("scheduler", signal.SIGKILL)
    run.servers.start("scheduler")
    run.end_job("SCHEDULER-KILLED", "a person")
    run.wait_for_task("SCHEDULER-KILLED", "failed")
    assert len(run.jobs.of("SCHEDULER-KILLED")) == 1


def test_a_killed_api_server_costs_no_job(run):
    run.servers.kill("api-server", signal.SIGKILL)
    run.servers.start("api-server")
    run.end_job("API-KILLED", "a person")
    run.wait_for_task("API-KILLED", "failed")
    assert len(run.jobs.of("API-KILLED")) == 1


def test_a_killed_sandbox_costs_no_job(run, sandbox):
    """AWS away for a while: whoever waits goes on waiting, and hears of the end."""
    running = status(sandbox.state_dir)  # another test may have started it again
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    again = up(sandbox.state_dir, queues=sandbox_queues(QUICK), behaviour=BEHAVIOUR)
    assert again.endpoint_url == sandbox.endpoint_url
    [job] = run.jobs.alive("SANDBOX-KILLED")
    run.end_job("SANDBOX-KILLED", "a person")
    run.wait_for_task("SANDBOX-KILLED", "failed")
    assert [each.job_id for each in run.jobs.of("SANDBOX-KILLED")] == [job.job_id]


def test_a_worker_killed_while_it_submits_is_followed_by_one_that_finds_the_job(run):
    """The job is there, its id nowhere: only its name tells."""
    run.submission_of("WORKER-KILLED")
    pids = run.pids("WORKER-KILLED")
    for pid in (pids.supervisor, pids.runner):
        os.kill(pid, signal.SIGKILL)
    run.until(lambda: len(run.jobs.of("WORKER-KILLED")) == 2, "the submission to arrive")
    run.wait_for_task("WORKER-KILLED", "deferred", try_number=3)
    assert len(run.jobs.of("WORKER-KILLED")) == 2, "one before the clear, one after"
    assert len(run.jobs.alive("WORKER-KILLED")) == 1


def test_a_task_marked_while_it_submits_leaves_no_job(run):
    run.submission_of("MARK-MIDWAY", seconds=4)  # Airflow kills it for good 5 s after its signal
    run.mark("MARK-MIDWAY", "failed")
    run.until(lambda: len(run.jobs.of("MARK-MIDWAY")) == 2, "the submission to arrive")
    run.until(lambda: not run.jobs.alive("MARK-MIDWAY"), "its end")


def test_a_task_cleared_while_it_submits_has_one_job_in_the_end(run):
    run.submission_of("CLEAR-MIDWAY")
    run.clear("CLEAR-MIDWAY")
    run.wait_for_task("CLEAR-MIDWAY", "deferred", try_number=3)
    run.until(lambda: len(run.jobs.alive("CLEAR-MIDWAY")) == 1, "one job")


def test_a_worker_that_is_redeployed_while_it_submits_keeps_its_job(run):
    """SIGTERM to a worker reaches the task as on_kill, like a person's wish; nobody wished it."""
    run.submission_of("REDEPLOY")
    os.kill(run.pids("REDEPLOY").supervisor, signal.SIGTERM)
    run.wait_for_task("REDEPLOY", "deferred", try_number=2)
    assert len(run.jobs.of("REDEPLOY")) == 2, "one before the clear, one after"
    assert len(run.jobs.alive("REDEPLOY")) == 1


def test_a_run_marked_failed_leaves_no_job(run):
    """The last one here: it ends all that still waits."""
    assert run.jobs.alive("RUN-MARKED")
    run.client.mark_run(run.dag_id, run.run_id, "failed")
    run.until(lambda: not run.jobs.all_alive(), "the end of every job of the run")
    run.servers.wait_for(lambda: run.jobs.record("RUN-MARKED"), "its record")
    assert run.jobs.record("RUN-MARKED").reason == "cancelled"
    run.client.wait_for_run(run.dag_id, run.run_id, "failed")
