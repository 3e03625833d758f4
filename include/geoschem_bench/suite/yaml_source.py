"""YAML text → plain data and the line of every key. The only YAML reader of the package.

Refused before anything is built: large files, alias bombs, tags, doubled keys, binary.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from geoschem_bench.errors import NotFoundError, Problem, SuiteError
from geoschem_bench.suite.plain_yaml import NotPlainError, is_flat, plain_data

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
"""After aliases are written out: nine lines of them can stand for a billion values."""
MAX_DEPTH = 20
_MAX_OPEN = 100
_TOO_DEEP = f"is nested over {MAX_DEPTH} levels deep; a suite needs six: write it flatter"
_LARGEST = 2**53
_TEXT = "tag:yaml.org,2002:str"
_PLAIN_TAGS: dict[type[yaml.Node], str] = {
    yaml.ScalarNode: _TEXT,
    yaml.MappingNode: "tag:yaml.org,2002:map",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
}
_MERGE = "tag:yaml.org,2002:merge"
_CURE = "; mend it here: indentation (spaces, no tabs), colons, quotes, brackets"

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class YamlSource:
    """A parsed file: its data, and where each key stands."""

    path: Path
    sha256: str
    data: Any
    find_lines: Callable[[], dict[Path_, int]]
    problems: tuple[Problem, ...] = ()
    """Tags, doubled keys, unreadable values: the rest of the file can be read all the same."""

    @cached_property
    def lines(self) -> dict[Path_, int]:
        """1-based line of every key; found when first asked for, which is when something is wrong.

        Airflow reads a suite before each of its tasks, and nearly always nothing is.
        """
        return self.find_lines()

    def line(self, where: Path_) -> int:
        """1-based line of the key, or of the nearest thing round it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)


def read_yaml(path: Path) -> YamlSource:
    """Read and parse `path`. Raises NotFoundError, or SuiteError where there is nothing to read."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or str(error)
        raise NotFoundError(f"{path}: {why}; give the path of a suite file") from error
    if len(raw) > MAX_BYTES:
        raise _error(path, 0, f"is larger than {MAX_BYTES // 1_000_000} MB; a suite needs a few kB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _error(path, line, "is not UTF-8 text; is it a suite file?") from error
    return _parse(path, text, hashlib.sha256(raw).hexdigest())


def _error(path: Path, line: int, message: str) -> SuiteError:
    return SuiteError(path, [Problem(str(path), line, "", message)])


def _parse(path: Path, text: str, sha256: str) -> YamlSource:
    loader = yaml.CSafeLoader(text)
    try:
        if not is_flat(text, _MAX_OPEN):
            _refuse_deep_nesting(path, text)
        node = loader.get_single_node()
        if node is None:
            raise _error(path, 0, "is empty; phase_1 to phase_4 are needed, each a list")
        try:
            data = plain_data(text, node, MAX_NODES, MAX_DEPTH)
            return YamlSource(path, sha256, data, lambda: _look_closely(path, node, loader)[0])
        except NotPlainError:
            lines, problems = _look_closely(path, node, loader)
            data = loader.construct_document(node)
            return YamlSource(path, sha256, data, lambda: lines, problems)
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        raise _error(path, line, f"is no text: {error.reason}; is it a suite file?") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        begun = error.context_mark
        inside = f" {error.context} of line {begun.line + 1}" if error.context and begun else ""
        why = f"{error.problem or error}{inside}"
        raise _error(path, line, f"is no valid YAML: {why}{_CURE}") from error
    finally:
        loader.dispose()


def _look_closely(
    path: Path, node: yaml.Node, loader: yaml.CSafeLoader
) -> tuple[dict[Path_, int], tuple[Problem, ...]]:
    """Where everything stands, and what is wrong with it."""
    lines: dict[Path_, int] = {}
    problems = []
    for count, (where, child, problem) in enumerate(_walk(node, (), 0, loader)):
        if count > MAX_NODES:
            raise _error(path, 0, f"stands for over {MAX_NODES:,} values: write it shorter")
        line = child.start_mark.line + 1
        lines.setdefault(where, line)
        if problem:
            problems.append(Problem(str(path), line, dotted(where), problem))
        if problem == _TOO_DEEP:
            raise SuiteError(path, problems)
    return lines, tuple(problems)


def _refuse_deep_nesting(path: Path, text: str) -> None:
    """Before nodes are built: the C reader builds them by recursion and crashes Python itself."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_OPEN:
                mark = event.start_mark
                raise _error(path, mark.line + 1 if mark else 0, _TOO_DEEP)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _walk(
    node: yaml.Node, where: Path_, depth: int, loader: yaml.CSafeLoader
) -> Iterator[tuple[Path_, yaml.Node, str]]:
    """Every node as (path, node, what is wrong with it), aliases written out.

    What is wrong is made plain text on the way, so that the rest of the file can be read.
    """
    if depth > MAX_DEPTH:
        yield where, node, _TOO_DEEP
        return
    yield where, node, _mend(node, loader)
    if isinstance(node, yaml.MappingNode):
        yield from _walk_mapping(node, where, depth, loader)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*where, index), depth + 1, loader)


def _walk_mapping(
    node: yaml.MappingNode, where: Path_, depth: int, loader: yaml.CSafeLoader
) -> Iterator[tuple[Path_, yaml.Node, str]]:
    first: dict[str, int] = {}
    merged: list[yaml.Node] = []
    for key, value in node.value:
        if key.tag == _MERGE:
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            continue
        name = str(key.value)
        if name in first:
            yield (*where, name), key, f"stands in line {first[name]} too; keep one of the two"
        first.setdefault(name, key.start_mark.line + 1)
        yield (*where, name), key, _tag_problem(key, loader)
        if isinstance(key, yaml.ScalarNode):
            key.tag = _TEXT  # keys are text, whatever else `NO` or `5` may be
        yield from _walk(value, (*where, name), depth + 1, loader)
    for mapping in merged:  # last: keys written here go before keys merged in
        yield from _walk(mapping, where, depth + 1, loader)


def _mend(node: yaml.Node, loader: yaml.CSafeLoader) -> str:
    """What is wrong with the node itself; it is made plain then."""
    problem = _tag_problem(node, loader)
    if not problem and isinstance(node, yaml.ScalarNode) and node.tag != _TEXT:
        problem = _value_problem(node)
    if problem:
        node.tag = next(tag for kind, tag in _PLAIN_TAGS.items() if isinstance(node, kind))
    return problem


def _tag_problem(node: yaml.Node, loader: yaml.CSafeLoader) -> str:
    """The plain value has the tag that YAML finds by itself; anything else was written."""
    if node.tag == _PLAIN_TAGS[type(node)]:
        return ""
    if node.tag == loader.resolve(type(node), node.value, (True, False)):  # type: ignore[no-untyped-call]
        return ""
    return f"has the tag {node.tag}; tags are not allowed, write the plain value"


def _value_problem(node: yaml.ScalarNode) -> str:
    """Values that YAML reads as something that nobody means, or cannot read at all."""
    try:
        value = yaml.constructor.SafeConstructor().construct_object(node)
    except ValueError as error:  # the 31st of June; a number of 5,000 digits
        return f"cannot be read ({error}); correct it, or put it in quotes"
    if isinstance(value, int | float) and ":" in node.value:
        return f"is {node.value}, which YAML reads as {value}, base 60; write a plain number"
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "is a number too large for anything here; write a smaller one"
    return ""


def dotted(where: Path_) -> str:
    """`("phase_1", 0, "id")` → `phase_1[0].id`."""
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
