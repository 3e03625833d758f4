"""Who is told of a run, of what, and how often; through Amazon SNS and through any notifier."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import get_current_context

from geoschem_bench.aws.dynamodb import DynamoResultsStore
from geoschem_bench.errors import SettingsError, StorageError
from geoschem_bench.orchestration.deadline import deadline_of, tell_of_deadline
from geoschem_bench.orchestration.notifiers import check_notifiers, make_notifier, send
from geoschem_bench.orchestration.run_context import Parts
from geoschem_bench.orchestration.verdict import failings_of
from geoschem_bench.planning import benchmark_run_id
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring.notifiers import NotifierChoice
from tests.airflow.conftest import QUICK
from tests.airflow.recording import Flaky, Recorder
from tests.airflow.test_dag_runs import run_suite
from tests.mailbox import Mailbox

HERE = "tests.airflow.recording"


@pytest.fixture
def mailbox(sandbox: Any, sandbox_environment: Any, monkeypatch: Any) -> Mailbox:
    mailbox = Mailbox(sandbox, "telling")
    monkeypatch.setenv("GEOSCHEM_BENCH_TOPIC", mailbox.topic)
    return mailbox


@pytest.fixture
def named(monkeypatch: Any) -> Any:
    """Names notifiers of ours in the environment."""
    for each in (Recorder, Flaky):
        each.told.clear()
    Flaky.tries.clear()

    def name(*classes: str, **kwargs: str) -> None:
        kwargs = kwargs or {"text": "{{ subject }}"}
        chosen = [{"notifier": f"{HERE}.{each}", "kwargs": kwargs} for each in classes]
        monkeypatch.setenv("GEOSCHEM_BENCH_NOTIFIERS", json.dumps(chosen))

    return name


@pytest.mark.usefixtures("airflow_database")
def test_each_is_told_once_though_the_task_was_tried_twice(mailbox: Mailbox, named: Any) -> None:
    named("Recorder", "Flaky")
    run = run_suite(QUICK, {"phases": ["phase_3"]})
    assert (run.state, run.tasks["notify"]) == ("success", "success")
    (mail,) = mailbox.of(run.run_id)
    assert mail.subject == "GEOS-Chem benchmarks: quick: succeeded"
    assert f"s3://{Parts().bucket}/runs/{run.run_id}/report.html" in mail.text
    assert Recorder.told == Flaky.told == [mail.subject]
    assert len(Flaky.tries) == 2


@pytest.mark.usefixtures("airflow_database")
def test_a_run_that_never_got_a_plan_is_told_of(mailbox: Mailbox) -> None:
    run = run_suite(QUICK, {"phasen": ["phase_1"]})
    (mail,) = mailbox.of(run.run_id)
    assert mail.subject == "GEOS-Chem benchmarks: quick: failed"
    assert "- the task plan failed; its log says why" in mail.text
    assert "budget" not in mail.text  # what only had to wait for it explains nothing
    assert "Report" not in mail.text  # there is none


@pytest.mark.usefixtures("airflow_database")
def test_a_list_and_a_table_that_cannot_be_read_leave_the_topic_its_message(
    mailbox: Mailbox, monkeypatch: Any
) -> None:
    """The verdict asks a second time: the run is no worse for a table that was away."""
    of_run, asked = DynamoResultsStore.of_run, []

    def away(self: Any, run_id: str) -> Any:
        asked.append(get_current_context()["ti"].task_id)
        if asked[-1] == "notify" or asked.count("verdict") == 1:
            raise StorageError("DynamoDB is away")
        return of_run(self, run_id)

    monkeypatch.setattr(DynamoResultsStore, "of_run", away)
    monkeypatch.setenv("GEOSCHEM_BENCH_NOTIFIERS", "{")
    run = run_suite(QUICK, {"phases": ["phase_3"]})
    (mail,) = mailbox.of(run.run_id)
    assert mail.subject == "GEOS-Chem benchmarks: quick: over, but its results could not be read"
    assert mail.text.count("- the results could not be read: DynamoDB is away") == 1
    assert (run.state, run.tasks["notify"], run.tasks["verdict"]) == (
        "success", "failed", "success"
    )  # fmt: skip
    assert asked.count("verdict") == 2


@pytest.mark.usefixtures("airflow_database")
def test_nobody_is_told_of_a_dry_run(mailbox: Mailbox) -> None:
    run = run_suite(QUICK, {"dry_run": True})
    assert run.tasks["notify"] == "skipped"
    assert mailbox.of(run.run_id) == []


def context_of(state: str, **conf: Any) -> tuple[str, dict[str, Any]]:
    """A run and what Airflow's scheduler tells of it at its deadline."""
    moment = datetime(2026, 11, 22, 3, 51, 20, tzinfo=UTC)
    run: dict[str, Any] = {
        "dag_id": "geoschem_bench_quick", "dag_run_id": f"manual__{state}{len(conf)}",
        "run_after": moment.isoformat(), "queued_at": moment.isoformat(), "state": state,
        "conf": conf,
    }  # fmt: skip
    return benchmark_run_id(moment, run["dag_id"], run["dag_run_id"]), {"dag_run": run}


