"""From prototypes to `Fn::ForEach`, which CDK does not know.

Each repeated resource is built once as a prototype, with a reference to the loop's variable where
the copies differ. Here prototypes are moved into their loops, in the forms of AWS's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TRANSFORM = "AWS::LanguageExtensions"


@dataclass(frozen=True)
class Loop:
    """Resources that are repeated for each element of a list."""

    name: str
    variable: str
    """Prototypes refer to it as if it were a parameter."""
    collection: Any
    """A list of texts, or a reference to a parameter."""
    prototypes: Mapping[str, str]
    """Logical id as CDK wrote it → logical id of each copy, with the variable in it."""
    condition: str | None = None
    """Of each copy. A loop over an empty parameter still runs once, for the empty text."""


def into_loops(template: dict[str, Any], loops: Sequence[Loop]) -> dict[str, Any]:
    """The template with each prototype inside its loop, references among them included."""
    resources = dict(template["Resources"])
    for loop in loops:
        bodies = {
            copy: _body(resources.pop(prototype), loop)
            for prototype, copy in loop.prototypes.items()
        }
        resources[f"Fn::ForEach::{loop.name}"] = [loop.variable, loop.collection, bodies]
    return {**template, "Transform": TRANSFORM, "Resources": resources}


def _body(prototype: dict[str, Any], loop: Loop) -> dict[str, Any]:
    renamed = _renamed(prototype, loop.prototypes)
    condition = {"Condition": loop.condition} if loop.condition else {}
    return {"Type": renamed.pop("Type"), **condition, **renamed}


def _renamed(part: Any, copies: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """References to a prototype name the copy of the same turn."""
    if isinstance(part, list):
        return [_renamed(each, copies) for each in part]
    if not isinstance(part, dict):
        return part
    match part:
        case {"Ref": str(name)} if name in copies:
            return {"Ref": {"Fn::Sub": copies[name]}}
        case {"Fn::GetAtt": [str(name), attribute]} if name in copies:
            return {"Fn::GetAtt": [{"Fn::Sub": copies[name]}, attribute]}
    return {key: _renamed(value, copies) for key, value in part.items()}
