"""Suites: YAML in, frozen and checked benchmarks out; every mistake reported at once."""

from geoschem_bench.suite.completing import CompletedBenchmark, RunPlan, complete_benchmark
from geoschem_bench.suite.models import (
    LOCAL,
    PHASE_TITLES,
    PHASES,
    Benchmark,
    Suite,
    SuiteHeader,
    dag_id_of,
)
from geoschem_bench.suite.reading import load_suite
from geoschem_bench.suite.schema import suite_schema

__all__ = [
    "LOCAL",
    "PHASES",
    "PHASE_TITLES",
    "Benchmark",
    "CompletedBenchmark",
    "RunPlan",
    "Suite",
    "SuiteHeader",
    "complete_benchmark",
    "dag_id_of",
    "load_suite",
    "suite_schema",
]
