"""One log → its manifest in S3 and its row in the table, filed once however often it comes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from geoschem_bench.manifest import Manifest
from geoschem_bench.model_logs import LogError, ModelRun
from geoschem_bench.pricing import PriceSource
from geoschem_bench.results.building import result_of_manifest
from geoschem_bench.results.costing import with_cost
from geoschem_bench.results.logs import (
    LogFacts,
    derived_id,
    log_run_id,
    manifest_of_log,
    with_facts,
)
from geoschem_bench.results.records import Result
from geoschem_bench.results.stores import ObjectStore, ResultsStore, Stored


@dataclass(frozen=True)
class Filed:
    """What became of one log."""

    result: Result
    stored: Stored


def imports_prefix(bucket: str) -> str:
    """Where imported logs are filed: `load` of it rebuilds their part of the table."""
    return f"s3://{bucket}/imports/"


def result_of_log(run: ModelRun, name: str, facts: LogFacts) -> Result:
    """The row of a log that is not to be stored. Raises as `manifest_of_log`."""
    manifest = manifest_of_log(run, name, facts)
    return result_of_manifest(manifest, _sha256(manifest), "", None)


def file_log(
    run: ModelRun,
    name: str,
    facts: LogFacts,
    bucket: str,
    objects: ObjectStore,
    store: ResultsStore,
    prices: PriceSource | None = None,
) -> Filed:
    """File one run of the model.

    The same log with the same facts is the same row. With other facts (an instance type that was
    left out the first time) it becomes the next submission, which takes the place of the first
    wherever the latest counts.

    Raises:
        LogError: The log does not say what was simulated, or is filed under another id.
        UserError: The instance type is unknown.
    """
    run_id = log_run_id(run.started, run.sha256)
    before = sorted(store.of_run(run_id), key=lambda result: result.submission)
    facts = replace(facts, benchmark_id=_id(run, name, facts, before))
    last = before[-1] if before else None
    manifest = manifest_of_log(run, name, facts, last.submission if last else 1)
    if last and last.manifest_sha256 != _sha256(manifest):
        manifest = manifest_of_log(run, name, facts, last.submission + 1)
    submission = manifest.provenance.submission if manifest.provenance else 1
    folder = f"{imports_prefix(bucket)}{run_id}/{manifest.benchmark_id}/{submission}/"
    objects.put(folder + "manifest.json", manifest.to_json())
    result = result_of_manifest(manifest, _sha256(manifest), folder, None)
    result = with_cost(result, objects, prices)
    (stored,) = store.put([result]).values()
    return Filed(result, stored)


def _id(run: ModelRun, name: str, facts: LogFacts, before: list[Result]) -> str:
    wanted = facts.benchmark_id
    if not before:
        return wanted or derived_id(with_facts(run, facts), name)
    there = before[-1].benchmark_id
    if wanted not in (None, there):
        raise LogError(name, f"is filed as {there} already; leave out --id, or give that one")
    return there


def _sha256(manifest: Manifest) -> str:
    return hashlib.sha256(manifest.to_json()).hexdigest()
