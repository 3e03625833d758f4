"""What Airflow pays to parse a suite of 1,000 benchmarks, before each task of it.

Three contenders, each measured in fresh processes, interleaved, imports done before the clock
starts: our `dags/suites.py`, which reads the suite, checks it and plans it; a loop as one would
write it by hand, which loads the same file with CSafeLoader and makes the same operators and task
groups unchecked; and dag-factory, in an environment of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
CACHE = REPOSITORY / ".cache" / "dag-factory"
DAG_FACTORY = "dag-factory==1.1.0"
ROUNDS = 5
BENCHMARKS = 1000
PHASES = ("phase_1", "phase_2", "phase_3", "phase_4")
_TYPES = ("c7g.4xlarge", "c7i.4xlarge")
_BATCH = "airflow.providers.amazon.aws.operators.batch.BatchOperator"
_EMPTY = "airflow.providers.standard.operators.empty.EmptyOperator"

CLOCK = """
import json, os, sys, time, warnings
from pathlib import Path
warnings.simplefilter("ignore")
path = Path(sys.argv[1])
"""
OURS = """
import runpy
import geoschem_bench.orchestration.budget, geoschem_bench.orchestration.dag
import geoschem_bench.orchestration.phases, geoschem_bench.orchestration.suites
import geoschem_bench.orchestration.tasks, geoschem_bench.orchestration.gates
start = time.process_time()
dags = runpy.run_path(os.environ["DAG_FILE"])
took = time.process_time() - start
dag = dags["geoschem_bench_thousand"]
"""
BY_HAND = """
import yaml
from types import SimpleNamespace as Plain
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, TriggerRule
from geoschem_bench.orchestration.operator import BenchmarkBatchOperator
QUEUES = {"arm64": "geos-chem-graviton-queue", "x86_64": "geos-chem-x86-queue"}

def planned(config):
    benchmark = Plain(
        description=config["description"],
        as_config=lambda: config,
        model_dump_json=lambda **_: json.dumps(config),
        hardware=Plain(nodes=1),
    )
    return Plain(
        id=config["id"], benchmark=benchmark, job_definition="geos-chem-benchmark",
        job_queue=QUEUES[config["hardware"]["architecture"]], vcpus=15, memory_mib=30720,
        threads=16, timeout_seconds=14400, runnable_minutes=60, fallback_queue=None,
    )

start = time.process_time()
suite = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
with DAG("by_hand", schedule=None, tags={"geoschem-bench"}, default_args={"retries": 2}) as dag:
    last = EmptyOperator(task_id="ready")
    for phase in ("phase_1", "phase_2", "phase_3", "phase_4"):
        with TaskGroup(phase):
            gate = EmptyOperator(task_id="gate")
            done = EmptyOperator(task_id="done", trigger_rule=TriggerRule.ALL_DONE)
            jobs = [
                BenchmarkBatchOperator(
                    task_id=config["id"], planned=planned(config), priority_weight=1000 - number,
                    weight_rule="absolute",
                )
                for number, config in enumerate(suite[phase])
            ]
        last >> gate >> jobs >> done
        last = done
