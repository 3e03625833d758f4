"""An Airflow with the sandbox, and many Batch jobs that run without a process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from benchmarks.deferring import Wish
from benchmarks.results import REPOSITORY

from geoschem_bench.sandbox import Behaviour, Sandbox, faults
from geoschem_bench.sandbox import running as sandbox_running
from tests.servers import airflow, postgres
from tests.servers.airflow import Servers
from tests.servers.guard import guarded

QUEUES = ("geos-chem-graviton-queue", "geos-chem-x86-queue")
QUEUE = QUEUES[0]
DEFINITION = "waits"
TRIGGERS = 2000
"""More than a triggerer takes by itself (1,000): all must wait in one."""


@dataclass(frozen=True)
class Field:
    """What is measured on."""

    servers: Servers
    sandbox: Sandbox
    folder: Path

    @property
    def batch(self) -> Any:  # noqa: ANN401 - boto3's own
        return batch_of(self.sandbox)

    def submit(self, names: Sequence[str]) -> list[str]:
        """Jobs of these names; their ids."""
        batch = self.batch

        def one(name: str) -> str:
            answer = batch.submit_job(jobName=name, jobQueue=QUEUE, jobDefinition=DEFINITION)
            return str(answer["jobId"])

        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(one, names))

    def count(self, status: str) -> int:
        """Jobs of a state, in the queues of both architectures."""
        pages = self.batch.get_paginator("list_jobs")
        return sum(
            len(page["jobSummaryList"])
            for queue in QUEUES
            for page in pages.paginate(jobQueue=queue, jobStatus=status)
        )

    def calls(self) -> int:
        """Of DescribeJobs, since the last reset."""
        return faults.calls(self.sandbox).get("batch:DescribeJobs", 0)

    def wait_for_jobs(self, status: str, number: int) -> None:
        self.servers.wait_for(
            lambda: self.count(status) >= number, f"{number} jobs to be {status}", 300
        )

    def defer(self, dag_id: str, jobs: Sequence[str], poll_seconds: int) -> str:
        """A run of a waiting DAG, its tasks deferred; the run's id."""
        client = self.servers.client
        self.servers.wait_for(lambda: dag_id in client.dag_ids(), f"the DAG {dag_id}", 120)
        run_id = client.trigger(dag_id)
        by_task = {f"job-{number:04d}": job_id for number, job_id in enumerate(jobs)}
        self._apply(Wish(dag_id, run_id, self.sandbox.region, poll_seconds, by_task))
        return run_id

    def release(self, dag_id: str, run_id: str) -> None:
        """Nobody waits in that run any more."""
        self._apply(Wish(dag_id, run_id, self.sandbox.region, 0))

    def wait_until_all_look(self, dag_id: str, run_id: str, jobs: int) -> None:
        """Until each trigger of a run has said something: there is a log of each then."""
        folder = self.servers.home.folder / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}"
        self.servers.wait_for(
            lambda: len(list(folder.glob("task_id=*/*.trigger.*.log"))) >= jobs,
            f"the triggers of {dag_id} to look",
            3600,
        )

    def _apply(self, wish: Wish) -> None:
        file = self.folder / "wish.json"
        wish.to_file(file)
        subprocess.run(
            [sys.executable, "-m", "benchmarks.deferring", str(file)],
            env=self.servers.environment, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def field(tasks: int, whole: int = 0) -> Iterator[Field]:
    """All that is needed, ended with the block.

    Args:
        tasks: Of each DAG that waits.
        whole: Tasks that run from start to end.
    """
    with tempfile.TemporaryDirectory(prefix="geoschem-bench-field-") as temporary:
        folder = Path(temporary)
        with sandbox_in(folder / "state") as sandbox, postgres.running() as cluster:
            said = {"tasks": tasks, "whole": whole, "definition": DEFINITION, "queue": QUEUE,
                    "region": sandbox.region}  # fmt: skip
            extra = sandbox.environment() | {
                "WAITING": json.dumps(said),
                "AIRFLOW__TRIGGERER__CAPACITY": str(TRIGGERS),
            }
            (folder / "suites").mkdir()
            with airflow.running(
                folder / "home", folder / "suites", cluster=cluster, extra=extra,
                dags=_dags(folder / "dags"),
            ) as servers:  # fmt: skip
                yield Field(servers, sandbox, folder)


@contextmanager
def sandbox_in(state: Path) -> Iterator[Sandbox]:
    """A sandbox with the definition of our jobs; it ends also when we are killed."""
    before = dict(os.environ)
    with guarded(state) as mark:
        os.environ.update(mark)
        try:
            with sandbox_running(state, behaviour=Behaviour(concurrent_jobs=8)) as sandbox:
                batch_of(sandbox).register_job_definition(
                    jobDefinitionName=DEFINITION, type="container",
                    containerProperties={
                        "image": "none", "command": ["true"],
                        "resourceRequirements": [{"type": "VCPU", "value": "1"},
                                                 {"type": "MEMORY", "value": "64"}],
                    },
                )  # fmt: skip
                yield sandbox
        finally:
            os.environ.clear()
            os.environ.update(before)


def batch_of(sandbox: Sandbox) -> Any:  # noqa: ANN401 - boto3's own
    """A client of its Batch."""
    return boto3.client(
        "batch",
        endpoint_url=sandbox.endpoint_url,
        region_name=sandbox.region,
        aws_access_key_id=sandbox.access_key,
        aws_secret_access_key=sandbox.secret_key,
    )


def _dags(folder: Path) -> Path:
    folder.mkdir()
    shutil.copy(REPOSITORY / "dags" / "suites.py", folder)
    shutil.copy(REPOSITORY / "benchmarks" / "dags" / "waiting.py", folder)
    return folder
