"""Money before any of it is spent: go on, ask a person in Airflow's own UI, or stop.

Nobody is asked who is not there: scheduled runs, backfills and `airflow dags test` never wait.
What was decided is written to `budget.json` beside the plan, so that report and table know it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.exceptions import HITLRejectException, HITLTimeoutError
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from geoschem_bench import units
from geoschem_bench.orchestration.run_context import PLAN, Parts, is_attended, run_request
from geoschem_bench.planning import run_prefix
from geoschem_bench.pricing import (
    Estimate,
    beside_budget,
    headline,
    over_budget,
    request_body,
    usd,
)
from geoschem_bench.records import BUDGET_FILE, BudgetDecision, read_run_plan

if TYPE_CHECKING:
    from airflow.sdk import Context

    from geoschem_bench.suite import Suite

BUDGET = "budget"
APPROVE = "approve"
ANSWER_WITHIN = timedelta(hours=24)
"""Whoever started the run by hand is back by then; later nobody expects it to spend anything."""
_WITHIN, _ASK, _DRY = "within", "ask", "dry run"
_APPROVED = "approved"
_CURE = "Raise suite.budget_usd, or ask for fewer phases or repetitions"


def watch_budget(suite: Suite, plan: Any) -> Any:  # noqa: ANN401 - Airflow's task objects
    """The tasks between the plan and whatever submits; returns the last of them."""
    watching = _budget_task(suite)
    plan >> watching
    if suite.header.budget_usd is None or suite.header.over_budget != "approve":
        return watching
    approval = BudgetApproval(task_id=APPROVE, suite=suite)
    watching >> approval
    return approval


def may_spend(context: Any) -> bool:  # noqa: ANN401 - Airflow's context has no run-time type
    """Whether the budget lets this run submit anything."""
    ti = context["ti"]
    decided = ti.xcom_pull(task_ids=BUDGET)
    if decided == _ASK:
        return bool(ti.xcom_pull(task_ids=APPROVE) == _APPROVED)
    return bool(decided == _WITHIN)


def _budget_task(suite: Suite) -> Any:  # noqa: ANN401
    @task(task_id=BUDGET)
    def budget() -> str:
        """Compares the most that the run can cost with the suite's budget: on, ask, or stop.

        `budget.json` keeps what was decided.
        """
        context, parts = get_current_context(), Parts()
        estimate = _estimate(context, parts, suite)
        print(headline(estimate))  # noqa: T201 - into the task's log
        if run_request(context).dry_run:
            print(f"Dry run; {beside_budget(estimate)}")  # noqa: T201
            return _DRY
        if not estimate.is_over:
            message = beside_budget(estimate)
            _decide(context, parts, BudgetDecision(outcome="within", message=message))
            return _WITHIN
        if suite.header.over_budget == "approve" and is_attended(context):
            message = f"nothing was submitted: waits for approval, as {beside_budget(estimate)}"
            _decide(context, parts, BudgetDecision(outcome="waiting", message=message))
            return _ASK
        message = over_budget(estimate, _cure(suite))
        _decide(context, parts, BudgetDecision(outcome="stopped", message=message))
        raise AirflowFailException(message)

    return budget()


def _cure(suite: Suite) -> str:
    if suite.header.over_budget == "approve":
        return (
            f"{_CURE}. suite.over_budget is 'approve', but scheduled runs, backfills and `airflow "
            "dags test` never wait for a person: trigger it by hand in Airflow to be asked."
        )
    return f"{_CURE}, or set suite.over_budget: approve to be asked."


class BudgetApproval(ApprovalOperator):
    """Ask a person whether a run may exceed its budget; does nothing where it does not.

    Args:
        suite: Whose budget it is.
    """

    ui_color = "#f2e3c6"

    def __init__(self, *, suite: Suite, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(
            subject=f"{suite.name}: over its budget of {usd(suite.header.budget_usd)}",
            response_timeout=ANSWER_WITHIN,
            # a skip would let the run end green though nothing of it was done
            fail_on_reject=True,
            **kwargs,
        )
        self._suite = suite

    def execute(self, context: Context) -> Any:  # noqa: ANN401 - as in the provider
        """Ask, where the task `budget` said so."""
        if context["ti"].xcom_pull(task_ids=BUDGET) != _ASK:
            return _WITHIN
        estimate = _estimate(context, Parts(), self._suite)
        self.subject = f"{self._suite.name}: {beside_budget(estimate)}"
        self.body = request_body(estimate)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:  # noqa: ANN401
        """Take the answer: approved, or the run submits nothing and ends failed."""
        parts, who = Parts(), _who(event)
        name = who or "somebody whom Airflow does not name"
        try:
            super().execute_complete(context, event)
        except HITLTimeoutError as error:
            hours = ANSWER_WITHIN.total_seconds() / units.SECONDS_PER_HOUR
            why = f"not approved: nobody answered within {hours:.0f} hours"
            raise self._refused(context, parts, why, None) from error
        except HITLRejectException as error:
            raise self._refused(context, parts, f"not approved: refused by {name}", who) from error
        message = f"approved by {name}"
        _decide(context, parts, BudgetDecision(outcome="approved", message=message, decided_by=who))
        return _APPROVED

    def _refused(
        self, context: Context, parts: Parts, why: str, who: str | None
    ) -> AirflowFailException:
        """Write it down, and give what to raise."""
        said = beside_budget(_estimate(context, parts, self._suite))
        message = f"{why}; nothing was submitted: {said}"
        _decide(
            context, parts, BudgetDecision(outcome="not_approved", message=message, decided_by=who)
        )
        return AirflowFailException(message)


def _who(event: dict[str, Any]) -> str | None:
    """The name that Airflow knows, of whoever answered."""
    user = event.get("responded_by_user") or {}
    return user.get("name") or user.get("id")


def _estimate(context: Any, parts: Parts, suite: Suite) -> Estimate:  # noqa: ANN401
    """That of the plan, beside today's budget: a budget raised since then counts."""
    address = _prefix(context, parts) + "plan.json"
    plan = read_run_plan(parts.objects, address)
    if plan is None or plan.estimate is None:
        raise AirflowFailException(f"{address} is missing, damaged or without an estimate; clear "
                                   f"the task `{PLAN}`")  # fmt: skip
    return plan.estimate.model_copy(update={"budget_usd": suite.header.budget_usd})


def _decide(context: Any, parts: Parts, decision: BudgetDecision) -> None:  # noqa: ANN401
    print(decision.message)  # noqa: T201 - into the task's log
    parts.objects.put(_prefix(context, parts) + BUDGET_FILE, decision.to_json())


def _prefix(context: Any, parts: Parts) -> str:  # noqa: ANN401
    return run_prefix(parts.bucket, str(context["ti"].xcom_pull(task_ids=PLAN)))
