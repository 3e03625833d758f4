"""S3 prefix → results in the table. Idempotent; one broken manifest hides no other."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace

from pydantic import ValidationError

from geoschem_bench.errors import ManifestError, NotFoundError
from geoschem_bench.manifest import MAX_BYTES, Manifest, read_manifest
from geoschem_bench.pricing import PriceSource
from geoschem_bench.records.absent import Planned, absent_of, plan_above, planned_by_run
from geoschem_bench.records.building import result_of_failure, result_of_manifest
from geoschem_bench.records.costing import with_cost
from geoschem_bench.records.models import JobRecord, Result
from geoschem_bench.records.run_files import (
    read_run_plan,
)
from geoschem_bench.records.stores import ObjectStore, ResultsStore, Stored
from geoschem_bench.records.summing import as_submitted

_IN_RUN = re.compile(
    r"/runs/(?P<run>[A-Za-z0-9-]+)/(?P<phase>phase_[1-4])/(?P<id>[A-Za-z0-9-]+)/(?P<n>\d+)/$"
)
_REJECTED = re.compile(r"s3://[^/]+/rejected/")


@dataclass(frozen=True)
class Rejected:
    """A manifest that could not be read, and why."""

    address: str
    why: str
    is_superseded: bool = False
    """A later submission of the same benchmark took its place: shown, but no failure."""


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
    jobs: dict[tuple[str, str, int], JobRecord | None] = field(default_factory=dict)
    """What Batch knew of each (run, benchmark, submission); None where nobody wrote it down."""

    @property
    def blocking(self) -> list[Rejected]:
        """Manifests without which the run is not whole: of last submissions."""
        return [rejected for rejected in self.rejected if not rejected.is_superseded]

    def to_json(self) -> bytes:
        """As `load.json` beside a run."""
        return json.dumps(
            {
                "stored": self.stored,
                "unchanged": self.unchanged,
                "conflicts": self.conflicts,
                "rejected": [asdict(rejected) for rejected in self.rejected],
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
    planned = planned_by_run(plan for plan in plans.values() if plan)
    around = planned | planned_by_run(plan_above(prefix, objects))
    for folder in folders:
        summary.results += _of_folder(folder, objects, around, summary)
    _note_unfinished(summary)
    summary.rejected = _marked(summary)
    summary.results += absent_of(planned, summary.results, objects)
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


def _of_folder(
    folder: str,
    objects: ObjectStore,
    planned: Planned,
    summary: LoadSummary,
) -> Iterator[Result]:
    place = _IN_RUN.search(folder)
    job = _job_record(folder + "job.json", objects, summary)
    if place:
        summary.jobs[place["run"], place["id"], int(place["n"])] = job
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
        item = as_submitted(known[0], job)
        yield result_of_failure(item, job, folder, place["run"], int(place["n"]), why)


def _note_unfinished(summary: LoadSummary) -> None:
    for folder in summary.unfinished:
        if place := _IN_RUN.search(folder):
            summary.jobs[place["run"], place["id"], int(place["n"])] = None


def _marked(summary: LoadSummary) -> list[Rejected]:
    """What was rejected, those marked whose benchmark was submitted again."""
    last: dict[tuple[str, str], int] = {}
    for run, name, number in summary.jobs:
        last[run, name] = max(number, last.get((run, name), 0))
    marked = []
    for rejected in summary.rejected:
        place = _IN_RUN.search(rejected.address.rsplit("/", 1)[0] + "/")
        is_earlier = place is not None and int(place["n"]) < last[place["run"], place["id"]]
        marked.append(replace(rejected, is_superseded=is_earlier))
    return marked


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
