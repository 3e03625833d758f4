"""Manifest and job record → Result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from geoschem_bench.errors import Reason
from geoschem_bench.manifest import Manifest, Repetition
from geoschem_bench.planning import PlannedBenchmark, run_id_by_hand
from geoschem_bench.records.failures import classify
from geoschem_bench.records.logs import log_fields
from geoschem_bench.records.models import JobRecord, Result
from geoschem_bench.suite import Benchmark, complete_benchmark

_SMOKE_DAYS = {"gc-classic": 7.0, "gchp": 1.0}
_SMOKE_SECONDS = 60.0


def result_of_manifest(
    manifest: Manifest, manifest_sha256: str, output_path: str, job: JobRecord | None
) -> Result:
    """The row of a job that wrote its manifest."""
    timed = [r for r in manifest.repetitions if not r.warmup]
    metrics = manifest.performance_metrics
    failed = manifest.outcome.status == "failed"
    fields = log_fields(manifest) if manifest.provenance else _job_fields(manifest)
    return Result(
        **fields,
        **_machine_fields(manifest),
        workload=manifest.workload,
        threads_requested=manifest.requested.threads,
        mpi_ranks=manifest.requested.mpi_ranks,
        started_at=manifest.run_summary.start_time,
        queue_seconds=_queue_seconds(job),
        status=manifest.outcome.status,
        reason=_reason(manifest, job) if failed else None,
        message=_message(manifest, job) if failed else None,
        exit_code=manifest.outcome.exit_code,
        log_tail=job.log_tail if job and failed else (),
        wall_seconds=tuple(r.wall_seconds for r in timed),
        cpu_seconds=_cpu_seconds(timed),
        peak_memory_gib=tuple(m for r in timed if (m := r.peak_memory_gib) is not None),
        warmup_wall_seconds=tuple(r.wall_seconds for r in manifest.repetitions if r.warmup),
        timers=dict(manifest.timers),
        cpu_efficiency=metrics.cpu_efficiency,
        throughput_days_per_day=metrics.throughput_days_per_day,
        hours_per_sim_day=metrics.hours_per_sim_day,
        null_reason=metrics.null_reason,
        is_smoke=_is_smoke(manifest, fields["application"], fields["simulated_days"]),
        calibration=manifest.calibration.model_dump() if manifest.calibration else None,
        field_sha256=manifest.simulation_details.field_sha256,
        memory_method=manifest.environment.memory_method,
        output_path=output_path,
        manifest_sha256=manifest_sha256,
    )


def result_of_failure(
    planned: PlannedBenchmark,
    job: JobRecord | None,
    output_path: str,
    benchmark_run_id: str,
    submission: int = 1,
    rejected: str | None = None,
) -> Result:
    """The row of a benchmark that left no readable manifest: every planned one has a row.

    Args:
        planned: What was to run.
        job: What Batch knew of it.
        output_path: The folder it was to write.
        benchmark_run_id: Of the run.
        submission: As the folder says.
        rejected: Why the manifest that lies there cannot be read.
    """
    return Result(
        **_benchmark_fields(planned.benchmark),
        **dict.fromkeys(_MACHINE_FIELDS),
        benchmark_run_id=benchmark_run_id,
        submission=submission,
        phase=planned.phase,
        suite=planned.suite,
        workload=None,
        architecture=planned.architecture,
        threads_requested=planned.threads,
        mpi_ranks=planned.mpi_ranks,
        started_at=job.started_at if job else None,
        queue_seconds=_queue_seconds(job),
        status="failed",
        reason=_reason_without_manifest(job),
        message=_failure_message(job, rejected),
        exit_code=job.exit_code if job else None,
        log_tail=job.log_tail if job else (),
        output_path=output_path,
        manifest_sha256=None,
    )


def _failure_message(job: JobRecord | None, rejected: str | None) -> str:
    if rejected:
        said = f"{job.message or job.status_reason or job.status}; " if job else ""
        return f"{said}the manifest {rejected}"
    if job is None:
        return "neither a manifest nor a job record was written"
    if job.message:
        return job.message
    if job.status == "SUCCEEDED":
        return "Batch says SUCCEEDED, but no manifest was found"
    return job.status_reason or job.status


def _job_fields(manifest: Manifest) -> dict[str, Any]:
    benchmark = complete_benchmark(manifest.configuration).benchmark
    details = manifest.simulation_details
    said = {"model_version": details.model_version, "compiler": details.compiler,
            "meteorology": details.meteorology, "levels": details.levels}  # fmt: skip
    seen = {name: value for name, value in said.items() if value is not None}
    return _benchmark_fields(benchmark) | seen | _plan_fields(manifest)


def _cpu_seconds(timed: Sequence[Repetition]) -> tuple[float, ...]:
    pairs = [(r.cpu_user_seconds, r.cpu_system_seconds) for r in timed]
    return tuple(user + system for user, system in pairs if user is not None and system is not None)


def _benchmark_fields(benchmark: Benchmark) -> dict[str, Any]:
    return {
        "benchmark_id": benchmark.id,
        "description": benchmark.description,
        "config_sha256": benchmark.config_sha256,
        "application": benchmark.application,
        "simulation_type": benchmark.simulation_type,
        "resolution": benchmark.domain.resolution,
        "region": benchmark.domain.region,
        "simulated_days": benchmark.duration.days,
        "model_version": benchmark.source.version if benchmark.source else None,
        "meteorology": benchmark.meteorology,
        "levels": benchmark.levels,
        "requested_instance_type": benchmark.hardware.instance_type,
        "nodes": benchmark.hardware.nodes,
        "purchase_option": benchmark.purchase_option,
    }


def _plan_fields(manifest: Manifest) -> dict[str, Any]:
    plan = manifest.plan or {}
    return {
        "benchmark_run_id": plan.get("benchmark_run_id") or _run_id_by_hand(manifest),
        "submission": plan.get("submission", 1),
        "phase": plan.get("phase"),
        "suite": plan.get("suite"),
    }


_MACHINE_FIELDS = (
    "observed_instance_type", "platform", "machine_class", "cpu_model", "vcpus", "physical_cores",
    "memory_mib", "threads",
)  # fmt: skip
"""None where nothing ran."""


def _machine_fields(manifest: Manifest) -> dict[str, Any]:
    observed = manifest.observed
    return {
        "observed_instance_type": observed.instance_type,
        "aws_region": (manifest.environment.ec2 or {}).get("region"),
        "platform": observed.platform,
        "machine_class": _machine_class(manifest),
        "architecture": observed.architecture,
        "cpu_model": observed.cpu_model,
        "vcpus": observed.vcpus,
        "physical_cores": observed.physical_cores,
        "memory_mib": observed.memory_mib,
        "threads": observed.threads,
    }


def _run_id_by_hand(manifest: Manifest) -> str:
    job_id = manifest.environment.batch.get("AWS_BATCH_JOB_ID", "")
    if manifest.started is None:  # read_manifest refuses it
        raise ValueError(f"{manifest.benchmark_id}: a job's manifest has a start")
    return run_id_by_hand(manifest.started, job_id or "nobatch0")


def _machine_class(manifest: Manifest) -> str | None:
    observed = manifest.observed
    if observed.instance_type or observed.vcpus is None:
        return observed.instance_type
    return f"{observed.cpu_model or 'unknown CPU'} x {observed.vcpus}"


def _queue_seconds(job: JobRecord | None) -> float | None:
    """From created to started: queue, boot and image pull."""
    if job is None or job.created_at is None or job.started_at is None:
        return None
    waited = datetime.fromisoformat(job.started_at) - datetime.fromisoformat(job.created_at)
    return waited.total_seconds()


def _reason(manifest: Manifest, job: JobRecord | None) -> Reason:
    if job is None:
        return classify(manifest.outcome.reason, (), (), manifest.outcome.exit_code)
    if manifest.outcome.reason is Reason.CANCELLED and job.reason is not None:
        return job.reason  # judged with what Batch said
    reasons = (job.status_reason, job.container_reason)
    code = manifest.outcome.exit_code or job.exit_code
    return classify(manifest.outcome.reason, reasons, job.log_tail, code)


def _message(manifest: Manifest, job: JobRecord | None) -> str | None:
    """The runner's, unless Batch knew the reason better."""
    if job is not None and job.message and _reason(manifest, job) is not manifest.outcome.reason:
        return job.message
    return manifest.outcome.message


def _reason_without_manifest(job: JobRecord | None) -> Reason:
    if job is None or job.status == "SUCCEEDED":
        return Reason.UNKNOWN
    reasons = (job.status_reason, job.container_reason)
    return job.reason or classify(None, reasons, job.log_tail, job.exit_code)


def _is_smoke(manifest: Manifest, application: str, simulated_days: float) -> bool:
    timed = [r.wall_seconds for r in manifest.repetitions if not r.warmup]
    return bool(
        manifest.workload == "proxy"
        or manifest.simulation_details.is_synthetic_input
        or simulated_days < _SMOKE_DAYS.get(application, float("inf"))
        or min(timed, default=0.0) < _SMOKE_SECONDS
    )
