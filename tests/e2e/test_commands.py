"""The commands around a run, with a real run behind them."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.e2e.conftest import SUITES, wait_for


@pytest.fixture(scope="module")
def quick(program):
    """The quick suite, run once: one success, one misfit, one type the region lacks."""
    return program("run", str(SUITES / "quick.yaml"))


def test_run_shows_its_results_and_fails_for_its_failures(quick, program):
    assert quick.returncode == 1
    assert "QUICK-TRANSPORT" in quick.stdout
    assert "Traceback" not in quick.stdout + quick.stderr
    assert "QUICK-GCHP: misconfigured: " in quick.stderr
    report = Path(quick.stdout.split("Report: ")[1].strip())
    page = report.read_text()
    assert "QUICK-GCHP" in page
    assert {path.name for path in report.parent.iterdir()} == {
        "report.html", "results.csv", "results.json",
    }  # fmt: skip


@pytest.mark.usefixtures("quick")
def test_status_logs_load_and_report_work_after_the_sandbox_was_stopped(program):
    states = {item["benchmark_id"]: item["state"] for item in json.loads(
        program("status", "--json").stdout)}  # fmt: skip
    assert states == {
        "QUICK-TRANSPORT": "SUCCEEDED", "QUICK-GCHP": "FAILED", "QUICK-ELSEWHERE": "FAILED",
    }  # fmt: skip
    assert "repetition 2 of 2" in program("logs", "QUICK-TRANSPORT").stdout
    assert "not offered in us-west-2" in program("logs", "QUICK-ELSEWHERE").stderr
    again = program("load")
    assert (again.returncode, "0 new, 3 unchanged" in again.stderr) == (0, True), again.stderr
    assert "Report: " in program("report").stdout
    assert json.loads(program("report", "--json").stdout)["costs"]["is_free"] is True


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run", "sandbxo"], 2, "did you mean 'sandbox'?"),
        (["run", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["run", "sandbox", "--phase", "5"], 2, "phase_1, phase_2"),
        (["status", "no-such-run"], 2, "no run ends in 'no-such-run'"),
        (["logs", "NO-SUCH"], 2, "there are: QUICK-TRANSPORT"),
        (["load", "s3://no-such-bucket/x/"], 1, "no-such-bucket"),
        (["load", "file:///etc"], 2, "is no S3 address"),
        (["catalog", "show", "c7g.4xlrge"], 2, "c7g.4xlarge"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_message(program, arguments, code, says):
    done = program(*arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_plan_and_validate_need_nothing_running(program):
    planned = json.loads(program("plan", "full", "--json").stdout)
    assert len(planned["benchmarks"]) == 17
    assert planned["estimate"]["usd"] > 1000
    checked = program("validate")
    assert checked.returncode == 0
    assert "B2-4-AMD-HPC6A-2-FC-C90: hpc6a.48xlarge is not offered in us-east-1" in checked.stderr


def test_a_killed_runner_fails_alone(program):
    """`kill -9` in the middle: FAILED with exit code, a reason, and the rest of the run there.

    What failed for no known reason is tried a second time, and then no more.
    """
    running = program.start("run", str(SUITES / "kill.yaml"))
    first = wait_for(lambda: runner_of("KILL-LONG", program.state), "the runner")
    os.kill(first, signal.SIGKILL)
    second = wait_for(lambda: runner_of("KILL-LONG", program.state, first), "the second try")
    os.kill(second, signal.SIGKILL)
    out, error = running.communicate(timeout=300)
    assert running.returncode == 1, error
    assert "KILL-LONG: unknown: " in error
    assert "137" in error
    results = json.loads(
        Path(out.split("Report: ")[1].strip()).with_name("results.json").read_text()
    )
    by_id = {item["benchmark_id"]: item for item in results["results"]}
    assert by_id["KILL-LONG"]["status"] == "failed"
    assert by_id["KILL-LONG"]["exit_code"] == 137
    assert by_id["KILL-SHORT"]["status"] == "succeeded"
    assert processes_of(program.state) == []


def test_ctrl_c_leaves_no_job_behind(program):
    running = program.start("run", str(SUITES / "kill.yaml"))
    wait_for(lambda: runner_of("KILL-LONG", program.state), "the runner")
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=120)
    assert running.returncode == 130, error
    assert "No job of the run is left" in error
    wait_for(lambda: processes_of(program.state) == [], "the end of every process")


def runner_of(benchmark, state, besides=None):
    """Process id of the job's runner, once it computes."""
    for pid in processes_of(state):
        line = command_line(pid)
        if pid != besides and "geoschem-bench-runner" in line and benchmark in line:
            return pid
    return None


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def processes_of(state):
    """Processes of this sandbox's jobs: Batch tells each its job id."""
    ids = [path.stem.encode() for path in (state / "sandbox" / "batch" / "jobs").glob("*.json")]
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and any(job_id in environment_of(entry) for job_id in ids)
    ]


def environment_of(entry):
    try:
        return (entry / "environ").read_bytes()
    except OSError:
        return b""