took = time.process_time() - start
"""
FACTORY = """
import airflow.providers.amazon.aws.operators.batch, airflow.providers.standard.operators.empty
from dagfactory import load_yaml_dags
start = time.process_time()
found = {}
load_yaml_dags(globals_dict=found, config_filepath=str(path))
took = time.process_time() - start
dag = found["by_dag_factory"]
"""
TELL = """
edges = sum(len(task.downstream_task_ids) for task in dag.tasks)
print("TOLD", json.dumps({"seconds": took, "tasks": len(dag.tasks), "edges": edges}))
"""


def suite_of(benchmarks: int) -> dict[str, Any]:
    """A suite as somebody would write it, a quarter of it in each phase."""
    phases: dict[str, list[dict[str, Any]]] = {phase: [] for phase in PHASES}
    for number in range(benchmarks):
        instance = _TYPES[number % 2]
        phases[PHASES[number * 4 // benchmarks]].append(
            {
                "id": f"B-{number:04d}",
                "description": f"Full chemistry at 4x5 on {instance}",
                "application": "gc-classic",
                "simulation_type": "fullchem",
                "domain": {"type": "global", "resolution": "4x5"},
                "duration": {"days": 7},
                "hardware": {
                    "instance_type": instance,
                    "architecture": "arm64" if number % 2 == 0 else "x86_64",
                    "vcpus": 16,
                },
                "metrics_focus": ["throughput", "cost"],
            }
        )
    return {"suite": {"title": "A thousand"}, **phases}


def for_dag_factory(suite: dict[str, Any]) -> dict[str, Any]:
    """The same flow in dag-factory's words; its operator is the provider's."""
    tasks: list[dict[str, Any]] = [{"task_id": "ready", "operator": _EMPTY}]
    before = "ready"
    for phase in PHASES:
        empty = {"operator": _EMPTY, "task_group_name": phase}
        tasks.append({"task_id": f"gate_{phase}", "dependencies": [before], **empty})
        tasks += [_for_dag_factory(config, phase) for config in suite[phase]]
        before = f"done_{phase}"
        jobs = [config["id"] for config in suite[phase]]
        tasks.append({"task_id": before, "trigger_rule": "all_done", "dependencies": jobs, **empty})
    groups = [{"group_name": phase} for phase in PHASES]
    dag = {"schedule": None, "start_date": "2026-01-01", "default_args": {"retries": 2}}
    return {"by_dag_factory": {**dag, "task_groups": groups, "tasks": tasks}}


def _for_dag_factory(config: dict[str, Any], phase: str) -> dict[str, Any]:
    return {
        "task_id": config["id"],
        "operator": _BATCH,
        "task_group_name": phase,
        "dependencies": [f"gate_{phase}"],
        "job_name": config["id"],
        "job_definition": "geos-chem-benchmark",
        "job_queue": "geos-chem-graviton-queue",
        "deferrable": True,
    }


def measure(python: Path, code: str, path: Path, home: Path) -> dict[str, Any]:
    """One parse in a fresh process: seconds of CPU, tasks, edges."""
    environment = os.environ | {
        "AIRFLOW_HOME": str(home / python.parent.parent.name),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "DAG_FILE": str(REPOSITORY / "dags" / "suites.py"),
        "GEOSCHEM_BENCH_SUITES": str(path.parent),
        "DO_NOT_TRACK": "1",  # dag-factory sends what it builds to its makers
    }
    run = subprocess.run(
        [str(python), "-c", CLOCK + code + TELL, str(path)],
        env=environment, cwd=home, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = [line for line in run.stdout.splitlines() if line.startswith("TOLD ")]
    if not told:
        raise RuntimeError(f"a contender ended without a word:\n{run.stdout}{run.stderr}")
    found: dict[str, Any] = json.loads(told[-1].removeprefix("TOLD "))
    return found


def dag_factory_python() -> Path | None:
    """An environment with dag-factory, made once; None where it cannot be had (no network)."""
    python = CACHE / "venv" / "bin" / "python"
    uv = Path(sys.executable).parent / "uv"
    if python.exists():
        return python
    environment = os.environ | {"UV_CACHE_DIR": str(REPOSITORY / ".cache" / "uv")}
    commands: list[list[str]] = [
        [str(uv), "venv", "--quiet", "--python", sys.executable, str(python.parent.parent)],
        [str(uv), "pip", "install", "--quiet", "--python", str(python), "--constraint",
         str(REPOSITORY / "requirements.txt"), DAG_FACTORY,
         "apache-airflow-providers-amazon[aiobotocore]"],
    ]  # fmt: skip
    for command in commands:
        if subprocess.run(command, env=environment, check=False).returncode:
            return None
    return python


def contenders(folder: Path) -> Iterator[tuple[str, Path, str, Path]]:
    """Name, interpreter, code and input of each."""
    suite, ours = suite_of(BENCHMARKS), Path(sys.executable)
    path = folder / "suites" / "thousand.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(suite, sort_keys=False))
    yield "dags/suites.py", ours, OURS, path
    yield "loop by hand", ours, BY_HAND, path
    factory = dag_factory_python()
    if factory is not None:
        theirs = folder / "dag_factory.yaml"
        theirs.write_text(yaml.safe_dump(for_dag_factory(suite), sort_keys=False))
        yield DAG_FACTORY.replace("==", " "), factory, FACTORY, theirs


def parse() -> str:
    """The table, and the ratio of ours to the loop's."""
    with tempfile.TemporaryDirectory(prefix="geoschem-bench-parse-") as temporary:
        runners = list(contenders(Path(temporary)))
        seen: dict[str, list[dict[str, Any]]] = {name: [] for name, *_ in runners}
        for _ in range(ROUNDS):
            for name, python, code, path in runners:
                seen[name].append(measure(python, code, path, Path(temporary)))
    medians = {
        name: statistics.median(found["seconds"] for found in some) for name, some in seen.items()
    }
    by_hand = medians["loop by hand"]
    lines = [
        f"| parse of {BENCHMARKS:,} benchmarks | CPU seconds | tasks | edges | against the loop |",
        "|---|---|---|---|---|",
    ]
    for name, seconds in medians.items():
        last = seen[name][-1]
        lines.append(
            f"| {name} | {seconds:.2f} | {last['tasks']} | {last['edges']} | "
            f"{seconds / by_hand:.2f} |"
        )
    lines += ["", f"ratio parse {medians['dags/suites.py'] / by_hand:.2f} (wanted: at most 1.20)"]
    return "\n".join(lines)
