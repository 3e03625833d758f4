"""Record → manifest: the one place where a job's findings get their published names."""

from __future__ import annotations

import os
import re
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from geoschem_bench import manifest as published
from geoschem_bench.units import cpu_efficiency
from geoschem_bench_runner.measurement import machine as machines
from geoschem_bench_runner.measurement.running import CLOCK, CPU_METHOD
from geoschem_bench_runner.record import Ending, Record
from geoschem_bench_runner.settings import JobSettings
from geoschem_bench_runner.workloads import Run

BYTES_PER_GIB = 1024**3
MIB_PER_GIB = 1024
PROXY_REASON = "a proxy's seconds are not GEOS-Chem's"
SPINNING_REASON = "under OMP_WAIT_POLICY=active waiting counts as work"
LONGEST_MESSAGE = 20_000


def make_manifest(
    record: Record, ending: Ending, settings: JobSettings, exit_code: int | None = None
) -> published.Manifest:
    """The manifest of a job that has ended.

    Args:
        record: what was found out.
        ending: how it ended.
        settings: the job's environment.
        exit_code: where it is not the ending's own: results good, upload refused.
    """
    return published.Manifest(
        schema_version=published.SCHEMA_VERSION,
        benchmark_id=_benchmark_id(record),
        configuration=configuration(record),
        defaults_filled=record.completed.filled if record.completed else (),
        run_summary=_run_summary(record),
        performance_metrics=metrics(record),
        simulation_details=_details(record),
        workload=_workload(record, settings),
        requested=_requested(record),
        observed=_observed(record, settings),
        environment=_environment(record, settings),
        calibration=_calibration(record),
        repetitions=_repetitions(record),
        timers=_median_timers(record.timed),
        outcome=published.Outcome(
            status="failed" if ending.reason else "succeeded",
            reason=ending.reason,
            message=ending.message[:LONGEST_MESSAGE] if ending.message else None,
            exit_code=ending.exit_code if exit_code is None else exit_code,
        ),
    )


def configuration(record: Record) -> dict[str, Any]:
    """The configJson as completed; as given where it could not be."""
    if record.completed is None:
        return record.raw
    config = record.completed.benchmark.as_config()
    if record.completed.plan is not None:
        config["plan"] = record.completed.plan.as_config()
    return config


def results(document: published.Manifest) -> dict[str, Any]:
    """`results.json`: the numbers alone."""
    parts = {"schema_version", "benchmark_id", "workload", "performance_metrics", "timers"}
    parts |= {"repetitions", "simulation_details", "calibration"}
    return document.model_dump(mode="json", include=parts)


def metrics(record: Record) -> published.PerformanceMetrics:
    """Medians over the timed repetitions; throughput is null, since a proxy has none."""
    runs, threads = record.timed, record.threads_used
    if not runs or threads is None:
        return published.PerformanceMetrics()
    spinning = os.environ.get("OMP_WAIT_POLICY", "").lower() == "active"
    peaks = [run.peak_memory_bytes for run in runs if run.peak_memory_bytes is not None]
    efficiencies = [cpu_efficiency(run.cpu_seconds, run.wall_seconds, threads) for run in runs]
    return published.PerformanceMetrics(
        wall_seconds=statistics.median(run.wall_seconds for run in runs),
        cpu_seconds=statistics.median(run.cpu_seconds for run in runs),
        cpu_efficiency=None if spinning else statistics.median(efficiencies),
        peak_memory_gib=statistics.median(peaks) / BYTES_PER_GIB if peaks else None,
        null_reason=PROXY_REASON + (f"; {SPINNING_REASON}" if spinning else ""),
    )


def _benchmark_id(record: Record) -> str:
    """The id; `unknown` where the configuration holds none that is legal."""
    if record.completed is not None:
        return record.completed.benchmark.id
    given = record.raw.get("id")
    legal = isinstance(given, str) and re.fullmatch(r"[A-Za-z0-9-]{1,64}", given)
    return str(given) if legal else "unknown"


