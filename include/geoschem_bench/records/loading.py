"""S3 prefix → results in the table. Idempotent; one broken manifest hides no other."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from geoschem_bench.errors import ManifestError, NotFoundError
from geoschem_bench.manifest import MAX_BYTES, Manifest, read_manifest
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.pricing import PriceSource
from geoschem_bench.records.building import result_of_failure, result_of_manifest
from geoschem_bench.records.costing import with_cost
from geoschem_bench.records.models import JobRecord, Result
from geoschem_bench.records.run_files import RunPlanFile, read_run_plan
from geoschem_bench.records.stores import ObjectStore, ResultsStore, Stored

_IN_RUN = re.compile(
    r"/runs/(?P<run>[A-Za-z0-9-]+)/(?P<phase>phase_[1-4])/(?P<id>[A-Za-z0-9-]+)/(?P<n>\d+)/$"
)
_REJECTED = re.compile(r"s3://[^/]+/rejected/")


@dataclass(frozen=True)
class Rejected:
    """A manifest that could not be read, and why."""

    address: str
    why: str


@dataclass
class LoadSummary:
    """What a load did."""

    stored: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    """Folders in which a job began and has written no manifest: it runs, or died without a word."""

    def to_json(self) -> bytes:
        """As `load.json` beside a run."""
        return json.dumps(
            {
                "stored": self.stored,
                "unchanged": self.unchanged,
                "conflicts": self.conflicts,
                "rejected": [{"address": r.address, "why": r.why} for r in self.rejected],
            },
            indent=1,
        ).encode()


def load_prefix(
    prefix: str, objects: ObjectStore, store: ResultsStore, prices: PriceSource | None = None
) -> LoadSummary:
    """File everything under `prefix` (`s3://bucket/…`): manifests, failures, planned but absent.

    Costs are computed here, once, with `prices`.

    Raises NotFoundError where nothing lies there.
    """
    prefix = prefix.rstrip("/") + "/"  # a folder: run/1 is not to take in run/10
    addresses = [a for a in objects.list(prefix) if not _REJECTED.match(a)]
    if not addresses:
        raise NotFoundError(f"{prefix}: nothing lies there; give the prefix of a run or a job")
    summary = LoadSummary()
    folders = sorted({a.rsplit("/", 1)[0] + "/" for a in addresses if a.endswith(
        ("/manifest.json", "/job.json"))})  # fmt: skip
    begun = {a.rsplit("/", 1)[0] + "/" for a in addresses if a.endswith("/config.json")}
    summary.unfinished = sorted(begun - set(folders))
    plans = {a: read_run_plan(objects, a) for a in addresses if a.endswith("/plan.json")}
    planned = _planned(plan for plan in plans.values() if plan)
    around = planned | _planned(_plan_above(prefix, objects))
    for folder in folders:
        summary.results += _of_folder(folder, objects, around, summary)
    summary.results += _absent(planned, summary.results)
    summary.results = [with_cost(result, objects, prices) for result in summary.results]
    _store(summary, store)
    return summary


def _store(summary: LoadSummary, store: ResultsStore) -> None:
    for key, stored in store.put(summary.results).items():
        if stored is Stored.REFUSED:
            why = "is too large for the table, or holds a number that it cannot keep"
            summary.rejected.append(Rejected(key, why))
            continue
        {
            Stored.NEW: summary.stored,
            Stored.SAME: summary.unchanged,
            Stored.CONFLICT: summary.conflicts,
        }[stored].append(key)


def _plan_above(prefix: str, objects: ObjectStore) -> Iterator[RunPlanFile]:
    """The plan of the run that a prefix inside it belongs to."""
    run = re.match(r"s3://[^/]+/runs/[^/]+/(?=.)", prefix)
    plan = read_run_plan(objects, run.group() + "plan.json") if run else None
    if plan:
        yield plan


def _planned(plans: Iterable[RunPlanFile]) -> dict[tuple[str, str], tuple[PlannedBenchmark, str]]:
    """(run, benchmark) → its plan and the folder it was to write, of runs that did submit."""
    return {
        (plan.benchmark_run_id, item.id): (item, plan.output_path(item))
        for plan in plans
        if not plan.dry_run
        for item in plan.benchmarks
    }


def _of_folder(
    folder: str,
    objects: ObjectStore,
    planned: dict[tuple[str, str], tuple[PlannedBenchmark, str]],
    summary: LoadSummary,
) -> Iterator[Result]:
    place = _IN_RUN.search(folder)
    job = _job_record(folder + "job.json", objects, summary)
    raw = objects.get(folder + "manifest.json", MAX_BYTES + 1)
    why = None
    if raw is not None:
        try:
            manifest = read_manifest(raw, folder + "manifest.json", place and place["id"])
            _check_place(manifest, place, folder)
        except ManifestError as error:
            why = error.why
            summary.rejected.append(_reject(error, raw, objects))
        else:
            yield result_of_manifest(manifest, hashlib.sha256(raw).hexdigest(), folder, job)
            return
    known = planned.get((place["run"], place["id"])) if place else None
    if place and known:
        yield result_of_failure(known[0], job, folder, place["run"], int(place["n"]), why)


def _absent(
    planned: dict[tuple[str, str], tuple[PlannedBenchmark, str]], found: list[Result]
) -> list[Result]:
    seen = {(result.benchmark_run_id, result.benchmark_id) for result in found}
    return [
        result_of_failure(item, None, folder, run)
        for (run, name), (item, folder) in planned.items()
        if (run, name) not in seen
    ]


def _check_place(manifest: Manifest, place: re.Match[str] | None, folder: str) -> None:
    """A manifest filed under another run would take that run's place in the table."""
    plan = manifest.plan
    if place is None or plan is None:
        return
    says = (plan.get("benchmark_run_id"), plan.get("phase"), str(plan.get("submission")))
    if says != (place["run"], place["phase"], place["n"]):
        raise ManifestError(folder + "manifest.json", f"is of {' '.join(map(str, says))}")


def _job_record(address: str, objects: ObjectStore, summary: LoadSummary) -> JobRecord | None:
    """What Batch knew; the manifest is the better evidence, so a damaged record stops nothing."""
    raw = objects.get(address, MAX_BYTES)
    if raw is None:
        return None
    try:
        return JobRecord.model_validate_json(raw)
    except ValidationError:
        summary.rejected.append(Rejected(address, "is no job record; it was passed over"))
        return None


def _reject(error: ManifestError, raw: bytes, objects: ObjectStore) -> Rejected:
    """Copy what cannot be read to `rejected/`, with its reason beside it."""
    bucket, key = error.where.removeprefix("s3://").split("/", 1)
    copy = f"s3://{bucket}/rejected/{key}"
    objects.put(copy, raw, "application/octet-stream")
    reason = {"address": error.where, "why": error.why}
    objects.put(f"{copy}.reason.json", json.dumps(reason, indent=1).encode())
    return Rejected(error.where, error.why)
