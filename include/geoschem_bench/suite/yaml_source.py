"""YAML text → plain data and the line of every key. The only YAML reader of the package.

Refused before anything is built: large files, alias bombs, tags, doubled keys, binary.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from geoschem_bench.errors import NotFoundError, Problem, SuiteError

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
"""After aliases are written out: nine lines of them can stand for a billion values."""
MAX_DEPTH = 20

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class YamlSource:
    """A parsed file: its data, and where each key stands."""

    path: Path
    sha256: str
    data: Any
    lines: dict[Path_, int]

    def line(self, where: Path_) -> int:
        """1-based line of the key, or of the nearest thing round it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)


def read_yaml(path: Path) -> YamlSource:
    """Read and parse `path`. Raises NotFoundError, or SuiteError with the one thing wrong."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}; give the path of a suite file") from error
    if len(raw) > MAX_BYTES:
        raise _error(path, 0, f"is larger than {MAX_BYTES // 1_000_000} MB; a suite is a few kB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _error(path, line, "is not UTF-8 text; is it a suite file?") from error
    data, lines = _parse(path, text)
    return YamlSource(path, hashlib.sha256(raw).hexdigest(), data, lines)


def _error(path: Path, line: int, message: str) -> SuiteError:
    return SuiteError(path, [Problem(str(path), line, "", message)])


def _parse(path: Path, text: str) -> tuple[Any, dict[Path_, int]]:
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise _error(path, 0, "is empty; phase_1 to phase_4 are needed, each a list")
        lines: dict[Path_, int] = {}
        problems = []
        for count, (where, child, problem) in enumerate(_walk(node, (), 0)):
            if count > MAX_NODES:
                raise _error(path, 0, f"stands for over {MAX_NODES:,} values: write it shorter")
            lines.setdefault(where, child.start_mark.line + 1)
            if problem:
                line = child.start_mark.line + 1
                problems.append(Problem(str(path), line, dotted(where), problem))
        if problems:
            raise SuiteError(path, problems)
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise _error(path, line, f"is no valid YAML: {error.problem or error}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # ValueError: an impossible date such as 2026-13-45, which the YAML reader tries to build
        raise _error(path, 0, f"is no valid YAML: {error}") from error
    finally:
        loader.dispose()  # type: ignore[no-untyped-call]


def _walk(node: yaml.Node, where: Path_, depth: int) -> Iterator[tuple[Path_, yaml.Node, str]]:
    """Every node as (path, node, what is wrong with it), aliases written out."""
    problem = ""
    if depth > MAX_DEPTH:
        yield where, node, f"is nested over {MAX_DEPTH} levels deep; a suite needs six"
        return
    if not str(node.tag).startswith("tag:yaml.org,2002:") or "python" in str(node.tag):
        problem = f"has the tag {node.tag}; tags are not allowed, write the plain value"
    yield where, node, problem
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                yield (*where, name), key, "stands twice; keep one of the two"
            seen.add(name)
            yield (*where, name), key, ""
            yield from _walk(value, (*where, name), depth + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*where, index), depth + 1)


def dotted(where: Path_) -> str:
    """`("phase_1", 0, "id")` → `phase_1[0].id`."""
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