def _workload(record: Record, settings: JobSettings) -> Literal["model", "proxy"]:
    """`proxy` where the proxy ran or was to run."""
    application = record.completed.benchmark.application if record.completed else None
    return "proxy" if application == "proxy" or settings.stand_in == "proxy" else "model"


def _run_summary(record: Record) -> published.RunSummary:
    return published.RunSummary(
        start_time=record.began.isoformat(),
        end_time=datetime.now(UTC).isoformat(),
        duration_seconds=record.elapsed_seconds,
        instance_type=(record.instance or {}).get("instance_type"),
        architecture=record.machine.architecture,
        processor_type=record.machine.cpu_model,
        omp_num_threads=record.threads_used,
    )


def _details(record: Record) -> published.SimulationDetails:
    last = record.timed[-1] if record.timed else None
    if record.completed is None:
        return published.SimulationDetails(
            application="unknown", simulation_type="unknown", resolution="unknown",
            simulated_days=None,
        )  # fmt: skip
    benchmark = record.completed.benchmark
    return published.SimulationDetails(
        application=benchmark.application,
        simulation_type=benchmark.simulation_type,
        resolution=benchmark.domain.resolution,
        region=benchmark.domain.region,
        simulated_days=benchmark.duration.days,
        grid=record.workload.grid if record.workload else {},
        field_sha256=last.field_sha256 if last else None,
        checks=last.checks if last else {},
    )


def _requested(record: Record) -> published.Requested:
    if record.completed is None:
        return published.Requested(instance_type="unknown", threads=None)
    hardware, plan = record.completed.benchmark.hardware, record.completed.plan
    return published.Requested(
        instance_type=hardware.instance_type,
        threads=record.threads_asked or hardware.threads,
        mpi_ranks=plan.mpi_ranks if plan else hardware.mpi_ranks,
        nodes=hardware.nodes,
        vcpus=hardware.vcpus,
        memory_mib=round(hardware.memory_gb * MIB_PER_GIB) if hardware.memory_gb else None,
    )


def _observed(record: Record, settings: JobSettings) -> published.Observed:
    machine = record.machine
    return published.Observed(
        platform=settings.platform,
        instance_type=(record.instance or {}).get("instance_type"),
        architecture=machine.architecture,
        cpu_model=machine.cpu_model,
        vcpus=machine.vcpus,
        physical_cores=machine.physical_cores,
        memory_mib=machine.memory_mib,
        granted_vcpus=settings.granted_vcpus,
        threads=record.threads_used,
    )


def _environment(record: Record, settings: JobSettings) -> published.Environment:
    last = record.runs[-1][1] if record.runs else None
    return published.Environment(
        kernel=record.machine.kernel,
        image=settings.image,
        threads_per_core=record.machine.threads_per_core,
        packages=machines.package_versions(),
        openmp=machines.openmp_settings(os.environ),
        ec2=record.instance,
        batch=machines.batch_variables(os.environ),
        memory_method=last.memory_method if last else None,
        cpu_method=CPU_METHOD if last else None,
        clock=CLOCK,
    )


def _calibration(record: Record) -> published.Calibration | None:
    return published.Calibration(**asdict(record.calibration)) if record.calibration else None


def _repetitions(record: Record) -> tuple[published.Repetition, ...]:
    counts = {True: 0, False: 0}
    found = []
    for warmup, run in record.runs:
        counts[warmup] += 1
        peak = run.peak_memory_bytes
        found.append(
            published.Repetition(
                number=counts[warmup],
                warmup=warmup,
                wall_seconds=run.wall_seconds,
                cpu_user_seconds=run.cpu_user_seconds,
                cpu_system_seconds=run.cpu_system_seconds,
                process_cpu_seconds=run.process_cpu_seconds,
                peak_memory_gib=None if peak is None else peak / BYTES_PER_GIB,
                setup_seconds=run.setup_seconds,
                timers=run.timers,
            )
        )
    return tuple(found)


def _median_timers(runs: Sequence[Run]) -> dict[str, float]:
    names = dict.fromkeys(name for run in runs for name in run.timers)
    return {
        name: statistics.median(run.timers[name] for run in runs if name in run.timers)
        for name in names
    }
