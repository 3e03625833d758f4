"""How fast this software itself is: ratios, each pair measured side by side in one run.

python -m benchmarks.measure            prints the table
python -m benchmarks.measure --write    also writes its part of benchmarks/RESULTS.md
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml
from benchmarks import logs, results
from benchmarks.results import REPOSITORY

from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import load_suite

ROUNDS = 5
Row = tuple[str, str, str, str]


def median_seconds(*functions: Callable[[], object]) -> list[float]:
    """Median of each, rounds interleaved so that a busy moment hits all alike."""
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS):
        for taken, function in zip(seconds, functions, strict=True):
            start = time.monotonic()
            function()
            taken.append(time.monotonic() - start)
    return [statistics.median(taken) for taken in seconds]


def python(code: str) -> Callable[[], object]:
    """A fresh interpreter that runs `code`."""
    environment = os.environ | {"AIRFLOW_HOME": tempfile.gettempdir() + "/geoschem-bench-airflow"}
    return lambda: subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, env=environment
    )


def reading_a_suite() -> Row:
    """A hundred benchmarks, read, expanded, checked; against parsing the YAML alone."""
    entries = [
        {
            "id": f"B-{number}",
            "simulation_type": "fullchem",
            "domain": {"resolution": "4x5"},
            "duration": {"days": 7},
            "hardware": {"instance_type": "c7g.4xlarge", "architecture": "arm64", "vcpus": 16},
        }
        for number in range(100)
    ]
    text = yaml.safe_dump({"phase_1": entries, "phase_2": [], "phase_3": [], "phase_4": []})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hundred.yaml"
        path.write_text(text)
        ours, pure = median_seconds(
            lambda: plan_suite(load_suite(path)), lambda: yaml.safe_load(text)
        )
    return (
        "read, check and plan 100 benchmarks",
        "PyYAML's safe_load of the same text",
        f"{ours * 1000:.0f} ms",
        f"{ours / pure:.2f}",
    )


def parsing_the_dags() -> Row:
    """What a worker pays before each task."""
    dags = REPOSITORY / "dags" / "suites.py"
    ours, airflow = median_seconds(
        python(f"import runpy; runpy.run_path({str(dags)!r})"),
        python("from airflow.sdk import DAG, TaskGroup, task; "
               "from airflow.providers.amazon.aws.operators.batch import BatchOperator"),
    )  # fmt: skip
    return (
        "parse all suites' DAGs in a fresh process",
        "importing Airflow and its Batch operator alone",
        f"{ours:.2f} s",
        f"{ours / airflow:.2f}",
    )


def starting_the_program() -> Row:
    """Importing the command line, which every command does first."""
    ours, bare = median_seconds(
        python("from geoschem_bench.cli import app"), python("import typer, pydantic")
    )
    return (
        "import the command line",
        "importing typer and pydantic alone",
        f"{ours:.2f} s",
        f"{ours / bare:.2f}",
    )


def scaling_the_proxy(simulation: str) -> Row:
    """One process against two: seconds of the timed part, as the workload reports them."""
    from geoschem_bench_runner.workloads import ProxyWorkload

    def seconds(threads: int) -> float:
        return ProxyWorkload(simulation, "4x5", 0.125, threads).run_once().wall_seconds

    pairs = [(seconds(1), seconds(2)) for _ in range(ROUNDS)]
    one = statistics.median(first for first, _ in pairs)
    two = statistics.median(second for _, second in pairs)
    return (
        f"proxy {simulation} at 4x5 on two processes",
        "the same on one",
        f"{two:.2f} s",
        f"{two / one:.2f} (speed-up {one / two:.2f})",
    )


def main() -> None:
    """Measure all, print, and write where asked."""
    rows = [
        reading_a_suite(),
        parsing_the_dags(),
        starting_the_program(),
        *logs.rows(),
        scaling_the_proxy("TransportTracers"),
        scaling_the_proxy("fullchem"),
    ]
    lines = [
        f"{results.machine()} Medians of {ROUNDS} interleaved rounds.",
        "",
        "| what | against | takes | ratio |",
        "|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    text = results.part("Measured by `make bench`", "\n".join(lines))
    print(text)
    if "--write" in sys.argv[1:]:
        results.write(text)


if __name__ == "__main__":
    main()