def test_at_its_deadline_a_run_is_told_of_if_it_goes_on(mailbox: Mailbox) -> None:
    told = {}
    for state, conf in (("running", {}), ("failed", {}), ("running", {"dry_run": True})):
        run_id, context = context_of(state, **conf)
        asyncio.run(tell_of_deadline("quick", 6.0, context))
        told[run_id] = mailbox.of(run_id)
    first, *others = told.values()
    assert [mail.subject for mail in first] == [
        "GEOS-Chem benchmarks: quick: past its deadline of 6 h"
    ]
    assert "It goes on" in first[0].text
    assert others == [[], []]


def test_a_deadline_that_not_everybody_could_be_told_of_fails_visibly(
    mailbox: Mailbox, named: Any, monkeypatch: Any
) -> None:
    run_id, context = context_of("queued")
    named("Flaky", "Recorder")
    with pytest.raises(RuntimeError, match="Flaky: ConnectionError: the chat is away"):
        asyncio.run(tell_of_deadline("quick", 6.0, context))
    assert len(Recorder.told) == 1
    monkeypatch.setenv("GEOSCHEM_BENCH_NOTIFIERS", "{")
    with pytest.raises(RuntimeError, match="GEOSCHEM_BENCH_NOTIFIERS is no JSON"):
        asyncio.run(tell_of_deadline("quick", 6.0, context))
    assert len(mailbox.of(run_id)) == 2


@pytest.mark.parametrize(
    ("header", "has_alert"),
    [
        ({}, False),
        ({"deadline_hours": 2.5}, True),
        ({"deadline_hours": 2.5, "notify": ("failure",)}, False),
    ],
)
def test_a_suite_says_whether_it_has_a_deadline(header: Any, has_alert: bool) -> None:
    suite = load_suite(QUICK)
    suite = suite.model_copy(update={"header": suite.header.model_copy(update=header)})
    alert = deadline_of(suite)
    assert (alert is not None) == has_alert
    if alert is not None:
        assert alert.interval == timedelta(hours=2.5)


def test_what_a_job_printed_is_no_template(named: Any) -> None:
    words = {"message": "model crashed at {{ 7 * 7 }} {% raw %}", "subject": "s"}
    choice = NotifierChoice(f"{HERE}.Recorder", {"text": "*{{ subject }}* {{ message }}"})
    send(choice, words, {}, Parts.__new__(Parts))
    assert Recorder.told.pop() == "*s* model crashed at {{ 7 * 7 }} {% raw %}"


@pytest.mark.parametrize(
    ("path", "kwargs", "message"),
    [
        ("no.such.module.Class", {}, "there is no no.such.module.Class"),
        (f"{HERE}.Nobody", {}, "there is no tests.airflow.recording.Nobody"),
        (f"{HERE}.NoNotifier", {}, "is no notifier of Airflow"),
        ("os.system", {}, "is no notifier of Airflow"),
        (f"{HERE}.Recorder", {"txt": "x"}, r"does not take these kwargs \(txt\)"),
    ],
)
def test_what_is_no_notifier_is_refused_with_the_cure(
    path: str, kwargs: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        make_notifier(NotifierChoice(path, kwargs))


def test_the_plan_warns_of_a_notifier_that_will_not_work(named: Any, monkeypatch: Any) -> None:
    named("Recorder", "NoNotifier")
    (wrong,) = check_notifiers()
    assert "NoNotifier is no notifier" in wrong
    monkeypatch.setenv("GEOSCHEM_BENCH_NOTIFIERS", "{")
    (wrong,) = check_notifiers()
    assert "GEOSCHEM_BENCH_NOTIFIERS is no JSON" in wrong


def test_a_lost_message_fails_its_task_and_not_the_run() -> None:
    states = {"plan": "success", "notify": "failed", "phase_1.A": "success"}
    ti = SimpleNamespace(
        get_task_states=lambda dag_id, run_ids: {"r": states},
        xcom_pull=lambda task_ids, key=None: None,
    )
    found = failings_of({"ti": ti, "dag_run": SimpleNamespace(dag_id="d", run_id="r")})
    assert found.words == []
    assert found.is_message_lost
