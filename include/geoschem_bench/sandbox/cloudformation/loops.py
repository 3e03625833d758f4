"""`Fn::ForEach` of `AWS::LanguageExtensions`: a template with loops becomes one without."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from geoschem_bench.sandbox.cloudformation.errors import StackError
from geoschem_bench.sandbox.cloudformation.templates import LANGUAGE_EXTENSIONS, Template

LOOP = "Fn::ForEach::"
_LOOPED_SECTIONS = ("Conditions", "Outputs", "Resources")
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")
_LOOP_NAME = re.compile(r"[A-Za-z0-9]+")

Collection = Callable[[Any], Any]
"""Resolves what a collection says with what is known before any resource is: parameters."""


def expanded(template: Template, collection: Collection) -> Template:
    """The template with every loop written out.

    Raises:
        StackError: a loop is malformed, or makes the same name twice.
    """
    looped = {
        section: _expand(template[section], {}, collection, template)
        for section in _LOOPED_SECTIONS
        if section in template
    }
    return {**template, **looped}


def substituted(text: str, variables: Mapping[str, str]) -> str:
    """`${X}` is the value, `&{X}` its letters and digits, for names that allow nothing else."""
    for name, value in variables.items():
        text = text.replace(f"${{{name}}}", value)
        text = text.replace(f"&{{{name}}}", _NOT_ALPHANUMERIC.sub("", value))
    return text


def _expand(
    node: Any,  # noqa: ANN401 - any JSON
    variables: Mapping[str, str],
    collection: Collection,
    template: Template,
) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, str):
        return substituted(node, variables)
    if isinstance(node, list):
        return [_expand(each, variables, collection, template) for each in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"Ref"} and isinstance(node["Ref"], str) and node["Ref"] in variables:
        return variables[node["Ref"]]
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key.startswith(LOOP):
            entries = _loop(key, value, variables, collection, template)
        else:
            entries = {substituted(key, variables): _expand(value, variables, collection, template)}
        for name, entry in entries.items():
            if name in made:
                raise _failed(f"{key} makes the name {name} a second time")
            made[name] = entry
    return made


def _loop(
    key: str,
    value: Any,  # noqa: ANN401 - any JSON
    outer: Mapping[str, str],
    collection: Collection,
    template: Template,
) -> dict[str, Any]:
    identifier, items, body = _parts(key, value, template, outer)
    made: dict[str, Any] = {}
    resolved = collection(_expand(items, outer, collection, template))
    if not isinstance(resolved, list) or not all(isinstance(each, str) for each in resolved):
        raise _failed(f"{key}: the collection must be a list of texts")
    for item in resolved:
        variables = {**outer, identifier: item}
        entries = _expand(body, variables, collection, template)
        for name in entries:
            if name in made:
                raise _failed(f"{key}: '{item}' makes the name {name} a second time")
        made.update(entries)
    return made


def _parts(
    key: str,
    value: Any,  # noqa: ANN401 - any JSON
    template: Template,
    outer: Mapping[str, str],
) -> tuple[str, Any, dict[str, Any]]:
    if not _LOOP_NAME.fullmatch(key.removeprefix(LOOP)):
        raise _failed(f"{key}: a loop's name is made of letters and digits")
    if not isinstance(value, list) or len(value) != 3:
        raise _failed(f"{key}: must be a list of three: identifier, collection, body")
    identifier, items, body = value
    if not isinstance(identifier, str) or not identifier:
        raise _failed(f"{key}: the identifier must be a text")
    taken = {*template.get("Parameters", {}), *outer}
    if identifier in taken:
        raise _failed(f"{key}: the identifier {identifier} is a parameter or an outer loop's")
    if not isinstance(body, dict) or not body:
        raise _failed(f"{key}: the body must be an object")
    for name in body:
        if not name.startswith(LOOP) and not _mentions(name, identifier):
            raise _failed(f"{key}: the name {name} must contain ${{{identifier}}}")
    return identifier, items, body


def _mentions(text: str, identifier: str) -> bool:
    return f"${{{identifier}}}" in text or f"&{{{identifier}}}" in text


def _failed(why: str) -> StackError:
    return StackError(f"Transform {LANGUAGE_EXTENSIONS} failed with: {why}")
