"""Suite → planned benchmarks: queue, requests, threads, time limit, names."""

from geoschem_bench.planning.identity import (
    benchmark_run_id,
    job_name,
    output_path,
    run_id_by_hand,
    run_prefix,
)
from geoschem_bench.planning.plan import PlannedBenchmark, plan_suite
from geoschem_bench.planning.request import RUN_ID_MARK, RunRequest
from geoschem_bench.planning.routes import Routes, parse_routes

__all__ = [
    "RUN_ID_MARK",
    "PlannedBenchmark",
    "Routes",
    "RunRequest",
    "benchmark_run_id",
    "job_name",
    "output_path",
    "parse_routes",
    "plan_suite",
    "run_id_by_hand",
    "run_prefix",
]
