"""`matrix:` → the cross product of its lists, as plain benchmarks."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterator
from typing import Any

from geoschem_bench.suite.messages import show
from geoschem_bench.suite.names import likeliest
from geoschem_bench.suite.yaml_source import Path_

MAX_BENCHMARKS = 1000
SWEEPING_KEYS = ("matrix", "exclude")


class MatrixProblem(Exception):  # noqa: N818 - it never leaves the suite reader
    """What is wrong with a matrix: (where inside the entry, sentence) of each mistake."""

    def __init__(self, *findings: tuple[Path_, str]) -> None:
        super().__init__(*findings)
        self.findings = findings


def expand(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry → its benchmarks, in the order written; an entry without matrix is itself.

    Raises MatrixProblem.
    """
    if "matrix" not in entry:
        if "exclude" in entry:
            raise MatrixProblem((("exclude",), "excludes from no matrix; write one, or drop it"))
        return [entry]
    axes = _axes(entry["matrix"])
    excluded = entry.get("exclude") or []
    wrong = [*_id_problems(entry.get("id"), axes), *_exclude_problems(excluded, axes)]
    if wrong:
        raise MatrixProblem(*wrong)
    base = {k: v for k, v in entry.items() if k not in SWEEPING_KEYS}
    points = list(itertools.islice(_points(axes), MAX_BENCHMARKS + 1))
    if len(points) > MAX_BENCHMARKS:
        raise MatrixProblem((("matrix",), f"makes over {MAX_BENCHMARKS} benchmarks; sweep less"))
    kept = [p for p in points if not any(rule.items() <= p.items() for rule in excluded)]
    if not kept:
        raise MatrixProblem((("exclude",), "leaves nothing of the matrix; exclude less"))
    return [_filled(base, point) for point in kept]


def _axes(matrix: object) -> dict[str, list[Any]]:
    if not isinstance(matrix, dict) or not matrix:
        wanted = (
            "dotted keys with lists, such as hardware.instance_type: [c7g.4xlarge, c7i.4xlarge]"
        )
        raise MatrixProblem((("matrix",), f"is {show(matrix)}; it must hold {wanted}"))
    wrong = [
        (("matrix", key), f"is {show(values)}; a list of plain values is needed, with at least one")
        for key, values in matrix.items()
        if not isinstance(values, list) or not values or not _are_plain(values)
    ]
    if wrong:
        raise MatrixProblem(*wrong)
    return matrix


def _are_plain(values: list[Any]) -> bool:
    return all(isinstance(value, str | int | float | bool) for value in values)


def _id_problems(name: object, axes: dict[str, list[Any]]) -> Iterator[tuple[Path_, str]]:
    missing = [key for key in axes if f"{{{key}}}" not in str(name)]
    if missing:
        wanted = ", ".join(f"{{{key}}}" for key in missing)
        yield ("id",), (f"is {show(name)}; put {wanted} into it, so that each benchmark of the "
                        "matrix has an id of its own")  # fmt: skip


def _exclude_problems(rules: object, axes: dict[str, list[Any]]) -> Iterator[tuple[Path_, str]]:
    if not isinstance(rules, list) or not all(isinstance(rule, dict) and rule for rule in rules):
        yield ("exclude",), f"is {show(rules)}; it must be a list of blocks, each with swept keys"
        return
    for index, rule in enumerate(rules):
        for key, value in rule.items():
            where = ("exclude", index, key)
            if key not in axes:
                hint = likeliest(key, axes)
                yield where, f"is not swept by the matrix{hint}; its keys: {', '.join(axes)}"
            elif value not in axes[key]:
                taken = ", ".join(str(v) for v in axes[key])
                yield where, f"is {show(value)}, which the matrix never takes; its values: {taken}"


def _points(axes: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def _filled(base: dict[str, Any], point: dict[str, Any]) -> dict[str, Any]:
    benchmark = copy.deepcopy(base)
    for key, value in point.items():
        *sections, last = key.split(".")
        place = benchmark
        for name in sections:
            inner = place.setdefault(name, {})
            if not isinstance(inner, dict):
                message = f"goes into {name}, which is {show(inner)}; write keys into {name}"
                raise MatrixProblem((("matrix", key), message))
            place = inner
        place[last] = value
        slug = re.sub(r"[^A-Za-z0-9]+", "-", str(value))
        benchmark["id"] = str(benchmark["id"]).replace(f"{{{key}}}", slug)
    return benchmark
