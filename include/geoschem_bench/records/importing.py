"""One log → its manifest in S3 and its row in the table, filed once however often it comes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from threading import Lock

from pydantic import ValidationError

from geoschem_bench.errors import UserError
from geoschem_bench.manifest import Manifest
from geoschem_bench.model_logs import LogError, ModelRun
from geoschem_bench.pricing import PriceSource
from geoschem_bench.records.building import result_of_manifest
from geoschem_bench.records.costing import with_cost
from geoschem_bench.records.logs import (
    LogFacts,
    derived_id,
    log_run_id,
    manifest_of_log,
    with_facts,
)
from geoschem_bench.records.models import Result
from geoschem_bench.records.stores import ObjectStore, ResultsStore, Stored

_CLOCKS = ("stamps", "time loop", "time -v", "throughput", "timers")
"""From the poorest to the best."""
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
    return result_of_manifest(manifest, _sha256(manifest.to_json()), "", None)


class LogFiler:
    """Files runs of the model: each log once, however often it comes.

    The same log with the same facts, or with fewer, is the same row. With more or other facts (an
    instance type that was left out the first time) it becomes the next submission, which takes
    the place of the first wherever the latest counts.
    """

    def __init__(
        self,
        bucket: str,
        objects: ObjectStore,
        store: ResultsStore,
        prices: PriceSource | None = None,
    ) -> None:
        """What was imported before is listed once: asking for each log would take as many calls."""
        self._prefix = imports_prefix(bucket)
        self._objects, self._store, self._prices = objects, store, prices
        self._filed = _filed_logs(self._prefix, objects)
        self._seen: set[str] = set()
        self._lock = Lock()

    def file(self, run: ModelRun, name: str, facts: LogFacts) -> Filed:
        """File one run; may be called from several threads.

        Args:
            run: What the log says.
            name: Of the file, without its folder.
            facts: What the person says.

        Raises:
            LogError: The log does not say what was simulated, or is filed under another id.
            UserError: The facts cannot be: see `instance_of`.
        """
        with self._lock:
            is_copy = run.sha256 in self._seen
            self._seen.add(run.sha256)
        if is_copy:
            return Filed(result_of_log(run, name, facts), Stored.SAME)
        try:
            return self._file(run, name, facts)
        except Exception:
            self._seen.discard(run.sha256)  # a copy may be tried again
            raise

    def _file(self, run: ModelRun, name: str, facts: LogFacts) -> Filed:
        folder = f"{self._prefix}{log_run_id(run.started, run.sha256)}/"
        manifest, raw = self._manifest(run, name, facts, folder)
        folder += f"{manifest.benchmark_id}/{_number(manifest)}/"
        there = self._objects.get(folder + "manifest.json")
        if there not in (None, raw):
            raise LogError(name, "was filed by somebody else just now; import it again")
        if there is None:
            self._objects.put(folder + "manifest.json", raw)
        result = result_of_manifest(manifest, _sha256(raw), folder, None)
        result = with_cost(result, self._objects, self._prices)
        (stored,) = self._store.put([result]).values()
        return Filed(result, stored)

    def _manifest(
        self, run: ModelRun, name: str, facts: LogFacts, folder: str
    ) -> tuple[Manifest, bytes]:
        """With its bytes: what is filed already, where this says nothing new, keeps its own."""
        known = self._filed.get(folder.rstrip("/").rsplit("/", 1)[-1])
        if known is None:
            wanted = facts.benchmark_id or derived_id(with_facts(run, facts), name)
            return _whole(run, name, facts.model_copy(update={"benchmark_id": wanted}))
        there, number = known
        if facts.benchmark_id not in (None, there):
            raise LogError(name, f"is filed as {there} already; leave out --id, or give that one")
        filed = self._objects.get(f"{folder}{there}/{number}/manifest.json") or b""
        known_manifest = _read(filed)
        filed_name, filed_facts = _said_in(known_manifest)
        merged = facts.model_copy(update={"benchmark_id": there}).after(filed_facts)
        try:
            same = manifest_of_log(run, filed_name or name, merged, number)
        except UserError as error:
            raise LogError(name, f"was filed with facts that do not go with these: {error}; say "
                           "those too") from error  # fmt: skip
        if same.to_json() == filed:
            return same, filed
        if known_manifest and merged == filed_facts and _tells_less(same, known_manifest):
            return known_manifest, filed
        return _whole(run, name, merged, number + 1)


def _filed_logs(prefix: str, objects: ObjectStore) -> dict[str, tuple[str, int]]:
    """Run id of each imported log → its benchmark id and latest submission."""
    latest: dict[str, tuple[str, int]] = {}
    for address in objects.list(prefix):
        found = _MANIFEST.search(address)
        if found:
            one = found["id"], int(found["n"])
            latest[found["run"]] = max(latest.get(found["run"], one), one, key=lambda x: x[1])
    return latest


def _read(filed: bytes) -> Manifest | None:
    try:
        return Manifest.model_validate_json(filed)
    except ValidationError:
        return None


def _said_in(manifest: Manifest | None) -> tuple[str | None, LogFacts]:
    """Name and facts under which a log was filed."""
    if manifest is None or manifest.provenance is None:
        return None, LogFacts()
    provenance = manifest.provenance
    return provenance.source, LogFacts.model_validate(provenance.facts)


def _tells_less(manifest: Manifest, filed: Manifest) -> bool:
    """Read without the files beside the log: fewer timers, or a poorer clock."""
    ours, theirs = manifest.provenance, filed.provenance
    if ours is None or theirs is None:
        return False
    clocks = (ours.wall_clock, theirs.wall_clock)
    poorer = all(clock in _CLOCKS for clock in clocks) and (
        _CLOCKS.index(clocks[0] or "") < _CLOCKS.index(clocks[1] or ""))  # fmt: skip
    return poorer or len(manifest.timers) < len(filed.timers)


def _number(manifest: Manifest) -> int:
    return manifest.provenance.submission if manifest.provenance else 1


def _whole(run: ModelRun, name: str, facts: LogFacts, number: int = 1) -> tuple[Manifest, bytes]:
    manifest = manifest_of_log(run, name, facts, number)
    return manifest, manifest.to_json()


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
