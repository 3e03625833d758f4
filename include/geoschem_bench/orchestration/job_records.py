"""What Batch said of a job → `job.json`, with the reason of a failure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from geoschem_bench.errors import ManifestError, Reason, StorageError
from geoschem_bench.manifest import MAX_BYTES, read_manifest
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.records import JobRecord, ObjectStore, classify

if TYPE_CHECKING:
    from geoschem_bench.aws.batch import Job


def job_overrides(planned: PlannedBenchmark) -> dict[str, Any]:
    """The operator's override argument: requests and threads, on one node or on each."""
    container: dict[str, Any] = {
        "resourceRequirements": [
            {"type": "VCPU", "value": str(planned.vcpus)},
            {"type": "MEMORY", "value": str(planned.memory_mib)},
        ],
        "environment": [{"name": "OMP_NUM_THREADS", "value": str(planned.threads)}],
    }
    nodes = planned.benchmark.hardware.nodes
    if nodes == 1:
        return {"container_overrides": container}
    every_node = {"targetNodes": "0:", "containerOverrides": container}
    return {"node_overrides": {"numNodes": nodes, "nodePropertyOverrides": [every_node]}}


def job_record(
    planned: PlannedBenchmark,
    benchmark_run_id: str,
    submission: int,
    job: Job | None,
    failure: tuple[Reason, str] | None,
    log_tail: tuple[str, ...] = (),
) -> JobRecord:
    """The record of a job, or of one that was never submitted."""
    known: dict[str, Any] = {"status": "NOT_SUBMITTED", "job_queue": planned.job_queue}
    if job:
        known = {
            "batch_job_id": job.job_id,
            "job_name": job.name,
            "job_queue": job.queue,
            "status": job.status,
            "status_reason": job.status_reason,
            "container_reason": job.container_reason,
            "exit_code": job.exit_code,
            "attempts": job.attempts,
            "created_at": _iso(job.created_at),
            "started_at": _iso(job.started_at),
            "stopped_at": _iso(job.stopped_at),
            "log_stream": job.log_stream,
        }
    return JobRecord(
        benchmark_id=planned.id,
        benchmark_run_id=benchmark_run_id,
        phase=planned.phase,
        submission=submission,
        reason=failure[0] if failure else None,
        message=failure[1] if failure else None,
        log_tail=log_tail,
        **known,
    )


def diagnose(
    output_path: str, job: Job, log_tail: tuple[str, ...], objects: ObjectStore
) -> tuple[Reason, str]:
    """Why a job failed, by the best evidence: its manifest, Batch, its log, its exit code."""
    reason, message = _from_manifest(output_path, objects)
    batch = [text for text in (job.status_reason, job.container_reason) if text]
    found = classify(reason, batch, log_tail, job.exit_code)
    if message is None:
        code = "" if job.exit_code is None else f" (exit code {job.exit_code})"
        message = ("; ".join(batch) or f"job {job.status}") + code
    return found, message


def _from_manifest(output_path: str, objects: ObjectStore) -> tuple[Reason | None, str | None]:
    address = output_path + "manifest.json"
    try:
        raw = objects.get(address, MAX_BYTES + 1)
        if raw is None:
            return None, None
        outcome = read_manifest(raw, address).outcome
    except (ManifestError, StorageError):
        return None, None  # `load` reads it again, and says what is wrong with it
    return outcome.reason, outcome.message


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
