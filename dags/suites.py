"""Every suite in include/configs is an Airflow DAG: put a YAML file there and a DAG appears.

    plan -> gates -> phase_1 -> … -> phase_4 -> load -> analyse -> recommend -> publish -> verdict

A file with mistakes becomes a DAG of the same name that shows them, and hides no other.
"""

import os
from pathlib import Path

from airflow.sdk import DAG, get_parsing_context

from geoschem_bench.orchestration.dag import broken_suite_dag, suite_dag
from geoschem_bench.orchestration.phases import run_phase
from geoschem_bench.orchestration.suites import read_suites
from geoschem_bench.orchestration.tasks import (
    analyse_results,
    give_verdict,
    load_results,
    make_plan,
    open_gates,
    publish_report,
    recommend_instances,
)
from geoschem_bench.suite import PHASES, Suite

DEFAULT_FOLDER = Path(__file__).parent.parent / "include" / "configs"


def declare(suite: Suite) -> DAG:
    """The DAG of one suite."""
    with suite_dag(suite) as dag:
        plan = make_plan(suite)
        ready = open_gates(suite, plan)
        last = plan
        for phase in PHASES:
            last = run_phase(suite, phase, ready=ready, after=last)
        load, analyse, recommend = load_results(), analyse_results(), recommend_instances()
        last >> load >> analyse >> recommend >> publish_report() >> give_verdict()
    return dag


for file in read_suites(
    folder=Path(os.environ.get("GEOSCHEM_BENCH_SUITES") or DEFAULT_FOLDER),
    only_dag_id=get_parsing_context().dag_id,  # a worker builds the one DAG it works for
):
    dag = declare(file.suite) if file.suite else broken_suite_dag(file)
    globals()[dag.dag_id] = dag
