"""The running Airflow itself: what the other tests of this folder rely on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import airflow, postgres
from tests.servers.errors import ServerError
from tests.servers.guard import lives, marked
from tests.servers.session import RestError
from tests.servers.settings import REPOSITORY
from tests.servers.waiting import wait_until

SUITE = """\
suite: {{title: One proxy, warmups: 0, repetitions: 1}}
phase_1:
  - id: ONE
    application: proxy
    simulation_type: transport
    domain: {{resolution: 4x5}}
    duration: {{days: {days}}}
    hardware: {{instance_type: local, threads: 1}}
phase_2: []
phase_3: []
phase_4: []
"""
SHORT, LONG = SUITE.format(days=0.041666667), SUITE.format(days=30)
TASK = "phase_1.ONE"


def test_a_suite_runs_to_its_end(servers, capsys):
    with capsys.disabled():
        print(  # noqa: T201 - a measurement
            f"\nAirflow was ready after {servers.start_seconds:.1f} s"
        )
    dag_id = servers.add_suite(SHORT, "one")
    client = servers.client
    assert dag_id in client.dag_ids()
    assert client.import_errors() == {}

    run_id = client.trigger(dag_id, {"phases": ["phase_1"]}, run_id="first")
    assert run_id == "first"
    client.wait_for_run(dag_id, run_id, "success")

    tasks = client.task_instances(dag_id, run_id)
    assert tasks[TASK] == ("success", 1)
    assert tasks["publish"].state == "success"
    assert client.xcoms(dag_id, run_id, "phase_1.load")["return_value"]["succeeded"] == 1
    assert client.xcoms(dag_id, run_id, "load")["return_value"] == {
        "stored": 0, "unchanged": 1, "rejected": 0, "conflicts": 0
    }  # fmt: skip
    assert "s3://" in client.xcoms(dag_id, run_id, "publish")["return_value"]
    assert client.task_log(dag_id, run_id, "plan") != ""
    assert set(client.links(dag_id, run_id, TASK)) != set()
    assert client.state_store(dag_id, run_id, "plan") == {}
    assert client.questions(dag_id, run_id) == {}


def test_a_killed_triggerer_is_started_again_and_its_task_goes_on(servers):
    dag_id, client = servers.add_suite(LONG, "long"), servers.client
    run_id = client.trigger(dag_id)
    client.wait_for_task(dag_id, run_id, TASK, {"deferred"})
    before = servers.components["triggerer"].tree()

    servers.kill("triggerer")
    assert not any(map(lives, before))
    with pytest.raises(ServerError, match="triggerer does not run"):
        servers.usage("triggerer")
    servers.start("triggerer")

    assert client.task_state(dag_id, run_id, TASK) == ("deferred", 1)
    assert servers.usage("triggerer").memory_bytes > 1_000_000
    client.mark(dag_id, run_id, TASK, "failed")
    client.wait_for_run(dag_id, run_id, "failed")


def test_a_task_whose_processes_are_killed_is_tried_again(servers):
    dag_id, client = servers.add_suite(SHORT, "shot"), servers.client
    run_id = client.trigger(dag_id)

    def shoot():
        try:
            servers.kill_task(dag_id, run_id, "plan")
        except ServerError:  # not running yet
            return False
        return True

    servers.wait_for(shoot, "the plan to run")
    client.wait_for_task(dag_id, run_id, "plan", {"up_for_retry"})
    client.mark_run(dag_id, run_id, "failed")
    client.wait_for_run(dag_id, run_id, "failed")


def test_a_component_that_dies_ends_every_wait_and_shows_its_log(servers):
    scheduler = servers.components["scheduler"]
    for process in reversed(scheduler.tree()):
        process.kill()
    with pytest.raises(ServerError, match=r"scheduler ended \(-9\) without being told"):
        servers.wait_for(lambda: False, "nothing")
    servers.start("scheduler")
    servers.check()


def test_a_refused_request_says_what_was_asked_and_why_not(servers):
    with pytest.raises(RestError, match=r"GET .*/dags/nobody was answered with 404: .*not found"):
        servers.client.dag("nobody")


def test_nothing_of_an_ended_airflow_lives_on(tmp_path):
    suites = tmp_path / "suites"
    suites.mkdir()
    (suites / "one.yaml").write_text(SHORT)
    with airflow.running(tmp_path / "home", suites, cluster=None) as servers:
        assert len(marked(servers.home.folder)) >= len(servers.components)
        assert "geoschem_bench_one" in servers.command("dags", "list")
    assert marked(tmp_path / "home") == []


def test_nothing_lives_on_when_the_session_itself_is_killed(tmp_path):
    code = (
        "import subprocess, sys\n"
        "from tests.servers.guard import guarded\n"
        "from pathlib import Path\n"
        "import os\n"
        "with guarded(Path(sys.argv[1])) as mark:\n"
        "    command = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "    subprocess.Popen(command, env=os.environ | mark, start_new_session=True)\n"
        "    print('started', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    session = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with session:
        assert session.stdout is not None
        assert session.stdout.readline() == b"started\n"
        assert len(marked(tmp_path)) == 1
        session.send_signal(signal.SIGKILL)
    wait_until(lambda: not marked(tmp_path), "its end", timeout_seconds=20)


def test_two_things_of_a_session_are_each_ended_by_their_own_guard(tmp_path):
    """A sandbox's mark is inherited by all that comes later; its guard must not end another's."""
    code = (
        "import os, subprocess, sys\n"
        "from pathlib import Path\n"
        "from tests.servers.guard import guarded\n"
        "folder = Path(sys.argv[1])\n"
        "with guarded(folder / 'sandbox') as outer:\n"
        "    os.environ.update(outer)\n"
        "    with guarded(folder / 'airflow') as inner:\n"
        "        for number in range(40):\n"
        "            subprocess.Popen(['sleep', '600'], env={**os.environ, **inner})\n"
        "        print('started', flush=True)\n"
        "        sys.stdin.read()\n"
    )
    session = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with session:
        assert session.stdout is not None
        assert session.stdout.readline() == b"started\n"
        assert marked(tmp_path / "sandbox") == []
        # Popen returns a moment before a process has its environment
        wait_until(lambda: len(marked(tmp_path / "airflow")) == 40, "the marks", timeout_seconds=20)
        session.send_signal(signal.SIGKILL)
    wait_until(lambda: not marked(tmp_path / "airflow"), "their end", timeout_seconds=20)


def test_postgresql_that_is_not_there_is_named_with_its_cure(monkeypatch):
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(ServerError, match="apt-get install --no-install-recommends postgresql"):
        postgres.find_programs()


def test_each_database_of_a_cluster_is_a_copy_of_its_own(cluster):
    if cluster is None:
        pytest.skip("there is no PostgreSQL: TEST_SERVERS_DATABASE=sqlite")
    filled: list[str] = []
    first = cluster.create("copy_1", "empty", filled.append)
    second = cluster.create("copy_2", "empty", filled.append)
    assert first != second
    assert filled == [cluster.url("empty")]
    for name in ("copy_1", "copy_2"):
        cluster.drop(name)
