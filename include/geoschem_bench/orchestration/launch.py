"""Starts a command of Airflow (scheduler, worker) with what every task imports loaded already.

    python -m geoschem_bench.orchestration.launch scheduler

The LocalExecutor's workers and their tasks are forks of the scheduler, so a module that it has
loaded costs them nothing: a run takes a quarter less processor time. Only others' modules: our own
are loaded where a worker of any executor would load them.
"""

from __future__ import annotations

import importlib
import sys

MODULES = (
    "airflow.providers.amazon.aws.operators.batch",
    "airflow.providers.standard.decorators.python",
    "airflow.sdk.execution_time.task_runner",
    "boto3",
    "matplotlib.figure",
    "pandas",
    "scipy.stats",
)


def _main() -> None:
    from airflow.__main__ import main

    for module in MODULES:
        importlib.import_module(module)
    sys.argv[0] = "airflow"
    main()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    _main()
