"""S3 and the table, in memory, and a run to put into them."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geoschem_bench.planning import PlannedBenchmark, output_path, plan_suite, run_prefix
from geoschem_bench.records import ObjectStore, Result, ResultsStore, RunPlanFile, Stamp, Stored
from geoschem_bench.suite import load_suite

BUCKET = "bucket"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RUN = "20261122T035120Z-1a2b3c4d"
PREFIX = run_prefix(BUCKET, RUN)
TESTS = Path(__file__).parents[2]
GOLDEN = (TESTS / "data" / "manifests" / "ok-1.0.json").read_text()
MINI = TESTS.parent / "include" / "configs" / "mini.yaml"
FC, TRANSPORT = "TEST-G3-C7G-4-FC", "TEST-G3-C7G-4-TRANSPORT"


class MemoryObjects(ObjectStore):
    """Objects in a dict."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.modified: dict[str, datetime] = {}

    def stamps(self, prefix: str) -> Iterator[Stamp]:
        for address in self.list(prefix):
            etag = hashlib.sha256(self.objects[address]).hexdigest()
            yield Stamp(address, etag, self.modified.get(address, EPOCH))

    def list(self, prefix: str) -> Iterator[str]:
        return iter(sorted(address for address in self.objects if address.startswith(prefix)))

    def folders(self, prefix: str) -> Iterator[str]:
        rest = [a[len(prefix) :] for a in self.objects if a.startswith(prefix)]
        return iter(sorted({name.split("/")[0] for name in rest if "/" in name}))

    def open(self, address: str) -> io.BytesIO:
        return io.BytesIO(self.objects[address])

    def get(self, address: str, limit: int | None = None) -> bytes | None:
        body = self.objects.get(address)
        return body if body is None or limit is None else body[:limit]

    def put(self, address: str, body: bytes, content_type: str = "application/json") -> None:
        assert content_type
        self.objects[address] = body
        self.modified[address] = datetime.now(UTC).replace(microsecond=0)

    def delete(self, addresses: Iterable[str]) -> int:
        gone = list(addresses)
        for address in gone:
            self.objects.pop(address, None)
        return len(gone)


class MemoryResults(ResultsStore):
    """Results in a dict, stored under the table's condition: absent, or the same manifest."""

    def __init__(self) -> None:
        self.rows: dict[str, Result] = {}

    def put(self, results: Iterable[Result]) -> dict[str, Stored]:
        done = {}
        for result in results:
            key = f"{result.benchmark_id}#{result.run_key}"
            there = self.rows.get(key)
            if there is None:
                done[key] = Stored.NEW
                self.rows[key] = result
            else:
                same = there.manifest_sha256 == result.manifest_sha256
                done[key] = Stored.SAME if same else Stored.CONFLICT
        return done

    def of_run(self, benchmark_run_id: str) -> list[Result]:
        return self._sorted(lambda r: r.benchmark_run_id == benchmark_run_id)

    def of_benchmark(self, benchmark_id: str) -> list[Result]:
        return self._sorted(lambda r: r.benchmark_id == benchmark_id)

    def of_simulation(self, simulation_key: str) -> list[Result]:
        return self._sorted(lambda r: r.simulation_key == simulation_key)

    def of_month(self, month: str) -> list[Result]:
        return self._sorted(lambda r: r.month == month)

    def delete(self, results: Iterable[Result]) -> int:
        gone = [f"{result.benchmark_id}#{result.run_key}" for result in results]
        for key in gone:
            self.rows.pop(key, None)
        return len(gone)

    def _sorted(self, wanted: Any) -> list[Result]:
        found = [result for result in self.rows.values() if wanted(result)]
        return sorted(found, key=lambda r: (r.benchmark_id, r.run_key))


def folder(benchmark_id: str = FC, submission: int = 1, run: str = RUN) -> str:
    return output_path(BUCKET, run, "phase_1", benchmark_id, submission)


def manifest(benchmark_id: str = FC, run: str = RUN, submission: int = 1, **parts: Any) -> bytes:
    """The golden manifest as another benchmark's, with some top-level parts replaced or merged."""
    data = json.loads(GOLDEN)
    data["benchmark_id"] = data["configuration"]["id"] = benchmark_id
    data["configuration"]["plan"] |= {"benchmark_run_id": run, "submission": submission}
    for key, value in parts.items():
        data[key] = data[key] | value if isinstance(value, dict) else value
    return json.dumps(data).encode()


def by_hand(**parts: Any) -> bytes:
    """A manifest of a job that no plan made."""
    data = json.loads(manifest(**parts))
    del data["configuration"]["plan"]
    return json.dumps(data).encode()


def job(benchmark_id: str = FC, submission: int = 1, **fields: Any) -> bytes:
    """A `job.json`."""
    return json.dumps(
        {
            "benchmark_id": benchmark_id,
            "benchmark_run_id": RUN,
            "phase": "phase_1",
            "submission": submission,
            "status": "FAILED",
            "created_at": "2026-11-22T03:52:00+00:00",
            "started_at": "2026-11-22T03:57:30+00:00",
            "stopped_at": "2026-11-22T04:10:00+00:00",
            **fields,
        }
    ).encode()


def mini_plan() -> tuple[PlannedBenchmark, ...]:
    return plan_suite(load_suite(MINI))


def plan_file(**fields: Any) -> bytes:
    """`plan.json` of a run of the mini suite."""
    values: dict[str, Any] = {
        "benchmark_run_id": RUN,
        "suite": "mini",
        "suite_sha256": "0" * 64,
        "dag_id": "geoschem_bench_mini",
        "dag_run_id": "manual__2026-11-22",
        "run_after": "2026-11-22T03:51:20+00:00",
        "bucket": BUCKET,
        "phases": ("phase_1",),
        "dry_run": False,
        "repetitions": None,
        "benchmarks": mini_plan(),
    }
    return RunPlanFile(**values | fields).to_json()
