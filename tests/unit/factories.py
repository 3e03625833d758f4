"""Results, plans and whole runs for tests: ordinary unless told otherwise."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from geoschem_bench.errors import Reason
from geoschem_bench.planning import plan_suite
from geoschem_bench.records import Result, RunPlanFile
from geoschem_bench.suite import load_suite

RUN = "20261122T035120Z-1a2b3c4d"
CPU = "AMD EPYC 7B13"


_WENT_WELL: dict[str, Any] = {
    "submission": 1,
    "phase": "phase_1",
    "suite": "sandbox",
    "description": "Transport of eight tracers at 4x5",
    "config_sha256": "c0" * 32,
    "workload": "proxy",
    "application": "proxy",
    "simulation_type": "TransportTracers",
    "resolution": "4x5",
    "region": None,
    "simulated_days": 1.0,
    "requested_instance_type": "local",
    "observed_instance_type": None,
    "platform": "sandbox",
    "machine_class": f"{CPU} x 2",
    "architecture": "x86_64",
    "cpu_model": CPU,
    "vcpus": 2,
    "physical_cores": 2,
    "memory_mib": 16384,
    "mpi_ranks": None,
    "nodes": 1,
    "purchase_option": "on_demand",
    "started_at": "2026-11-22T03:52:00+00:00",
    "queue_seconds": 1.5,
    "status": "succeeded",
    "reason": None,
    "message": None,
    "exit_code": 0,
    "warmup_wall_seconds": (11.0,),
    "cpu_efficiency": 0.97,
    "null_reason": "proxy: its seconds are not GEOS-Chem's",
    "is_smoke": True,
    "field_sha256": "ab" * 32,
    "memory_method": "cgroup v2 memory.peak",
    "manifest_sha256": "de" * 32,
}


def make_result(**overrides: Any) -> Result:
    """A proxy run on this computer that went well."""
    threads = overrides.get("threads", 1)
    name = overrides.get("benchmark_id", f"PROXY-TRANSPORT-4x5-{threads}T")
    run = overrides.get("benchmark_run_id", RUN)
    walls = overrides.get("wall_seconds", (10.2, 10.0, 10.1))
    fields: dict[str, Any] = {
        **_WENT_WELL,
        "benchmark_id": name,
        "benchmark_run_id": run,
        "threads": threads,
        "threads_requested": threads,
        "wall_seconds": walls,
        "cpu_seconds": tuple(0.97 * wall * (threads or 1) for wall in walls),
        "peak_memory_gib": tuple(0.5 for _ in walls),
        "timers": {"transport": 8.0, "convection": 1.5, "output": 0.3},
        "calibration": {"version": "1", "threads": threads, "triad_gb_per_s": 12.5,
                        "compute_gflop_per_s": 8.25, "seconds": 2.0},
        "output_path": f"s3://bucket/runs/{run}/phase_1/{name}/1/",
    }  # fmt: skip
    return Result(**{**fields, **overrides})


def make_model_result(**overrides: Any) -> Result:
    """A GC-Classic run on EC2, long enough to rank."""
    walls = overrides.get("wall_seconds", (4100.0, 4020.0, 4060.0))
    instance = overrides.get("observed_instance_type", "c7g.4xlarge")
    days = overrides.get("simulated_days", 7.0)
    median = sorted(walls)[len(walls) // 2] if walls else None
    fields: dict[str, Any] = {
        "benchmark_id": f"GCC-FULLCHEM-4x5-{(instance or 'none').replace('.', '-')}",
        "workload": "model",
        "application": "gc-classic",
        "simulation_type": "fullchem",
        "simulated_days": days,
        "suite": "graviton-vs-x86",
        "description": "A week of full chemistry at 4x5",
        "requested_instance_type": instance or "c7g.4xlarge",
        "observed_instance_type": instance,
        "platform": "aws",
        "machine_class": instance,
        "architecture": "arm64",
        "cpu_model": "Neoverse-V1",
        "vcpus": 16,
        "physical_cores": 16,
        "memory_mib": 32768,
        "threads": 16,
        "threads_requested": 16,
        "wall_seconds": walls,
        "timers": {"All chemistry": 2100.0, "Transport": 900.0, "Convection": 420.0,
                   "HEMCO": 300.0, "Output": 120.0},
        "hours_per_sim_day": median / 3600 / days if median else None,
        "throughput_days_per_day": days * 86400 / median if median else None,
        "null_reason": None,
        "is_smoke": False,
    }  # fmt: skip
    return make_result(**{**fields, **overrides})


def make_failure(**overrides: Any) -> Result:
    """A benchmark that left no manifest."""
    fields: dict[str, Any] = {
        "benchmark_id": "PROXY-FULLCHEM-4x5-2T",
        "simulation_type": "fullchem",
        "simulated_days": 0.25,
        "workload": None,
        "platform": None,
        "machine_class": None,
        "cpu_model": None,
        "vcpus": None,
        "physical_cores": None,
        "memory_mib": None,
        "threads": None,
        "threads_requested": 2,
        "status": "failed",
        "reason": Reason.TIMEOUT,
        "message": "Job attempt duration exceeded timeout",
        "exit_code": 137,
        "log_tail": ("chemistry: step 11 of 18", "chemistry: step 12 of 18"),
        "wall_seconds": (),
        "cpu_seconds": (),
        "peak_memory_gib": (),
        "warmup_wall_seconds": (),
        "timers": {},
        "cpu_efficiency": None,
        "null_reason": None,
        "calibration": None,
        "field_sha256": None,
        "memory_method": None,
        "manifest_sha256": None,
    }
    return make_result(**{**fields, **overrides})


@functools.cache
def sandbox_plan(**changes: Any) -> RunPlanFile:
    """The plan of a run of the suite `sandbox`."""
    suite = load_suite(Path(__file__).parents[2] / "include" / "configs" / "sandbox.yaml")
    fields: dict[str, Any] = {
        "benchmark_run_id": RUN,
        "suite": suite.name,
        "suite_sha256": suite.sha256,
        "dag_id": suite.dag_id,
        "dag_run_id": "manual__2026-11-22T03:51:20+00:00",
        "run_after": "2026-11-22T03:51:20+00:00",
        "bucket": "bucket",
        "phases": ("phase_1",),
        "dry_run": False,
        "repetitions": None,
        "benchmarks": plan_suite(suite),
    }
    return RunPlanFile(**{**fields, **changes})
