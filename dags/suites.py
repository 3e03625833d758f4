"""Every suite in include/configs is an Airflow DAG: put a YAML file there and a DAG appears.

    plan -> budget -> gates -> phase_1 -> … -> phase_4 -> janitor -> load -> analyse -> … -> verdict

A file with mistakes becomes a DAG of the same name that shows them, and hides no other.
"""

import os
from pathlib import Path

from airflow.sdk import DAG, get_parsing_context

from geoschem_bench.orchestration.budget import watch_budget
from geoschem_bench.orchestration.dag import dag_of, offer_params, suite_dag
from geoschem_bench.orchestration.gates import open_gates
from geoschem_bench.orchestration.janitor import sweep_strays
from geoschem_bench.orchestration.loading import load_results
from geoschem_bench.orchestration.phases import run_phase
from geoschem_bench.orchestration.suites import read_suites
from geoschem_bench.orchestration.tasks import (
    analyse_results,
    make_plan,
    publish_report,
    recommend_instances,
    submits,
)
from geoschem_bench.orchestration.telling import tell_people
from geoschem_bench.orchestration.verdict import give_verdict
from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import PHASES, Suite
from geoschem_bench.wiring import routes_of

DEFAULT_FOLDER = Path(__file__).parent.parent / "include" / "configs"


def declare(suite: Suite) -> DAG:
    """The DAG of one suite."""
    planned = plan_suite(suite, routes=routes_of())
    with suite_dag(suite, planned) as dag:
        plan = last = make_plan(suite)
        ready = open_gates(suite, planned, submits(after=watch_budget(suite, plan)))
        load, analyse, recommend = load_results(), analyse_results(), recommend_instances()
        for phase in PHASES:
            last = run_phase(suite, phase, planned, ready=ready, after=last, load=load)
        janitor = sweep_strays(planned, keep_warm=suite.header.keep_warm)
        publish, notify = publish_report(), tell_people(suite)
        last >> janitor >> load >> analyse >> recommend >> publish >> notify >> give_verdict()
    offer_params(dag, suite)
    return dag


for file in read_suites(
    folder=Path(os.environ.get("GEOSCHEM_BENCH_SUITES") or DEFAULT_FOLDER),
    only_dag_id=get_parsing_context().dag_id,  # a worker builds the one DAG it works for
):
    dag = dag_of(file, declare)
    globals()[dag.dag_id] = dag
