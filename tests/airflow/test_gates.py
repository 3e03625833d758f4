"""Gates in a DAG run: who is kept out, why, and who is not."""

import asyncio
import os
from types import SimpleNamespace

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param, get_current_context, task

from geoschem_bench.aws.gates import GateKeeper, GateState, Question, Want
from geoschem_bench.errors import Reason
from geoschem_bench.orchestration import gates
from geoschem_bench.orchestration.gate_list import task_id_of
from geoschem_bench.orchestration.gate_trigger import GateTrigger
from geoschem_bench.orchestration.gates import open_gates, refusal
from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import load_suite

HERE, GONE = "geos-chem-graviton-queue", "nobodys-queue"
SUITE = f"""
suite:
  queues: {{c7g.4xlarge: {HERE}, c7i.4xlarge: {GONE}}}
phase_1:
  - {{id: HERE, application: gc-classic, simulation_type: fullchem, domain: {{resolution: 4x5}},
      duration: {{days: 1}}, hardware: {{instance_type: c7g.4xlarge}}}}
  - {{id: GONE, application: gc-classic, simulation_type: fullchem, domain: {{resolution: 4x5}},
      duration: {{days: 1}}, hardware: {{instance_type: c7i.4xlarge}}}}
phase_2:
  - {{id: LARGE, application: gc-classic, simulation_type: fullchem, domain: {{resolution: 4x5}},
      duration: {{days: 1}}, hardware: {{instance_type: c7g.4xlarge}}, input: s3://BUCKET/no/}}
phase_3: []
phase_4: []
"""
QUEUE_HERE, QUEUE_GONE = f"gates.queue-{HERE}", f"gates.queue-{GONE}"

pytestmark = pytest.mark.usefixtures("airflow_database", "sandbox_environment")


@pytest.fixture
def suite(tmp_path, sandbox):
    path = tmp_path / "gated.yaml"
    path.write_text(SUITE.replace("BUCKET", sandbox.bucket))
    return load_suite(path)


