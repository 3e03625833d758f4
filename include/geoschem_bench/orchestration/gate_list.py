"""Which gates a benchmark goes through, and what each of them asks for it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.suite import LOCAL

if TYPE_CHECKING:
    from geoschem_bench.aws.gates import Kind, Want

_TITLES = {
    "queue": "Queue {}",
    "image": "Image of {}",
    "input": "Input data",
    "quota": "Quota of vCPUs",
}
_SPOT = "spot"
"""Spot instances have quotas of their own."""
_FALLBACK = "fallback"


class Gate(NamedTuple):
    """One gate."""

    task_id: str
    kind: Kind
    title: str
    is_fallback: bool
    """Of where spot benchmarks go the second time: it keeps nobody from the first."""


def grouped(
    planned: Iterable[PlannedBenchmark],
) -> dict[Gate, list[PlannedBenchmark]]:
    """Gates by task id, each with the benchmarks that go through it, as they do so."""
    found: dict[Gate, list[PlannedBenchmark]] = {}
    for item in planned:
        for gate in own_gates(item):
            found.setdefault(gate, []).append(item)
        if item.fallback_queue:
            second = item.on_demand()
            for gate in fallback_gates(second):
                found.setdefault(gate, []).append(second)
    return dict(sorted(found.items()))


def own_gates(planned: PlannedBenchmark) -> Iterator[Gate]:
    """The gates of the queue that it goes to."""
    if planned.unavailable:
        return  # it fails for that, whatever is there
    benchmark = planned.benchmark
    yield _gate("queue", planned.job_queue)
    yield _gate("image", planned.job_definition, planned.architecture)
    if benchmark.application != "proxy" and (benchmark.input or "").startswith("s3://"):
        yield _gate("input")
    if benchmark.hardware.instance_type != LOCAL:
        yield _gate("quota", *([_SPOT] if benchmark.purchase_option == "spot" else []))


def fallback_gates(planned: PlannedBenchmark) -> Iterator[Gate]:
    """Those of one that is on demand because spot has failed it.

    Args:
        planned: As it is then: `PlannedBenchmark.on_demand`.
    """
    if planned.unavailable:
        return
    yield _gate("queue", planned.job_queue, is_fallback=True)
    if planned.benchmark.hardware.instance_type != LOCAL:
        yield _gate("quota", is_fallback=True)


def wants(planned: Iterable[PlannedBenchmark]) -> Iterator[Want]:
    """What benchmarks need of AWS."""
    from geoschem_bench.aws.gates import Want

    for item in planned:
        hardware = item.benchmark.hardware
        yield Want(
            id=item.id,
            queue=item.job_queue,
            definition=item.job_definition,
            architecture=item.architecture,
            instance_type=hardware.instance_type,
            vcpus=item.vcpus,
            nodes=hardware.nodes,
            is_spot=item.benchmark.purchase_option == "spot",
            input=item.benchmark.input,
        )


@lru_cache(1024)  # a thousand benchmarks go through a few gates, at every parse
def _gate(kind: Kind, *names: str, is_fallback: bool = False) -> Gate:
    shown = [name.rsplit("/", 1)[-1] for name in names]
    title = _TITLES[kind].format(", ".join(shown))
    if kind == "quota" and names:
        title += ", spot"
    parts = (_FALLBACK, kind, *names) if is_fallback else (kind, *names)
    return Gate(task_id_of(parts), kind, title + " (fallback)" * is_fallback, is_fallback)


def task_id_of(names: Sequence[str]) -> str:
    """A name may be an ARN, which no task id can be; two names never become one id."""
    given = "-".join(names)
    clean = re.sub(r"[^A-Za-z0-9_-]+", "_", given)[:150]
    if clean == given:
        return clean
    return f"{clean}-{hashlib.sha256(given.encode()).hexdigest()[:8]}"
