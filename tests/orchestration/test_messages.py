"""In the running Airflow: who is told of a run, when, and how often."""

import pytest

from tests.mailbox import Mailbox
from tests.orchestration.jobs import RunJobs, suite_of


@pytest.fixture(scope="module")
def mailbox(sandbox):
    return Mailbox(sandbox, "messages")


def test_a_run_that_is_late_is_told_of_once_and_goes_on_to_its_own_message(
    servers, sandbox, mailbox
):
    client = servers.client
    suite = suite_of(["LATE"], deadline_hours=10 / 3600).replace("0.041666667", "30")
    dag_id = servers.add_suite(suite, "late")
    run_id = client.trigger(dag_id)
    runs = RunJobs(sandbox, client.dag_run(dag_id, run_id))

    (mail,) = servers.wait_for(lambda: mailbox.of(runs.run_id), "the deadline", 120)
    assert "past its deadline of 0.00278 h, 0 of 1 benchmark ok" in mail.subject
    assert "It goes on" in mail.text
    assert client.dag_run(dag_id, run_id)["state"] == "running"
    servers.wait_for(lambda: runs.alive("LATE"), "its job", 120)

    client.mark_run(dag_id, run_id, "failed")
    client.wait_for_task(dag_id, run_id, "verdict")
    late, ended = mailbox.of(runs.run_id)
    assert late == mail
    assert "failed" in ended.subject
    assert "the run was ended before its results were loaded" in ended.text
    assert f"/runs/{runs.run_id}/report.html" in ended.text
    assert client.task_state(dag_id, run_id, "notify").state == "success"


def test_a_clear_tells_anew_and_a_run_in_time_has_no_deadline(servers, sandbox, mailbox):
    client = servers.client
    dag_id = servers.add_suite(suite_of(["SOON"], deadline_hours=1), "soon")
    run_id = client.trigger(dag_id)
    client.wait_for_run(dag_id, run_id, "success")
    runs = RunJobs(sandbox, client.dag_run(dag_id, run_id))
    (mail,) = mailbox.of(runs.run_id)
    assert mail.subject == "GEOS-Chem benchmarks: soon: succeeded, 1 of 1 benchmark ok"
    assert f"/runs/{runs.run_id}/report.html" in mail.text

    client.clear(dag_id, run_id, ["notify", "verdict"])
    client.wait_for_run(dag_id, run_id, "success")
    again = mailbox.of(runs.run_id)
    assert [each.subject for each in again] == [mail.subject] * 2
