"""Night after night in one Airflow and one sandbox: what grows, and what must not.

python -m benchmarks.nights --nights 24            prints the table
python -m benchmarks.nights --nights 24 --write    also its part of benchmarks/RESULTS.md

Each night is a run of one suite with a partition key of its own, as its schedule and a backfill
make them, triggered when the night before has ended; everything is measured at rest. Exit 1 if the
table or the bucket hold something else than expected, or file descriptors grow.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import psutil
from benchmarks import results
from benchmarks.chaos.__main__ import positive
from benchmarks.chaos.ground import Ground, dag_id, ground
from scipy.stats import theilslopes

BENCHMARKS = 4
WARM_UP = 3
"""Nights until everything that is loaded once has been loaded."""
MOST_DESCRIPTORS_A_NIGHT = 0.2
"""A leak is one a night at least."""
_SCHEDULE = "30 3 * * *"
"""Runs of a suite with a schedule have a partition key, its night's."""
_NIGHT_SECONDS = 400.0
_MIB = 2**20
_TITLE = "Night after night: `make nights`"


@dataclass(frozen=True)
class Night:
    """What there is after a night, at rest."""

    seconds: float
    memory_mib: dict[str, float]
    """By component; pages that several share are counted once."""
    descriptors: dict[str, int]
    rows: int
    objects: int


def nights(here: Ground, count: int) -> list[Night]:
    """Runs so many, one after the other."""
    first = datetime(2026, 11, 1, 3, 30, tzinfo=UTC)
    found = []
    for number in range(count):
        key = f"{first + timedelta(days=number):%Y-%m-%dT%H:%M}"
        began = datetime.now(UTC)
        run_id = here.client.trigger(dag_id(0), run_id=f"night-{number}", partition_key=key)
        here.client.wait_for_run(dag_id(0), run_id, "success", _NIGHT_SECONDS)
        night = measured(here, (datetime.now(UTC) - began).total_seconds())
        found.append(night)
        print(f"night {number + 1}: {night}", flush=True)
    return found


def measured(here: Ground, seconds: float) -> Night:
    """Every component and the sandbox, the table and the bucket."""
    trees = {name: part.tree() for name, part in here.servers.components.items()}
    server = psutil.Process(here.sandbox.pid)
    trees |= {"sandbox": [server, *server.children(recursive=True)]}  # type: ignore[dict-item]
    return Night(
        seconds,
        {name: sum(map(_memory, tree)) / _MIB for name, tree in trees.items()},
        {name: sum(map(_descriptors, tree)) for name, tree in trees.items()},
        _count(here, "dynamodb", "scan", "Items", TableName=here.sandbox.table),
        _count(here, "s3", "list_objects_v2", "Contents", Bucket=here.sandbox.bucket),
    )


def _memory(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        memory = process.memory_full_info()
        return int(getattr(memory, "pss", memory.rss))
    return 0


def _descriptors(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.num_fds())
    return 0


def _count(here: Ground, service: str, operation: str, key: str, **asked: Any) -> int:  # noqa: ANN401
    make: Any = boto3.client
    client = make(
        service,
        endpoint_url=here.sandbox.endpoint_url,
        region_name=here.sandbox.region,
        aws_access_key_id=here.sandbox.access_key,
        aws_secret_access_key=here.sandbox.secret_key,
    )
    pages = client.get_paginator(operation).paginate(**asked)
    return sum(len(page.get(key, ())) for page in pages)


def growth(values: Sequence[float]) -> tuple[float, float]:
    """By how much it grows a night once warm: the slope, and the upper end of its 95 % interval.

    The median of the slopes of all pairs of nights, so that one odd night says little.
    """
    warm = values[WARM_UP:]
    found = theilslopes(warm, range(len(warm)))
    return float(found.slope), float(found.high_slope)


def complaints(found: Sequence[Night]) -> list[str]:
    """What is not as expected."""
    said = []
    for number, night in enumerate(found, 1):
        if night.rows != number * BENCHMARKS:
            said.append(f"night {number}: {night.rows} rows, not {number * BENCHMARKS}")
    added = [b.objects - a.objects for a, b in pairwise(found)]
    if len(set(added)) > 1:
        said.append(f"objects a night are not the same each night: {added}")
    for name in found[0].descriptors:
        slope, _ = growth([night.descriptors[name] for night in found])
        if slope > MOST_DESCRIPTORS_A_NIGHT:
            said.append(f"{name}: {slope:.2f} file descriptors more each night")
    return said


def table(found: Sequence[Night]) -> str:
    """First, last and growth of everything."""
    first, last = found[0], found[-1]
    lines = [
        f"{len(found)} nights of {BENCHMARKS} benchmarks, one after the other, "
        f"{sum(night.seconds for night in found) / 60:.0f} minutes. Growth is the median of all "
        f"pairs of nights after the first {WARM_UP}, in brackets the upper end of its 95 % "
        "interval.",
        "",
        "| | after the first night | after the last | growth a night |",
        "|---|---|---|---|",
    ]
    for name in first.memory_mib:
        slope, high = growth([night.memory_mib[name] for night in found])
        lines.append(f"| {name}, MiB | {first.memory_mib[name]:.0f} | {last.memory_mib[name]:.0f} "
                     f"| {slope:+.2f} ({high:+.2f}) |")  # fmt: skip
    for name in first.descriptors:
        slope, high = growth([night.descriptors[name] for night in found])
        lines.append(f"| {name}, file descriptors | {first.descriptors[name]} | "
                     f"{last.descriptors[name]} | {slope:+.2f} ({high:+.2f}) |")  # fmt: skip
    each = (last.objects - first.objects) / (len(found) - 1)
    lines.append(f"| rows of the table | {first.rows} | {last.rows} | {BENCHMARKS} expected |")
    lines.append(f"| objects in the bucket | {first.objects} | {last.objects} | {each:g} |")
    lines += ["", *(complaints(found) or ["As expected: rows, objects, file descriptors."])]
    return "\n".join(lines)


def main() -> None:
    """Run the nights, print the table, write it where that is wanted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nights", type=positive, default=24, help="at least 6 (24)")
    parser.add_argument("--write", action="store_true", help="also into benchmarks/RESULTS.md")
    asked = parser.parse_args()
    if asked.nights < 2 * WARM_UP:
        parser.error(f"--nights: {asked.nights} are too few to see growth; at least {2 * WARM_UP}")
    with (
        tempfile.TemporaryDirectory(prefix="geoschem-bench-nights-") as folder,
        ground(Path(folder), 1, BENCHMARKS, schedule=_SCHEDULE) as here,
    ):
        found = nights(here, asked.nights)
    text = results.part(_TITLE, f"{results.machine()}\n\n{table(found)}")
    print(text)
    if asked.write:
        results.write(text)
    sys.exit(1 if complaints(found) else 0)


if __name__ == "__main__":
    main()
