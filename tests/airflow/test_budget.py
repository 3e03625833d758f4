"""Money before it is spent: who is asked, who is not, and what is written down."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput
from airflow.sdk.execution_time import task_runner

from geoschem_bench import pipeline
from geoschem_bench.orchestration import budget
from geoschem_bench.orchestration.budget import APPROVE, BUDGET, BudgetApproval, watch_budget
from geoschem_bench.orchestration.budget import may_spend as may_spend_in
from geoschem_bench.orchestration.run_context import PLAN
from geoschem_bench.planning import RunRequest, run_prefix
from geoschem_bench.records import read_budget_decision
from geoschem_bench.suite import load_suite
from tests.airflow.conftest import REPOSITORY
from tests.unit.records.fakes import BUCKET, MemoryObjects

DEAR = load_suite(REPOSITORY / "tests" / "data" / "suites" / "dear.yaml")
RUN_AFTER = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
ANN = {"id": "7", "name": "ann"}

OBJECTS = MemoryObjects()


@pytest.fixture(autouse=True)
def parts(monkeypatch):
    """What the tasks write is in memory: no word of it depends on S3."""
    made = SimpleNamespace(bucket=BUCKET, objects=OBJECTS)
    monkeypatch.setattr(budget, "Parts", lambda: made)


def suite_with(**header):
    return DEAR.model_copy(update={"header": DEAR.header.model_copy(update=header)})


def decision_of(run_id):
    return read_budget_decision(OBJECTS, run_prefix(BUCKET, run_id) + "budget.json")


class Run:
    """A planned run, and what its task `budget` sees of Airflow."""

    def __init__(self, monkeypatch, suite, name, *, run_type="manual", dry_run=False):
        request = RunRequest("money", f"{run_type}__{name}", RUN_AFTER, ("phase_1",))
        plan = pipeline.plan_run(suite, request, BUCKET, OBJECTS)
        self.run_id = plan.benchmark_run_id
        dag_run = SimpleNamespace(dag_id="money", run_id=request.dag_run_id, run_after=RUN_AFTER,
                                  run_type=run_type)  # fmt: skip
        context = {
            "dag_run": dag_run,
            "params": {"phases": None, "dry_run": dry_run, "repetitions": None},
            "ti": SimpleNamespace(xcom_pull=lambda task_ids: {PLAN: self.run_id}[task_ids]),
        }
        monkeypatch.setattr(budget, "get_current_context", lambda: context)
        self.of_suite(suite)

    def of_suite(self, suite):
        """The run's tasks, by the suite as it is now."""
        with DAG("money", schedule=None) as self.dag:
            self.last = watch_budget(suite, EmptyOperator(task_id=PLAN))

    def decide(self):
        """What the task `budget` returns."""
        task: Any = self.dag.get_task(BUDGET)
        return task.python_callable()

    @property
    def decision(self):
        return decision_of(self.run_id)


def test_over_budget_stops_and_says_what_costs_most_and_what_to_do(monkeypatch):
    run = Run(monkeypatch, DEAR, "stops")
    with pytest.raises(AirflowFailException) as stopped:
        run.decide()
    assert run.decision.outcome == "stopped"
    assert run.decision.message == str(stopped.value)
    for words in ("nothing was submitted", "over the budget of USD 5.00", "USD 170.19",
                  "DEAR-c7i-4xlarge-fullchem (USD 62.25)", "Raise suite.budget_usd"):  # fmt: skip
        assert words in run.decision.message


@pytest.mark.parametrize("run_type", ["scheduled", "backfill", "asset_triggered"])
def test_nobody_is_asked_who_is_not_there(monkeypatch, run_type):
    run = Run(monkeypatch, suite_with(over_budget="approve"), "alone", run_type=run_type)
    with pytest.raises(AirflowFailException, match="never wait for a person"):
        run.decide()
    assert run.decision.outcome == "stopped"


def test_dags_test_never_waits_for_a_person(monkeypatch):
    class InProcessSupervisorComms:
        """Of this name is what a task of `airflow dags test` talks to."""

    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", InProcessSupervisorComms(), raising=False)
    run = Run(monkeypatch, suite_with(over_budget="approve"), "in-process")
    with pytest.raises(AirflowFailException, match="never wait for a person"):
        run.decide()


def test_who_started_the_run_by_hand_is_asked(monkeypatch):
    run = Run(monkeypatch, suite_with(over_budget="approve"), "asks")
    assert run.decide() == "ask"
    assert run.decision.outcome == "waiting"
    assert not run.decision.may_spend
    assert run.last.task_id == APPROVE
    assert run.last.upstream_task_ids == {BUDGET}


@pytest.mark.parametrize("budget_usd", [None, 1000.0])
def test_within_budget_or_without_one_it_goes_on(monkeypatch, budget_usd):
    suite = suite_with(budget_usd=budget_usd, over_budget="approve")
    run = Run(monkeypatch, suite, f"goes-on-{budget_usd}")
    assert run.decide() == "within"
    assert run.decision.may_spend
    assert run.dag.has_task(APPROVE) is (budget_usd is not None)


