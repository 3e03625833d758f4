"""One log → its manifest in S3 and its row in the table, filed once however often it comes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from pydantic import ValidationError

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

FiledLogs = dict[str, tuple[str, int]]
"""Run id of a log → its benchmark id and latest submission."""

_MANIFEST = re.compile(
    r"/imports/(?P<run>[A-Za-z0-9-]+)/(?P<id>[A-Za-z0-9-]+)/(?P<n>\d+)/manifest\.json$"
)


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


def filed_logs(bucket: str, objects: ObjectStore) -> FiledLogs:
    """What was imported before, in one listing: asking for each log would take as many."""
    latest: FiledLogs = {}
    for address in objects.list(imports_prefix(bucket)):
        found = _MANIFEST.search(address)
        if found:
            one = found["id"], int(found["n"])
            latest[found["run"]] = max(latest.get(found["run"], one), one, key=lambda x: x[1])
    return latest


def file_log(
    run: ModelRun,
    name: str,
    facts: LogFacts,
    bucket: str,
    objects: ObjectStore,
    store: ResultsStore,
    *,
    before: FiledLogs | None = None,
    prices: PriceSource | None = None,
) -> Filed:
    """File one run of the model.

    The same log with the same facts is the same row. With other facts (an instance type that was
    left out the first time) it becomes the next submission, which takes the place of the first
    wherever the latest counts.

    Args:
        run: What the log says.
        name: Of the file, without its folder.
        facts: What the person says.
        bucket: Of results.
        objects: S3.
        store: The table.
        before: `filed_logs(bucket, objects)`; asked for anew where it is not given.
        prices: For the cost.

    Raises:
        LogError: The log does not say what was simulated, or is filed under another id.
        UserError: The instance type is unknown.
    """
    run_id = log_run_id(run.started, run.sha256)
    known = (filed_logs(bucket, objects) if before is None else before).get(run_id)
    facts = replace(facts, benchmark_id=_id(run, name, facts, known))
    manifest = manifest_of_log(run, name, facts)
    if known:
        folder = f"{imports_prefix(bucket)}{run_id}/"
        manifest = _next(run, name, facts, known[1], objects, folder)
    address = _address(bucket, run_id, manifest)
    objects.put(address, manifest.to_json())
    folder = address.rsplit("/", 1)[0] + "/"
    result = result_of_manifest(manifest, _sha256(manifest), folder, None)
    result = with_cost(result, objects, prices)
    (stored,) = store.put([result]).values()
    return Filed(result, stored)


def _next(
    run: ModelRun, name: str, facts: LogFacts, number: int, objects: ObjectStore, folder: str
) -> Manifest:
    """The manifest that is filed already, where this is the same but for the file's name."""
    filed = objects.get(f"{folder}{facts.benchmark_id}/{number}/manifest.json") or b""
    same = manifest_of_log(run, _name_in(filed) or name, facts, number)
    return same if same.to_json() == filed else manifest_of_log(run, name, facts, number + 1)


def _name_in(filed: bytes) -> str | None:
    try:
        provenance = Manifest.model_validate_json(filed).provenance
    except ValidationError:
        return None
    return provenance.source if provenance else None


def _address(bucket: str, run_id: str, manifest: Manifest) -> str:
    number = manifest.provenance.submission if manifest.provenance else 1
    prefix = imports_prefix(bucket)
    return f"{prefix}{run_id}/{manifest.benchmark_id}/{number}/manifest.json"


def _id(run: ModelRun, name: str, facts: LogFacts, known: tuple[str, int] | None) -> str:
    wanted = facts.benchmark_id
    if known is None:
        return wanted or derived_id(with_facts(run, facts), name)
    if wanted not in (None, known[0]):
        raise LogError(name, f"is filed as {known[0]} already; leave out --id, or give that one")
    return known[0]


def _sha256(manifest: Manifest) -> str:
    return hashlib.sha256(manifest.to_json()).hexdigest()
