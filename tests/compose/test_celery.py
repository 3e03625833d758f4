"""The services of docker-compose.yaml, with two Celery workers: one is lost in the middle of a run.

Without an engine: tests/compose/native.py says what stands in for containers.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.compose.installation import Installation
from tests.compose.native import Service, Stack
from tests.orchestration.jobs import RunJobs, suite_of
from tests.servers import postgres
from tests.servers.guard import guarded
from tests.servers.rest import Client
from tests.servers.waiting import wait_until

BENCHMARKS = ("ONE", "TWO", "THREE", "FOUR")
DAG_ID = "geoschem_bench_four"
LATE = ("api-server", "scheduler", "dag-processor", "triggerer")
QUICK = {
    # A test waits for each step; an installation has Airflow's own, named behind each
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",  # 300
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",  # 10
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "20",  # 600
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",  # 120
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",  # 1
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "1",  # 300
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[SimpleNamespace]:
    """All services healthy, in the order of the file; `workers` are two."""
    folder = tmp_path_factory.mktemp("compose")
    with ExitStack() as exits:
        mark = exits.enter_context(guarded(folder))
        cluster = exits.enter_context(postgres.running())
        cluster.create("airflow", "empty", lambda _: None)
        stack = Stack(_install(folder, cluster.password), folder / "stack", cluster.port, mark)
        exits.callback(stack.kill)
        stack.service("settings").run()
        early = [stack.service(name) for name in ("redis", "sandbox")]
        for service in early:
            service.start()
        stack.service("init").run()
        late = [stack.service(name) for name in LATE]
        workers = [stack.service("worker", number) for number in (1, 2)]
        for service in (*late, *workers):
            service.start()
        for service in (*early, *late, *workers):
            service.wait_until_healthy()
        yield SimpleNamespace(stack=stack, workers=workers)


def _install(folder: Path, database_password: str) -> Installation:
    """With an .env of `env.sh new --sandbox`, and a suite of four."""
    made = Installation.make(folder / "installation")
    done = made.env_sh("new", "--sandbox")
    assert done.returncode == 0, done.stderr
    suites = made.folder / "suites"
    suites.mkdir()
    (suites / "four.yaml").write_text(suite_of(BENCHMARKS))
    # The cluster has made a password of its own
    made.change(POSTGRES_PASSWORD=database_password, GEOSCHEM_BENCH_SUITES=str(suites), **QUICK)
    return made


@pytest.fixture(scope="module")
def client(stack) -> Iterator[Client]:
    """Logged in as the first user."""
    env = stack.stack.installation.env()
    with closing(Client(stack.stack.url)) as made:
        made.log_in(env["AIRFLOW_USER"], env["AIRFLOW_PASSWORD"])
        yield made


def test_a_run_ends_well_though_a_worker_is_lost(stack, client):
    wait_until(lambda: DAG_ID in client.dag_ids(), "the suite's DAG", timeout_seconds=60)
    client.unpause(DAG_ID)
    run_id = client.trigger(DAG_ID)

    lost, task_id = client.wait_for(
        lambda: _stop_a_worker_at_its_task(stack.workers, client, run_id),
        "a worker to hold a benchmark's task",
    )
    lost.kill()
    client.wait_for_run(DAG_ID, run_id, "success")

    assert client.task_state(DAG_ID, run_id, task_id).try_number == 2
    jobs = _jobs(stack, client, run_id)
    assert jobs.counts() == dict.fromkeys(BENCHMARKS, 1)
    assert jobs.all_alive() == []
    for benchmark_id in BENCHMARKS:
        assert jobs.objects.get(_path(jobs, f"phase_1/{benchmark_id}/1/manifest.json"))
    results = json.loads(jobs.objects.get(_path(jobs, "results.json")))
    states = {each["benchmark_id"]: each["status"] for each in results["results"]}
    assert states == dict.fromkeys(BENCHMARKS, "succeeded")
    assert jobs.objects.get(_path(jobs, "report.html"))
    left = next(worker for worker in stack.workers if worker is not lost)
    assert left.stop(seconds=60) == 0


def _stop_a_worker_at_its_task(workers, client: Client, run_id: str) -> tuple[Service, str] | None:
    """A worker and the benchmark's task whose process it holds, which does not move any more."""
    for benchmark_id in BENCHMARKS:
        task_id = f"phase_1.{benchmark_id}"
        task = client.task_instance(DAG_ID, run_id, task_id)
        if task["state"] != "running" or not task["pid"]:
            continue
        for worker in workers:
            held = [process for process in worker.tree() if process.pid == task["pid"]]
            if not held:
                continue
            held[0].send_signal(signal.SIGSTOP)
            if client.task_state(DAG_ID, run_id, task_id).state == "running":
                return worker, task_id
            held[0].send_signal(signal.SIGCONT)  # it was over already
    return None


def _jobs(stack, client: Client, run_id: str) -> RunJobs:
    env = stack.stack.installation.env()
    sandbox = SimpleNamespace(
        endpoint_url=f"http://127.0.0.1:{stack.stack.ports[5000]}",
        bucket=env["GEOSCHEM_BENCH_BUCKET"],
        region=env["AWS_DEFAULT_REGION"],
        access_key=env["AWS_ACCESS_KEY_ID"],
        secret_key=env["AWS_SECRET_ACCESS_KEY"],
    )
    return RunJobs(sandbox, client.dag_run(DAG_ID, run_id))


def _path(jobs: RunJobs, name: str) -> str:
    return f"s3://{jobs.settings.bucket}/runs/{jobs.run_id}/{name}"