def test_a_dry_run_is_not_stopped(monkeypatch):
    run = Run(monkeypatch, DEAR, "dry", dry_run=True)
    assert run.decide() == "dry run"
    assert run.decision is None


def test_a_budget_raised_since_the_plan_counts(monkeypatch):
    run = Run(monkeypatch, DEAR, "raised")
    with pytest.raises(AirflowFailException):
        run.decide()
    run.of_suite(suite_with(budget_usd=500.0))
    assert run.decide() == "within"
    assert run.decision.may_spend


def test_without_a_price_it_cannot_be_within_a_budget(monkeypatch, tmp_path):
    prices = tmp_path / "prices.csv"
    prices.write_text("instance_type,region,purchase_option,zone,usd_per_hour,as_of,source_key\n")
    monkeypatch.setenv("GEOSCHEM_BENCH_PRICES", str(prices))
    run = Run(monkeypatch, DEAR, "cannot-tell")
    with pytest.raises(AirflowFailException, match="cannot be told"):
        run.decide()
    assert "geoschem-bench prices refresh" in run.decision.message
    assert Run(monkeypatch, suite_with(budget_usd=None), "no-budget").decide() == "within"


def test_a_plan_that_is_gone_submits_nothing(monkeypatch):
    run = Run(monkeypatch, DEAR, "gone")
    del OBJECTS.objects[run_prefix(BUCKET, run.run_id) + "plan.json"]
    with pytest.raises(AirflowFailException, match="is missing, damaged or"):
        run.decide()


class Asked:
    """The task `approve` of a run that a person started, and the answers it may get."""

    def __init__(self, name, xcoms):
        request = RunRequest("dag", f"manual__{name}", RUN_AFTER, ("phase_1",))
        suite = suite_with(over_budget="approve")
        self.run_id = pipeline.plan_run(suite, request, BUCKET, OBJECTS).benchmark_run_id
        self.operator = BudgetApproval(task_id=APPROVE, suite=suite)
        known = {PLAN: self.run_id, **xcoms}
        ti = SimpleNamespace(id="ti", xcom_pull=lambda task_ids: known.get(task_ids))
        self.context: Any = {"ti": ti, "task_instance": ti}

    def answered(self, *, option, by=ANN):
        event = {"chosen_options": [option], "params_input": {}, "responded_by_user": by,
                 "responded_at": RUN_AFTER}  # fmt: skip
        return self.operator.execute_complete(self.context, event)


def test_whoever_is_asked_sees_bound_budget_and_the_dearest(monkeypatch):
    seen = {}
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **detail: seen.update(detail))
    asked = Asked("sees", {BUDGET: "ask"})
    with pytest.raises(TaskAwaitingInput) as waits:
        asked.operator.execute(asked.context)
    assert waits.value.timeout == timedelta(hours=24)
    assert seen["options"] == ["Approve", "Reject"]
    assert "over the budget of USD 5.00" in seen["subject"]
    for words in ("USD 170.19", "| DEAR-c7i-4xlarge-fullchem | c7i.4xlarge | 29.1 |", "Warning"):
        assert words in seen["body"]


def test_nobody_is_asked_where_the_budget_suffices():
    asked = Asked("suffices", {BUDGET: "within"})
    assert asked.operator.execute(asked.context) == "within"


def test_approved_it_may_spend_and_the_name_is_kept():
    asked = Asked("approved", {BUDGET: "ask"})
    assert asked.answered(option="Approve") == "approved"
    decision = decision_of(asked.run_id)
    assert decision.may_spend
    assert (decision.outcome, decision.decided_by) == ("approved", "ann")


def test_refused_the_run_fails_and_says_by_whom():
    asked = Asked("refused", {BUDGET: "ask"})
    with pytest.raises(AirflowFailException, match="not approved: refused by ann; nothing was"):
        asked.answered(option="Reject")
    assert decision_of(asked.run_id).outcome == "not_approved"


def test_nobody_answered():
    """With the very event that Airflow's scheduler sends when the time is over."""
    asked = Asked("silence", {BUDGET: "ask"})
    event = {"error": "The Human-in-the-loop response timeout has passed", "error_type": "timeout"}
    with pytest.raises(AirflowFailException, match="nobody answered within 24 hours"):
        asked.operator.execute_complete(asked.context, event)
    assert decision_of(asked.run_id).outcome == "not_approved"


@pytest.mark.parametrize(
    ("decided", "approval", "may"),
    [
        ("within", None, True),
        ("ask", "approved", True),
        ("ask", "within", False),
        ("ask", None, False),
        ("dry run", None, False),
        (None, None, False),
    ],
)
def test_what_was_not_allowed_may_not_spend(decided, approval, may):
    known = {BUDGET: decided, APPROVE: approval}
    assert may_spend_in({"ti": SimpleNamespace(xcom_pull=lambda task_ids: known[task_ids])}) is may
