"""The steps of a run before and after its jobs, as plain functions.

Airflow's tasks and the command line call the same ones. Each works from what the step before it
stored, so each can be run again alone.
"""

from geoschem_bench.pipeline.by_hand import (
    LOOK_BACK_DAYS,
    load_prefix_by_hand,
    unloaded_by_hand,
)
from geoschem_bench.pipeline.index import due_runs, index_address, read_index, write_index
from geoschem_bench.pipeline.publishing import (
    REPORT_FILES,
    publish_run,
    rebuild_reports,
    refresh_run,
)
from geoschem_bench.pipeline.steps import (
    Loaded,
    analyse_run,
    load_phase,
    load_run,
    loaded_run,
    plan_run,
    recommend_run,
)
from geoschem_bench.pipeline.stored import (
    analysis_of,
    closing_words,
    costs_of,
    decision_of,
    failed_benchmarks,
    read_plan,
)

__all__ = [
    "LOOK_BACK_DAYS",
    "REPORT_FILES",
    "Loaded",
    "analyse_run",
    "analysis_of",
    "closing_words",
    "costs_of",
    "decision_of",
    "due_runs",
    "failed_benchmarks",
    "index_address",
    "load_phase",
    "load_prefix_by_hand",
    "load_run",
    "loaded_run",
    "plan_run",
    "publish_run",
    "read_index",
    "read_plan",
    "rebuild_reports",
    "recommend_run",
    "refresh_run",
    "unloaded_by_hand",
    "write_index",
]
