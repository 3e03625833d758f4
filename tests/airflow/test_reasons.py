"""Every reason of the closed list in one DAG run: what becomes of the job, and what a person reads.

The sandbox's faults, the runner and wrong set-ups make them; none of our own code is patched.
"""

from types import SimpleNamespace

import boto3
import pytest

from geoschem_bench.wiring import object_store, read_settings, results_store
from tests.airflow import hazards
from tests.airflow.conftest import SUITES


def test_try(airflow_database, sandbox, tmp_path, monkeypatch, capsys):
    import time
    from geoschem_bench.sandbox import faults
    from tests.airflow.test_dag_runs import run_id_of, REPOSITORY
    from geoschem_bench.suite import load_suite
    import runpy
    for k, v in sandbox.environment().items():
        monkeypatch.setenv(k, v)
    batch = boto3.client("batch", endpoint_url=sandbox.endpoint_url, region_name=sandbox.region,
        aws_access_key_id=sandbox.access_key, aws_secret_access_key=sandbox.secret_key)
    monkeypatch.setenv("GEOSCHEM_BENCH_JOB_DEFINITIONS", hazards.definitions(batch))
    path = hazards.add_suite(tmp_path / "hazards.yaml", hazards.suite_of_all(sandbox.bucket))
    monkeypatch.setenv("GEOSCHEM_BENCH_SUITES", str(tmp_path))
    hazards.set_faults(sandbox)
    said = []
    t0 = time.time()
    ns = runpy.run_path(str(REPOSITORY / "dags" / "suites.py"))
    dag = ns[load_suite(path).dag_id]
    def hear(context):
        said.append((time.time() - t0, context["task"].task_id, context["ti"].try_number, type(context.get("exception")), str(context.get("exception"))))
    for t in dag.tasks:
        t.on_failure_callback = [hear]
        t.on_retry_callback = [hear]
    try:
        with hazards.meddling(batch):
            dr = dag.test(run_conf={})
    finally:
        faults.clear(sandbox)
    with open("/tmp/issue5J/out.txt", "w") as f:
        print("took", time.time() - t0, file=f)
        for s in said: print(*s, file=f)
        for ti in dr.get_task_instances(): print(ti.task_id, ti.state, ti.try_number, ti.max_tries, ti.duration, file=f)
        settings = read_settings(); objects = object_store(settings); rid = run_id_of(dr)
        for name in hazards._BENCHMARKS:
            for n in objects.folders(f"s3://{settings.bucket}/runs/{rid}/phase_1/{name}/"):
                print(name, n, (objects.get(f"s3://{settings.bucket}/runs/{rid}/phase_1/{name}/{n}/job.json") or b"").decode(), file=f)
        for r in results_store(settings).of_run(rid): print(r.benchmark_id, r.submission, r.status, r.reason, r.message, r.wall_seconds, file=f)
        open("/tmp/issue5J/report.html","wb").write(objects.get(f"s3://{settings.bucket}/runs/{rid}/report.html") or b"")
