"""Over its budget a run asks a person in Airflow's own UI, and submits nothing until they agree."""

import pytest

from geoschem_bench.pipeline import decision_of
from geoschem_bench.sandbox import faults
from tests.orchestration.jobs import RunJobs, suite_of

NAMES = ("DEAR-ONE",)


@pytest.fixture(scope="module")
def dear(servers, sandbox):
    """A suite that costs more than its budget."""
    faults.job(sandbox, "gsb-*-DEAR-*", "idle", seconds=1)
    text = suite_of(NAMES, "c7g.4xlarge", budget_usd=0.01, over_budget="approve")
    return servers.add_suite(text, "dear")


def asked(servers, dag_id):
    run_id = servers.client.trigger(dag_id)
    question = servers.wait_for(
        lambda: servers.client.questions(dag_id, run_id).get("approve"), "the question",
        timeout_seconds=90,
    )  # fmt: skip
    # Who answers before the scheduler has taken note of the question is asked once more
    noted = f"task_id=approve, run_id={run_id}"
    servers.wait_for(
        lambda: any(
            noted in line and "state=awaiting_input" in line
            for line in servers.log("scheduler").splitlines()
        ),
        "the scheduler to take note of the question",
    )
    return run_id, question


def test_the_question_says_what_it_can_cost(servers, sandbox, dear):
    run_id, question = asked(servers, dear)
    assert "over the budget of USD 0.01" in question["subject"]
    assert "DEAR-ONE" in question["body"]
    assert RunJobs(sandbox, servers.client.dag_run(dear, run_id)).counts() == {}
    servers.client.answer(dear, run_id, "approve", ["Reject"])
    servers.client.wait_for_run(dear, run_id, "failed")
    jobs = RunJobs(sandbox, servers.client.dag_run(dear, run_id))
    assert jobs.counts() == {}
    decision = decision_of(jobs.run_id, sandbox.bucket, jobs.objects)
    assert decision
    assert decision.outcome == "not_approved"
    assert "not approved" in decision.message


def test_once_approved_it_runs(servers, sandbox, dear):
    run_id, _ = asked(servers, dear)
    servers.client.answer(dear, run_id, "approve", ["Approve"])
    servers.client.wait_for_task(dear, run_id, "phase_1.DEAR-ONE", {"success"}, timeout_seconds=120)
    jobs = RunJobs(sandbox, servers.client.dag_run(dear, run_id))
    assert jobs.counts() == {"DEAR-ONE": 1}
    decision = decision_of(jobs.run_id, sandbox.bucket, jobs.objects)
    assert decision
    assert decision.outcome == "approved"
