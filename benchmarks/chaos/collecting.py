"""Asking everybody what they know of a run that should have ended."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from benchmarks.chaos.evidence import Evidence, Key, SeenJob
from benchmarks.chaos.ground import IDS, Ground, Run

from geoschem_bench.orchestration.retries import RETRIED
from geoschem_bench.planning import run_prefix
from geoschem_bench.sandbox.files import json_files, read_json
from geoschem_bench.sandbox.settings import Folders
from geoschem_bench.wiring import results_store
from tests.orchestration.jobs import RunJobs, session_of

_FOLDER = re.compile(r"/phase_1/(?P<id>[^/]+)/(?P<number>\d+)/(?P<file>[^/]+)$")


def collect(ground: Ground, run: Run) -> Evidence:
    """Everything about one run; all is up."""
    dag_run = ground.client.dag_run(run.dag_id, run.run_id)
    known = RunJobs(ground.sandbox, dag_run)
    prefix = run_prefix(known.settings.bucket, known.run_id)
    objects, store = known.objects, results_store(known.settings, session_of(ground.sandbox))
    found = [match for each in objects.list(prefix) if (match := _FOLDER.search(each))]
    reasons = {
        _key(match): json.loads(objects.get(match.string))["reason"]
        for match in found
        if match["file"] == "job.json"
    }
    raw = objects.get(prefix + "results.json")
    report = json.loads(raw) if raw else {}
    said = [*report.get("results", ()), *report.get("earlier_submissions", ())]
    return Evidence(
        run=f"{run.dag_id} {run.run_id}",
        run_id=known.run_id,
        state=str(dag_run["state"]),
        ended=_milliseconds(dag_run["end_date"]),
        benchmarks=IDS,
        tasks={k: v.state for k, v in ground.client.task_instances(run.dag_id, run.run_id).items()},
        jobs=tuple(jobs_of(ground, known.run_id, reasons)),
        manifests=frozenset(_key(match) for match in found if match["file"] == "manifest.json"),
        rows={(r.benchmark_id, r.submission): r.status for r in store.of_run(known.run_id)},
        reported={(r["benchmark_id"], r["submission"]): r["status"] for r in said},
        retried=frozenset(map(str, RETRIED)),
        cleared=_wished(ground, run, None),
        marked=frozenset(_wished(ground, run, "failed")),
    )


def jobs_of(ground: Ground, run_id: str, reasons: Mapping[Key, str | None]) -> list[SeenJob]:
    """Its jobs, from the files of the sandbox, which forget nothing."""
    found = []
    for path in json_files(Folders.of(ground.sandbox.state_dir).batch / "jobs"):
        detail = read_json(path)["document"]["detail"]
        if detail["tags"].get("geoschem-bench-run") != run_id:
            continue
        key = detail["tags"]["geoschem-bench-id"], int(detail["jobName"].rpartition("-")[2])
        found.append(
            SeenJob(*key, detail["jobId"], detail["status"], detail["createdAt"],
                    detail.get("stoppedAt"), reasons.get(key))
        )  # fmt: skip
    return sorted(found, key=lambda job: (job.benchmark_id, job.created))


def _milliseconds(moment: str | None) -> int | None:
    return int(datetime.fromisoformat(moment).timestamp() * 1000) if moment else None


def _key(match: re.Match[str]) -> Key:
    return match["id"], int(match["number"])


def _wished(ground: Ground, run: Run, state: str | None) -> Counter[str]:
    """How often a person asked for this state of each benchmark."""
    return Counter(
        task_id.removeprefix("phase_1.")
        for of, task_id, wanted in ground.wishes
        if of == run and wanted == state
    )
