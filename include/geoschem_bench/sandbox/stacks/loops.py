"""`Fn::ForEach` of `AWS::LanguageExtensions`: a template with loops becomes one without."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError

_LOOP = "Fn::ForEach::"
_LOOPED_SECTIONS = ("Conditions", "Outputs", "Resources")
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")
_LOOP_NAME = re.compile(r"[A-Za-z0-9]+")

Template = dict[str, Any]
Node = Any
"""Any part of a template."""
Resolve = Callable[[Node], Any]
"""What a loop's collection is, by what is known before any resource is: parameters."""


def expanded(template: Template, resolve: Resolve) -> Template:
    """The template with every loop written out.

    Raises:
        ValidationError: a loop is malformed, or makes the same name twice.
    """
    expander = _Expander(resolve, template.get("Parameters", {}))
    present = [section for section in _LOOPED_SECTIONS if section in template]
    return {**template, **{section: expander.of(template[section], {}) for section in present}}


def declared(resources: Template) -> Iterator[Template]:
    """Every resource that a template speaks of; those of a loop once."""
    for name, each in resources.items():
        if not name.startswith(_LOOP):
            yield each
        elif isinstance(each, list) and isinstance(each[-1], dict):
            yield from declared(each[-1])


def substituted(text: str, variables: Mapping[str, str]) -> str:
    """`${X}` is the value, `&{X}` its letters and digits, for names that allow nothing else."""
    for name, value in variables.items():
        text = text.replace(f"${{{name}}}", value)
        text = text.replace(f"&{{{name}}}", _NOT_ALPHANUMERIC.sub("", value))
    return text


class _Expander:
    def __init__(self, resolve: Resolve, parameters: Collection[str]) -> None:
        self._resolve = resolve
        self._parameters = parameters

    def of(self, node: Node, variables: Mapping[str, str]) -> Node:
        if isinstance(node, str):
            return substituted(node, variables)
        if isinstance(node, list):
            return [self.of(each, variables) for each in node]
        if not isinstance(node, dict):
            return node
        if set(node) == {"Ref"} and isinstance(node["Ref"], str) and node["Ref"] in variables:
            return variables[node["Ref"]]
        made: Template = {}
        for name, entry in self._entries(node, variables):
            if name in made:
                raise _failed(f"a loop makes the name {name} a second time")
            made[name] = entry
        return made

    def _entries(self, node: Template, variables: Mapping[str, str]) -> Iterator[tuple[str, Node]]:
        for key, value in node.items():
            if not key.startswith(_LOOP):
                yield substituted(key, variables), self.of(value, variables)
                continue
            identifier, items, body = self._parts(key, value, variables)
            found = self._resolve(self.of(items, variables))
            if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
                raise _failed(f"{key}: the collection must be a list of texts")
            for item in found:
                yield from self._entries(body, {**variables, identifier: item})

    def _parts(self, key: str, value: Node, outer: Mapping[str, str]) -> tuple[str, Node, Template]:
        if not isinstance(value, list) or len(value) != 3:
            raise _failed(f"{key}: must be a list of three: identifier, collection, body")
        identifier, items, body = value
        is_known = identifier in (*self._parameters, *outer)
        for is_wrong, why in (
            (not _LOOP_NAME.fullmatch(key.removeprefix(_LOOP)), "a name is of letters and digits"),
            (not isinstance(identifier, str) or not identifier, "the identifier must be a text"),
            (is_known, f"the identifier {identifier} is a parameter or an outer loop's"),
            (not isinstance(body, dict) or not body, "the body must be an object"),
        ):
            if is_wrong:
                raise _failed(f"{key}: {why}")
        for name in body:
            is_named = f"${{{identifier}}}" in name or f"&{{{identifier}}}" in name
            if not name.startswith(_LOOP) and not is_named:
                raise _failed(f"{key}: the name {name} must contain ${{{identifier}}}")
        return identifier, items, body


def _failed(why: str) -> ValidationError:
    return ValidationError(message=f"Transform AWS::LanguageExtensions failed with: {why}")