def make_known(dag):
    """A DAG of no file can be run once Airflow's database has heard of it."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(dag_folder=os.devnull, collect_dags=False)
    bag.dags[dag.dag_id] = dag
    sync_bag_to_db(bag, "dags-folder", None)


def run(suite, fallen=(), **conf):
    """The gates in front of tasks that only ask: states of all, and what was answered.

    Those that have fallen back ask once more, as they are then.
    """
    planned, answers = plan_suite(suite), {}
    with DAG("gated", schedule=None, params={"phases": Param(None), "dry_run": False}) as dag:
        ready = open_gates(suite, planned, EmptyOperator(task_id="submits"))
        for item in planned:

            @task(task_id=item.id)
            def ask(item=item):
                answers[item.id] = refusal(get_current_context(), item)
                if item.id in fallen:
                    second = refusal(get_current_context(), item.on_demand())
                    answers[f"{item.id} on demand"] = second

            ready >> ask()
    make_known(dag)
    found = dag.test(run_conf=conf)
    return SimpleNamespace(
        tasks={ti.task_id: ti.state for ti in found.get_task_instances()}, answers=answers
    )


def test_a_missing_queue_keeps_out_its_own_benchmark_alone(suite):
    ran = run(suite, phases=["phase_1"])
    assert ran.tasks[QUEUE_GONE] == "failed"
    assert ran.tasks[QUEUE_HERE] == "success"
    assert ran.tasks["gates.ready"] == "success"
    assert ran.answers["HERE"] is None
    reason, message = ran.answers["GONE"]
    assert reason is Reason.MISCONFIGURED
    assert message.startswith(f"not submitted: {QUEUE_GONE}: queue {GONE} is missing")


def test_missing_input_data_are_the_reason(suite):
    ran = run(suite, phases=["phase_2"])
    assert ran.tasks["gates.input"] == "failed"
    reason, message = ran.answers["LARGE"]
    assert reason is Reason.INPUT_DATA
    assert "nothing lies there" in message


def test_a_gate_through_which_nothing_goes_is_skipped(suite):
    ran = run(suite, phases=["phase_2"])
    assert ran.tasks[QUEUE_GONE] == "skipped"
    assert ran.answers["GONE"] is None
    ran = run(suite, dry_run=True)
    assert {state for name, state in ran.tasks.items() if name.startswith("gates.")} == {
        "skipped", "success"
    }  # fmt: skip
    assert ran.tasks["gates.ready"] == "success"


def test_a_gate_that_opens_in_time_keeps_nobody_out(suite, monkeypatch):
    answers = iter([GateState("shut", "later", Reason.QUOTA)] * 2)
    monkeypatch.setattr(GateKeeper, "look", lambda *_: next(answers, GateState("open", "now")))
    ran = run(suite, phases=["phase_2"])
    assert set(ran.tasks.values()) <= {"success", "skipped"}


def test_a_gate_that_stays_shut_fails_after_its_limit(suite, monkeypatch):
    monkeypatch.setattr(gates, "GATE_MINUTES", 0)
    shut = GateState("shut", "8 vCPUs are taken", Reason.QUOTA, "wait", ("HERE",))
    monkeypatch.setattr(GateKeeper, "look", lambda *_: shut)
    ran = run(suite, phases=["phase_1"])
    reason, message = ran.answers["HERE"]
    assert reason is Reason.QUOTA
    assert "still shut after 0 minutes: 8 vCPUs are taken. wait" in message
    assert ran.answers["GONE"] is None, "the gate's verdict is about another benchmark"


def test_an_aws_that_lets_nobody_in_is_asked_again_then_told(suite, monkeypatch, caplog):
    looks = []

    def look(self, question):
        looks.append(question.kind)
        return GateState("silent", "the AWS session has expired", Reason.MISCONFIGURED)

    monkeypatch.setattr(GateKeeper, "look", look)
    ran = run(suite, phases=["phase_1"])
    assert looks.count("quota") > 2
    assert ran.answers["HERE"] == (
        Reason.MISCONFIGURED,
        f"not submitted: {QUEUE_HERE}: the AWS session has expired",
    )
    assert "Traceback" not in caplog.text


SPOT = """
suite:
  purchase_option: spot
phase_1:
  - {id: SPOT, application: gc-classic, simulation_type: fullchem, domain: {resolution: 4x5},
      duration: {days: 1}, hardware: {instance_type: c7g.4xlarge}}
  - {id: HERE, application: gc-classic, simulation_type: fullchem, domain: {resolution: 4x5},
      duration: {days: 1}, hardware: {instance_type: c7g.4xlarge}, purchase_option: on_demand}
