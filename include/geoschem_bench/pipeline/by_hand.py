"""Jobs that somebody submitted by hand: found under `runs/`, loaded, and reported like others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from geoschem_bench.analysis import latest_submissions
from geoschem_bench.pipeline.index import note_loaded
from geoschem_bench.pricing import PriceSource
from geoschem_bench.records import (
    LOAD_FILE,
    LoadSummary,
    ObjectStore,
    ResultsStore,
    Stamp,
    load_prefix,
)

LOOK_BACK_DAYS = 7
_STAMPED = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-z]+")
_IN_RUNS = re.compile(r"s3://[^/]+/runs/[^/]+/")


@dataclass(frozen=True)
class Prefix:
    """What was loaded from a prefix that a person named."""

    summary: LoadSummary
    run_ids: tuple[str, ...]
    """Whose reports are due now."""
    manifests: str
    """`s3://…/`, the prefix."""

    def as_extra(self) -> dict[str, object]:
        """Plain values, for the event of the asset."""
        latest, _ = latest_submissions(self.summary.results)
        succeeded = sum(result.status == "succeeded" for result in latest)
        return {
            "benchmark_run_ids": list(self.run_ids),
            "suite": None,
            "phase": None,
            "succeeded": succeeded,
            "failed": len(latest) - succeeded,
            "cost_usd": None,
            "manifests": self.manifests,
        }


def load_prefix_by_hand(
    prefix: str,
    bucket: str,
    objects: ObjectStore,
    store: ResultsStore,
    prices: PriceSource | None = None,
) -> Prefix:
    """File everything under a prefix, of whatever runs, and note that their reports are due.

    Raises:
        NotFoundError: nothing lies there.
    """
    summary = load_prefix(prefix, objects, store, prices)
    found = {r.benchmark_run_id for r in summary.results if r.origin == "measured"}
    run_ids = tuple(sorted(found))
    for run_id in run_ids:
        note_loaded(run_id, bucket, objects, store)
    folder = prefix.rstrip("/") + "/"
    if _is_folder_of_runs(folder, bucket) and objects.get(folder + "plan.json", 1) is None:
        objects.put(folder + LOAD_FILE, summary.to_json())  # last: then the next look passes it
    return Prefix(summary, run_ids, folder)


def unloaded_by_hand(
    bucket: str, objects: ObjectStore, now: datetime | None = None
) -> Iterator[str]:
    """Folders under `runs/` without a plan, with manifests newer than their last load.

    A folder that is named like a run, but older than a week, is not looked into; of others only
    S3 knows how old they are, so these are looked into always.
    """
    since = (now or datetime.now(UTC)) - timedelta(days=LOOK_BACK_DAYS)
    for name in objects.folders(f"s3://{bucket}/runs/"):
        if _is_older(name, since):
            continue
        folder = f"s3://{bucket}/runs/{name}/"
        if _is_due(folder, list(objects.stamps(folder)), since):
            yield folder


def _is_due(folder: str, stamps: list[Stamp], since: datetime) -> bool:
    at_top = {s.address.removeprefix(folder): s.modified for s in stamps}
    if "plan.json" in at_top:
        return False
    manifests = [s.modified for s in stamps if s.address.endswith("/manifest.json")]
    if not manifests or max(manifests) < since:
        return False
    loaded = at_top.get(LOAD_FILE)
    # S3 keeps whole seconds: what came in the second of the load may have come after it
    return loaded is None or max(manifests) >= loaded


def _is_older(name: str, since: datetime) -> bool:
    stamped = _STAMPED.fullmatch(name)
    if stamped is None:
        return False
    try:
        return datetime.strptime(stamped[1], "%Y%m%dT%H%M%S%z") < since
    except ValueError:
        return False


def _is_folder_of_runs(folder: str, bucket: str) -> bool:
    found = _IN_RUNS.fullmatch(folder)
    return found is not None and folder.startswith(f"s3://{bucket}/runs/")
