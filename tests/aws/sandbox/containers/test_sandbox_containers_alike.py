"""What a job may expect whether it is a process or a container."""

from __future__ import annotations

import itertools

STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.05; done"


def test_passes_through_the_states_in_order(here):
    detail = here.wait(here.shell("true"))
    assert detail["statusReason"] == "Essential container in task exited"
    assert detail["container"]["exitCode"] == detail["attempts"][0]["container"]["exitCode"] == 0
    assert here.timeline(detail) == [
        "SUBMITTED",
        "PENDING",
        "RUNNABLE",
        "STARTING",
        "RUNNING",
        "SUCCEEDED",
    ]


def test_keeps_the_exit_code(here):
    detail = here.wait(here.shell("exit 13"))
    assert (detail["status"], detail["container"]["exitCode"]) == ("FAILED", 13)
    assert "reason" not in detail["container"]


def test_every_line_arrives_once_and_in_order(here):
    detail = here.wait(here.shell("seq 10000"))
    assert here.output(detail) == [str(number) for number in range(1, 10_001)]


def test_text_is_utf_8_whatever_its_length_and_end(here):
    long = "ü" * 60_000
    script = f"echo '漢字 \U0001f30d'; echo; echo {long}; printf 'no newline ü'"
    assert here.output(here.wait(here.shell(script))) == [
        "漢字 \U0001f30d",
        long,
        "no newline ü",
    ]


def test_bytes_that_are_no_text_are_marked(here):
    detail = here.wait(here.shell("printf '\\377\\n'"))
    assert here.output(detail) == ["\ufffd"]


def test_errors_are_logged_as_well(here):
    detail = here.wait(here.shell("echo one; echo two >&2"))
    assert sorted(here.output(detail)) == ["one", "two"]


def test_words_of_a_command_are_never_split(here):
    tricky = 'it\'s, "quoted" $HOME; `x` ü'
    definition = here.define(["sh", "-c", 'echo "$1"', "sh", "Ref::text"])
    detail = here.wait(here.submit(definition, parameters={"text": tricky}))
    assert here.output(detail) == [tricky]


def test_output_can_be_read_while_the_job_runs(here):
    job_id = here.shell("echo begun; exec sleep 60")
    assert here.wait_for_output(job_id, 1) == ["begun"]
    here.batch.terminate_job(jobId=job_id, reason="seen enough")
    detail = here.wait(job_id)
    assert (detail["status"], detail["statusReason"]) == ("FAILED", "seen enough")
    assert detail["isTerminated"] is True
    assert here.output(detail) == ["begun"]


def test_a_job_may_tidy_up_before_it_is_killed(here):
    job_id = here.shell("trap 'echo tidied; exit 3' TERM; echo up; while :; do sleep 0.05; done")
    here.wait_for_output(job_id, 1)
    here.batch.terminate_job(jobId=job_id, reason="enough")
    detail = here.wait(job_id)
    assert here.output(detail) == ["up", "tidied"]
    assert (detail["container"]["exitCode"], detail["statusReason"]) == (3, "enough")


def test_a_job_that_ignores_sigterm_is_killed(here):
    job_id = here.shell(STUBBORN)
    here.wait_for_output(job_id, 1)
    here.batch.terminate_job(jobId=job_id, reason="enough")
    assert here.wait(job_id)["container"]["exitCode"] == 137


def test_timeout_ends_a_job_and_is_not_retried(here):
    detail = here.wait(
        here.shell(
            "exec sleep 600", timeout={"attemptDurationSeconds": 1}, retryStrategy={"attempts": 3}
        )
    )
    assert detail["status"] == "FAILED"
    assert detail["statusReason"] == "Job attempt duration exceeded timeout"
    assert len(detail["attempts"]) == 1
    assert detail["stoppedAt"] - detail["startedAt"] >= 1000


def test_a_failed_attempt_is_retried_with_a_log_of_its_own(here):
    detail = here.wait(
        here.shell(
            "echo $AWS_BATCH_JOB_ATTEMPT; test $AWS_BATCH_JOB_ATTEMPT = 2",
            retryStrategy={"attempts": 3},
        )
    )
    assert detail["status"] == "SUCCEEDED"
    assert [each["container"]["exitCode"] for each in detail["attempts"]] == [1, 0]
    assert [here.output(each)[0] for each in detail["attempts"]] == ["1", "2"]


def test_rules_for_retries_see_the_exit_code(here):
    rules = [{"onExitCode": "7", "action": "EXIT"}, {"onExitCode": "*", "action": "RETRY"}]
    detail = here.wait(here.shell("exit 7", retryStrategy={"attempts": 3, "evaluateOnExit": rules}))
    assert len(detail["attempts"]) == 1


def test_a_program_that_is_not_there_cannot_start(here):
    detail = here.wait(here.submit(here.define(["no-such-program"])))
    assert (detail["status"], detail["statusReason"]) == ("FAILED", "Task failed to start")
    assert detail["container"]["reason"].startswith(
        "CannotStartContainerError: Error response from daemon: "
    )
    assert "no-such-program" in detail["container"]["reason"]
    assert "exitCode" not in detail["attempts"][0]["container"]
    assert "RUNNING" not in here.timeline(detail)


def test_without_any_command_nothing_can_start(here):
    detail = here.wait(here.submit(here.define([])))
    assert detail["container"]["reason"].startswith("CannotStartContainerError: ")


def test_one_job_runs_at_a_time(here):
    details = [here.wait(each) for each in [here.shell("sleep 0.2") for _ in range(2)]]
    for earlier, later in itertools.pairwise(details):
        assert earlier["status"] == later["status"] == "SUCCEEDED"
        assert earlier["stoppedAt"] <= later["startedAt"]


def test_a_job_knows_where_it_runs(here):
    job_id = here.submit(
        here.define(["env"], environment=[{"name": "GIVEN", "value": "a=b ü"}]),
        containerOverrides={"environment": [{"name": "ADDED", "value": "2"}]},
    )
    seen = dict(line.split("=", 1) for line in here.output(here.wait(job_id)))
    expected = {
        "AWS_BATCH_JOB_ID": job_id,
        "AWS_BATCH_JOB_ATTEMPT": "1",
        "AWS_BATCH_JQ_NAME": "geos-chem-graviton-queue",
        "AWS_BATCH_CE_NAME": "geos-chem-graviton",
        "AWS_ENDPOINT_URL": here.sandbox.endpoint_url,
        "AWS_REGION": "us-west-2",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_ACCESS_KEY_ID": here.sandbox.access_key,
        "AWS_SECRET_ACCESS_KEY": here.sandbox.secret_key,
        "GEOSCHEM_BENCH_GRANTED_VCPUS": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "GIVEN": "a=b ü",
        "ADDED": "2",
    }
    assert expected.items() <= seen.items()
