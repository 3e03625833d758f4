"""The short way through a suite file that holds nothing but plain values.

Airflow parses a suite before each task of it. Most files have neither tags nor aliases nor
anything wrong, and then their nodes become data in one go; whatever is not plain takes the long
way, in `yaml_source`, which knows where everything stands and what is wrong with it.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
_BOOLEANS = {"true": True, "false": False}
_NOT_PLAIN = ("!", "&", "<<")
"""Where one of these stands, there may be a tag, an alias or a merge."""
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_INDENT = re.compile(r"^[ \t?:-]*", re.M)


class NotPlainError(Exception):
    """Take the long way."""


def is_flat(text: str, most: int) -> bool:
    """Whether it cannot be nested deeper than `most`, seen from its indentation alone.

    Each bracket may open a level, each column of indentation two (a list in a mapping).
    """
    if any(mark in text for mark in _NOT_PLAIN):
        return False
    brackets = text.count("[") + text.count("{")
    return brackets + 2 * max(map(len, _INDENT.findall(text))) + 2 <= most


def plain_data(text: str, node: yaml.Node, most_nodes: int, most_levels: int) -> Any:  # noqa: ANN401 - as YAML has it
    """The data of a document.

    Raises:
        NotPlainError: it has something that must be looked at closely.
    """
    if any(mark in text for mark in _NOT_PLAIN):
        raise NotPlainError
    return _Builder(most_nodes).build(node, most_levels)


class _Builder:
    def __init__(self, most_nodes: int) -> None:
        self.left = most_nodes

    def build(self, node: yaml.Node, levels: int) -> Any:  # noqa: ANN401 - as YAML has it
        if levels < 0:
            raise NotPlainError
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, levels)
        if isinstance(node, yaml.SequenceNode):
            self._count(len(node.value))
            return [
                each.value if each.tag == _TEXT else self.build(each, levels - 1)
                for each in node.value
            ]
        return _value(node)

    def _mapping(self, node: yaml.MappingNode, levels: int) -> dict[str, Any]:
        self._count(2 * len(node.value))
        found = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in found:
                raise NotPlainError
            # keys are text, whatever else `NO` or `5` may be
            found[key.value] = value.value if value.tag == _TEXT else self.build(value, levels - 1)
        return found

    def _count(self, nodes: int) -> None:
        self.left -= nodes
        if self.left < 0:
            raise NotPlainError


def _value(node: yaml.Node) -> object:
    text = node.value
    if node.tag == _TEXT:
        return text
    if node.tag == _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    raise NotPlainError
