"""`matrix:` → the cross product of its lists, as plain benchmarks."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterator
from typing import Any

from geoschem_bench.suite.messages import show
from geoschem_bench.suite.yaml_source import Path_

MAX_BENCHMARKS = 1000


class MatrixProblem(Exception):  # noqa: N818 - it never leaves the suite reader
    """What is wrong with a matrix, and where inside the entry."""

    def __init__(self, where: Path_, message: str) -> None:
        super().__init__(where, message)
        self.where = where
        self.message = message


def expand(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry → its benchmarks, in the order written; an entry without matrix is itself.

    Raises MatrixProblem.
    """
    if "matrix" not in entry and "exclude" not in entry:
        return [entry]
    axes = _axes(entry.get("matrix"))
    _check_id(entry.get("id"), axes)
    excluded = _excluded(entry.get("exclude"), axes)
    base = {k: v for k, v in entry.items() if k not in ("matrix", "exclude")}
    points = list(itertools.islice(_points(axes), MAX_BENCHMARKS + 1))
    if len(points) > MAX_BENCHMARKS:
        raise MatrixProblem(("matrix",), f"makes over {MAX_BENCHMARKS} benchmarks; sweep less")
    kept = [p for p in points if not any(rule.items() <= p.items() for rule in excluded)]
    if not kept:
        raise MatrixProblem(("exclude",), "leaves nothing of the matrix; exclude less")
    return [_filled(base, point) for point in kept]


def _axes(matrix: object) -> dict[str, list[Any]]:
    if not isinstance(matrix, dict) or not matrix:
        raise MatrixProblem(("matrix",), "must hold dotted keys with lists, such as "
                            "hardware.instance_type: [c7g.4xlarge, c7i.4xlarge]")  # fmt: skip
    for key, values in matrix.items():
        if not isinstance(values, list) or not values or not _are_plain(values):
            raise MatrixProblem(("matrix", str(key)), f"is {show(values)}; a list of plain values "
                                "is needed, with at least one")  # fmt: skip
    return {str(key): values for key, values in matrix.items()}


def _are_plain(values: list[Any]) -> bool:
    return all(isinstance(value, str | int | float | bool) for value in values)


def _check_id(name: object, axes: dict[str, list[Any]]) -> None:
    missing = [key for key in axes if f"{{{key}}}" not in str(name)]
    if missing:
        wanted = ", ".join(f"{{{key}}}" for key in missing)
        raise MatrixProblem(("id",), f"is {show(name)}; put {wanted} into it, so that each "
                            "benchmark of the matrix has an id of its own")  # fmt: skip


def _excluded(rules: object, axes: dict[str, list[Any]]) -> list[dict[str, Any]]:
    if rules is None:
        return []
    if not isinstance(rules, list) or not all(isinstance(rule, dict) and rule for rule in rules):
        raise MatrixProblem(("exclude",), "must be a list of blocks, each with swept keys")
    for index, rule in enumerate(rules):
        for key, value in rule.items():
            if value not in axes.get(key, []):
                raise MatrixProblem(("exclude", index, str(key)), f"is {show(value)}, which the "
                                    f"matrix never takes; its keys: {', '.join(axes)}")  # fmt: skip
    return rules


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
                raise MatrixProblem(("matrix", key), f"goes into {name}, which is no block")
            place = inner
        place[last] = value
        slug = re.sub(r"[^A-Za-z0-9]+", "-", str(value))
        benchmark["id"] = str(benchmark["id"]).replace(f"{{{key}}}", slug)
    return benchmark
