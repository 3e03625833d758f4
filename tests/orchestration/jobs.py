"""Suites for the running Airflow, and what Batch knows of their jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import boto3

from geoschem_bench.aws.batch import Job
from geoschem_bench.planning import benchmark_run_id
from geoschem_bench.records import JobRecord
from geoschem_bench.wiring import Settings, batch_jobs, object_store

QUEUES = ("geos-chem-graviton-queue", "geos-chem-x86-queue", "geos-chem-graviton-spot-queue",
          "geos-chem-x86-spot-queue")  # fmt: skip


def suite_of(
    ids: Iterable[str] | dict[str, Iterable[str]], instance_type: str = "local", **header: Any
) -> str:
    """YAML of a suite of short proxy benchmarks, by phase or all in the first."""
    by_phase = ids if isinstance(ids, dict) else {"phase_1": ids}
    settings = {"warmups": 0, "repetitions": 1, "max_concurrent": 64} | header
    lines = ["suite:", *(f"  {key}: {value}" for key, value in settings.items())]
    for phase in ("phase_1", "phase_2", "phase_3", "phase_4"):
        entries = [_entry(each, instance_type) for each in by_phase.get(phase, ())]
        lines += [f"{phase}:", *entries] if entries else [f"{phase}: []"]
    return "\n".join(lines) + "\n"


def _entry(benchmark_id: str, instance_type: str) -> str:
    return (
        f"  - {{id: {benchmark_id}, application: proxy, simulation_type: transport, "
        "domain: {resolution: 4x5}, duration: {days: 0.041666667}, "
        f"hardware: {{instance_type: {instance_type}, threads: 1}}}}"
    )


class RunJobs:
    """The Batch jobs of one DAG run."""

    def __init__(self, sandbox: Any, dag_run: dict[str, Any]) -> None:
        self._sandbox = sandbox
        self.run_id = benchmark_run_id(
            datetime.fromisoformat(dag_run["run_after"]), dag_run["dag_id"], dag_run["dag_run_id"]
        )
        self.settings = self.settings_of(sandbox)
        self._session = session_of(sandbox)

    @staticmethod
    def settings_of(sandbox: Any) -> Settings:
        """Where results go."""
        return Settings(
            bucket=sandbox.bucket, region=sandbox.region, endpoint_url=sandbox.endpoint_url
        )

    @property
    def batch(self) -> Any:
        """Jobs in AWS Batch."""
        return batch_jobs(self.settings, self._session)

    @property
    def objects(self) -> Any:
        """Objects in S3."""
        return object_store(self.settings, self._session)

    def of(self, benchmark_id: str) -> list[Job]:
        """Its jobs, by submission."""
        jobs = self.batch.named(QUEUES, f"gsb-{self.run_id}-{benchmark_id}-")
        ours = [job for job in jobs if job.tags.get("geoschem-bench-id") == benchmark_id]
        return sorted(ours, key=lambda job: job.name)

    def alive(self, benchmark_id: str) -> list[Job]:
        """Those that have not ended."""
        return [job for job in self.of(benchmark_id) if not job.has_ended]

    def all_alive(self) -> list[Job]:
        """Of every benchmark."""
        jobs = self.batch.named(QUEUES, f"gsb-{self.run_id}-")
        return [job for job in jobs if not job.has_ended]

    def counts(self) -> Counter[str]:
        """How many jobs each benchmark has had."""
        jobs = self.batch.named(QUEUES, f"gsb-{self.run_id}-")
        return Counter(job.tags["geoschem-bench-id"] for job in jobs)

    def record(self, benchmark_id: str, number: int = 1, phase: str = "phase_1") -> Any:
        """`job.json` of a submission; None where there is none."""
        path = f"s3://{self._sandbox.bucket}/runs/{self.run_id}/{phase}/{benchmark_id}/{number}/"
        raw = self.objects.get(path + "job.json")
        return raw and JobRecord.model_validate_json(raw)


def session_of(sandbox: Any) -> Any:
    """What makes clients for the sandbox, as a session of boto3 does; the environment stays."""
    return _Session(sandbox)


class _Session:
    def __init__(self, sandbox: Any) -> None:
        self._access = {
            "endpoint_url": sandbox.endpoint_url,
            "aws_access_key_id": sandbox.access_key,
            "aws_secret_access_key": sandbox.secret_key,
        }

    def client(self, service: str, **kwargs: Any) -> Any:
        make: Any = boto3.client
        return make(service, **self._access, **kwargs)
