"""Who may set faults, what a restart does to them, and the command line."""

from __future__ import annotations

import json
import shlex

import pytest

from geoschem_bench import cli
from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox import down, faults, up
from geoschem_bench.sandbox.settings import CALLS_PATH, FAULTS_PATH
from tests.aws.sandbox.conftest import wait_until
from tests.aws.sandbox.test_sandbox_access import ask, signed

FAULT = json.dumps({"kind": "job", "target": "*", "effect": "no-image"})


@pytest.mark.parametrize("path", [FAULTS_PATH, f"{FAULTS_PATH}/1", CALLS_PATH])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_without_the_key_no_fault_is_set_seen_or_cleared(sandbox, path, method):
    other = signed(sandbox).replace(sandbox.access_key, "SANDBOX")
    for headers in ({}, {"Authorization": other}):
        assert ask(sandbox, path, method, FAULT, **headers)[0] == 403
    page = {"Authorization": signed(sandbox), "Origin": "https://evil.example"}
    assert ask(sandbox, path, method, FAULT, **page)[0] == 403
    assert faults.listed(sandbox) == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", FAULTS_PATH, "{cut"),
        ("POST", FAULTS_PATH, "[]"),
        ("POST", FAULTS_PATH, '{"kind": "moon", "target": "*", "effect": "x"}'),
        ("POST", FAULTS_PATH, '{"kind": "job", "target": "*", "effect": "idle", "more": 1}'),
        ("POST", FAULTS_PATH, '{"kind": "job", "target": 5, "effect": "idle"}'),
        ("POST", FAULTS_PATH, '{"kind": "job", "target": "*", "effect": "idle", "seconds": "x"}'),
        ("PUT", FAULTS_PATH, FAULT),
        ("GET", "/_sandbox/faultsome", ""),
    ],
)
def test_what_is_no_fault_is_refused_with_a_reason(sandbox, method, path, body):
    status, answer = ask(sandbox, path, method, body, Authorization=signed(sandbox))
    assert status == 400
    assert json.loads(answer)["message"]


def test_faults_and_what_they_hold_survive_kill_9_and_down_mends_them(killable, jobs):
    faults.job(killable.sandbox, "held-*", "stuck", times=1)
    faults.job(killable.sandbox, "idling", "idle")
    faults.service(killable.sandbox, "batch:DescribeJobQueues", "throttling", rate=0.5)
    here = type(jobs)(killable.batch, killable.logs)
    idle = here.shell("true", name="idling")
    here.wait(idle, "RUNNING")
    stuck = here.shell("true", name="held-1")
    wait_until(lambda: "statusReason" in here.detail(stuck), "the reason")
    before = faults.listed(killable.sandbox)
    assert len(before) == 3
    killable.kill()
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    again = faults.listed(killable.sandbox)
    assert [(each.id, each.target) for each in again] == [(each.id, each.target) for each in before]
    assert here.detail(stuck)["status"] == "RUNNABLE"
    assert here.detail(stuck)["statusReason"].startswith("CAPACITY:")
    assert here.detail(idle)["status"] == "RUNNING"
    down(killable.state_dir)
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    assert faults.listed(killable.sandbox) == []
    assert here.wait(stuck)["status"] == "SUCCEEDED"
    assert here.detail(idle)["statusReason"] == "Host EC2 (sandbox) terminated"


def test_down_ends_the_idle_jobs_of_a_killed_server(killable, jobs):
    faults.job(killable.sandbox, "idling-on", "idle")
    here = type(jobs)(killable.batch, killable.logs)
    idle = here.shell("true", name="idling-on")
    here.wait(idle, "RUNNING")
    killable.kill()
    down(killable.state_dir)
    killable.start()
    lost = type(jobs)(killable.batch, killable.logs).detail(idle)
    assert (lost["status"], lost["statusReason"]) == ("FAILED", "Host EC2 (sandbox) terminated")


def test_a_damaged_file_of_faults_is_named(killable):
    path = killable.state_dir / "sandbox" / "faults.json"
    killable.kill()
    path.write_text('{"next": 1, "faults": [{"kind": "moon"}]}')
    with pytest.raises(SandboxError, match=r"faults\.json is damaged"):
        up(killable.state_dir)
    path.unlink()
    killable.start()


@pytest.fixture
def type_in(sandbox, monkeypatch, capsys):
    """Types a command; its exit code, answer and message."""
    monkeypatch.setenv("GEOSCHEM_BENCH_STATE", str(sandbox.state_dir))

    def run(command):
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["geoschem-bench", "sandbox", *shlex.split(command)])
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, " ".join(shown.err.split())

    yield run
    faults.clear(sandbox)


def test_faults_by_command(type_in, sandbox, batch):
    assert type_in("fault job 'none-*' --fate stuck --reason max-resource --times 2")[0] == 0
    assert type_in("fault environment geos-chem-x86 --no-capacity")[0] == 0
    assert type_in("fault quota 'High Memory' 8")[0] == 0
    code, _, told = type_in("fault service batch:DescribeJobs --throttling --rate 0.3")
    assert code == 0
    assert "geoschem-bench sandbox fault clear" in told
    code, text, _ = type_in("fault list --json")
    kinds = [each["kind"] for each in json.loads(text)]
    assert (code, kinds) == (0, ["job", "environment", "service", "quota"])
    assert "rate 0.3" in type_in("fault list")[1]
    assert "4 (geoschem-bench sandbox fault list)" in type_in("status")[1]
    assert type_in("fault clear L-43DA4232")[2] == "Cleared 1 fault"
    assert type_in("fault clear")[2] == "Cleared 3 faults"
    assert type_in("fault list")[2] == "No fault is set"
    assert faults.listed(sandbox) == []


def test_calls_by_command(type_in, batch):
    type_in("calls --reset")
    batch.describe_job_queues()
    assert json.loads(type_in("calls --json --reset")[1]) == {"batch:DescribeJobQueues": 1}
    assert type_in("calls")[2] == "No call was made"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("fault job '*' --fate stcuk", "did you mean 'stuck'?"),
        ("fault environment '*' --disabled --no-capacity", "both --disabled and --no-capacity"),
        ("fault service s3", "nothing given; give exactly one of --latency, --throttling, --5xx"),
        ("fault service s3:Put --5xx", "s3 has no operation 'Put'"),
        ("fault clear 99", "there is no fault '99'"),
    ],
)
def test_a_command_that_makes_no_sense_is_explained(type_in, command, told):
    code, _, message = type_in(command)
    assert code == 2
    assert told in message


def test_without_a_sandbox_there_is_nothing_to_break(type_in, monkeypatch, tmp_path):
    monkeypatch.setenv("GEOSCHEM_BENCH_STATE", str(tmp_path))
    assert type_in("fault list")[::2] == (
        1, "error: no sandbox is running; start it: geoschem-bench sandbox up"
    )  # fmt: skip
    monkeypatch.undo()
