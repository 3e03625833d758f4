"""What Batch said of a job → `job.json`, with the reason of a failure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from geoschem_bench.errors import EXIT_CODES, ManifestError, Reason, StorageError
from geoschem_bench.manifest import MAX_BYTES, read_manifest
from geoschem_bench.planning import PlannedBenchmark, job_name, output_path
from geoschem_bench.pricing import PurchaseOption
from geoschem_bench.records import JobRecord, ObjectStore, classify

if TYPE_CHECKING:
    from geoschem_bench.aws.batch import Job


def job_overrides(planned: PlannedBenchmark) -> dict[str, Any]:
    """The overrides of `SubmitJob`: requests and threads, on one node or on each."""
    container: dict[str, Any] = {
        "resourceRequirements": [
            {"type": "VCPU", "value": str(planned.vcpus)},
            {"type": "MEMORY", "value": str(planned.memory_mib)},
        ],
        "environment": [{"name": "OMP_NUM_THREADS", "value": str(planned.threads)}],
    }
    nodes = planned.benchmark.hardware.nodes
    if nodes == 1:
        return {"containerOverrides": container}
    every_node = {"targetNodes": "0:", "containerOverrides": container}
    return {"nodeOverrides": {"numNodes": nodes, "nodePropertyOverrides": [every_node]}}


@dataclass(frozen=True)
class Submission:
    """One submission of one benchmark: its names, and where it writes."""

    benchmark_id: str
    benchmark_run_id: str
    phase: str
    number: int
    output_path: str
    job_queue: str
    purchase_option: PurchaseOption

    @classmethod
    def of(cls, planned: PlannedBenchmark, bucket: str, run_id: str, number: int) -> Submission:
        """The submission of that number."""
        path = output_path(bucket, run_id, planned.phase, planned.id, number)
        option = planned.benchmark.purchase_option
        return cls(planned.id, run_id, planned.phase, number, path, planned.job_queue, option)

    @property
    def job_name(self) -> str:
        """In Batch."""
        return job_name(self.benchmark_run_id, self.benchmark_id, self.number)

    def to_document(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


def write_record(
    submission: Submission,
    job: Job | None,
    failure: tuple[Reason, str] | None,
    objects: ObjectStore,
    log_tail: tuple[str, ...] = (),
    lost_id: str | None = None,
) -> None:
    """Write `job.json` of a job, of one that Batch lost, or of one that was never submitted."""
    record = _record(submission, job, failure, log_tail, lost_id)
    address = submission.output_path + "job.json"
    objects.put(address, record.model_dump_json(indent=1).encode())


def _record(
    submission: Submission,
    job: Job | None,
    failure: tuple[Reason, str] | None,
    log_tail: tuple[str, ...],
    lost_id: str | None,
) -> JobRecord:
    known: dict[str, Any] = {"status": "NOT_SUBMITTED", "job_queue": submission.job_queue}
    if lost_id:  # it ran, nobody knows for how long
        known |= {"status": "UNKNOWN", "batch_job_id": lost_id}
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
        benchmark_id=submission.benchmark_id,
        benchmark_run_id=submission.benchmark_run_id,
        phase=submission.phase,
        submission=submission.number,
        purchase_option=submission.purchase_option,
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
    if found is not reason:  # it knows only that it was stopped
        message = None
    if found is Reason.UNKNOWN and job.was_stopped:
        found = Reason.CANCELLED
    if message is None and job.exit_code in EXIT_CODES.values():  # no manifest: its own complaint
        start = f"failed: {found}: "
        said = (line for line in log_tail if line.startswith(start))
        message = next((line.removeprefix(start) for line in said), None)
    if message is None:
        code = "" if job.exit_code is None else f" (exit code {job.exit_code})"
        message = ("; ".join(batch) or f"job {job.status}") + code
    return found, message


def has_manifest(output_path: str, objects: ObjectStore) -> bool:
    """Whether a manifest lies there that can be read."""
    address = output_path + "manifest.json"
    raw = objects.get(address, MAX_BYTES + 1)
    if raw is None:
        return False
    try:
        read_manifest(raw, address)
    except ManifestError:
        return False
    return True


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