phase_2: []
phase_3: []
phase_4: []
"""


@pytest.fixture
def spot(tmp_path):
    """A suite whose first benchmark is on spot, and its plan."""
    path = tmp_path / "spot.yaml"
    path.write_text(SPOT)
    return load_suite(path)


def test_a_broken_fallback_is_told_and_stops_no_try_on_spot(spot, monkeypatch, capfd):
    def look(self, question):
        of_spot = question.kind in ("queue", "quota") and question.wants[0].id == "SPOT"
        if of_spot and not question.wants[0].is_spot:
            return GateState("broken", f"{question.wants[0].queue} is gone", Reason.MISCONFIGURED)
        return GateState("open", "there")

    monkeypatch.setattr(GateKeeper, "look", look)
    ran = run(spot, fallen={"SPOT"})
    assert {name for name, state in ran.tasks.items() if state != "success"} == {
        f"gates.fallback-queue-{HERE}", "gates.fallback-quota"
    }  # fmt: skip
    assert "failed" not in ran.tasks.values(), "or the run would be red for what nobody needed"
    assert ran.answers["SPOT"] is None
    assert ran.answers["HERE"] is None
    assert ran.answers["SPOT on demand"] == (
        Reason.MISCONFIGURED,
        f"not submitted: gates.fallback-queue-{HERE}: {HERE} is gone",
    )
    assert "only after a spot interruption" in "".join(capfd.readouterr())


def test_who_fell_back_is_judged_by_the_gates_of_on_demand(spot, monkeypatch):
    def look(self, question):
        if question.kind == "quota" and any(want.is_spot for want in question.wants):
            return GateState("broken", "no spot", Reason.QUOTA)
        return GateState("open", "there")

    monkeypatch.setattr(GateKeeper, "look", look)
    ran = run(spot, fallen={"SPOT"})
    assert ran.tasks["gates.quota-spot"] == "failed"
    assert ran.tasks["gates.quota"] == "success"
    assert ran.answers["SPOT"][0] is Reason.QUOTA
    assert ran.answers["SPOT on demand"] is None


def test_a_fallback_that_may_come_is_not_waited_for(spot, monkeypatch):
    looks = []

    def look(self, question):
        is_fallback = question.wants[0].id == "SPOT" and not question.wants[0].is_spot
        looks.extend([question.kind] * is_fallback)
        return GateState("shut" if is_fallback else "open", "later", Reason.MISCONFIGURED)

    monkeypatch.setattr(GateKeeper, "look", look)
    ran = run(spot, fallen={"SPOT"})
    assert sorted(looks)[-2:] == ["queue", "quota"]
    assert ran.tasks[f"gates.fallback-queue-{HERE}"] == "skipped"
    assert ran.answers["SPOT on demand"] is None, "it may have come meanwhile"


def asked(states, xcom):
    """A context whose gates are in these states."""
    ti = SimpleNamespace(
        get_task_states=lambda **asked: {"r": dict.fromkeys(asked["task_ids"], states)},
        xcom_pull=lambda **asked: xcom,
    )
    return {"ti": ti, "dag_run": SimpleNamespace(dag_id="d", run_id="r")}


@pytest.mark.parametrize(
    ("state", "words"), [("failed", "did not say why"), ("upstream_failed", "was never asked")]
)
def test_a_gate_that_failed_without_a_word_still_keeps_out(suite, state, words):
    planned = plan_suite(suite)[0]
    refused = refusal(asked(state, None), planned)
    assert refused is not None
    reason, message = refused
    assert reason is Reason.UNKNOWN
    assert words in message
    assert refusal(asked("success", None), planned) is None
    assert refusal(asked("skipped", None), planned) is None


def test_names_that_are_no_task_ids_get_one_each():
    arn = "arn:aws:batch:us-west-2:123456789012:job-queue/one"
    ids = {task_id_of(["queue", name]) for name in (arn, arn.replace(":", "_"), "one")}
    assert len(ids) == 3
    assert "queue-one" in ids
    assert all(name.replace("-", "").replace("_", "").isalnum() for name in ids)


def question():
    want = Want("A", HERE, "d", "arm64", "c7g.4xlarge", 15, 1, False, None)
    return Question("queue", (want,), 1).to_document()


def first_event(trigger):
    async def event():
        return await anext(trigger.run())

    return asyncio.run(event()).payload


def test_every_end_of_the_trigger_is_an_event(monkeypatch):
    def look(self, question):
        raise RuntimeError("surprise")

    monkeypatch.setattr(GateKeeper, "look", look)
    trigger = GateTrigger(
        question=question(), until="2126-01-01T00:00:00+00:00", poll_seconds=0.0
    )  # fmt: skip
    state = GateState.from_document(first_event(trigger))
    assert (state.state, state.reason) == ("silent", Reason.UNKNOWN)
    assert "surprise" in state.message


def test_the_trigger_comes_back_from_the_database():
    trigger = GateTrigger(question=question(), until="2026-01-01T00:00:00+00:00", poll_seconds=7)
    path, arguments = trigger.serialize()
    assert path.endswith("gate_trigger.GateTrigger")
    assert GateTrigger(**arguments).serialize() == trigger.serialize()
    assert first_event(trigger)["state"] == "open"
