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

__all__ = [
    "RUN_ID_MARK",
    "PlannedBenchmark",
    "RunRequest",
    "benchmark_run_id",
    "job_name",
    "output_path",
    "plan_suite",
    "run_id_by_hand",
    "run_prefix",
]
