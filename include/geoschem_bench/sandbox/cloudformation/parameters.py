"""A template's parameters: defaults, what was given, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from geoschem_bench.sandbox.cloudformation.errors import StackError
from geoschem_bench.sandbox.cloudformation.templates import Template

Values = dict[str, Any]
_LISTS = ("CommaDelimitedList", "List<")


def given_parameters(
    template: Template, requested: list[dict[str, Any]], previous: Mapping[str, str]
) -> dict[str, str]:
    """What a request says of the parameters, as texts, checked against the template."""
    slots = template.get("Parameters", {})
    given = {}
    for entry in requested:
        name = entry["ParameterKey"]
        if entry.get("UsePreviousValue"):
            if name in previous:
                given[name] = previous[name]
        else:
            given[name] = str(entry.get("ParameterValue", ""))
    unknown = [name for name in given if name not in slots]
    if unknown:
        raise StackError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, slot in slots.items() if name not in given and "Default" not in slot]
    if missing:
        raise StackError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, slot in slots.items():
        _check(name, slot, given[name] if name in given else str(slot["Default"]))
    return given


def values_of(template: Template, given: Mapping[str, str]) -> Values:
    """Every parameter's value as `Ref` gives it: a text, or a list of texts."""
    values: Values = {}
    for name, slot in template.get("Parameters", {}).items():
        text = given[name] if name in given else str(slot["Default"])
        is_list = str(slot.get("Type", "String")).startswith(_LISTS)
        # As on AWS an empty text is a list of one empty text
        values[name] = [part.strip() for part in text.split(",")] if is_list else text
    return values


def _check(name: str, slot: Mapping[str, Any], text: str) -> None:
    kind = slot.get("Type", "String")
    parts = [part.strip() for part in text.split(",")] if kind.startswith(_LISTS) else [text]
    allowed = [str(each) for each in slot.get("AllowedValues", [])]
    for part in parts:
        if allowed and part not in allowed:
            raise StackError(f"Parameter '{name}' must be one of AllowedValues")
        pattern = slot.get("AllowedPattern")
        if pattern is not None and not re.fullmatch(pattern, part):
            why = slot.get("ConstraintDescription", f"must match pattern {pattern}")
            raise StackError(f"Parameter '{name}' failed to satisfy constraint: {why}")
        if kind in ("Number", "List<Number>"):
            _check_number(name, slot, part)
    if kind == "String":
        _check_length(name, slot, text)


def _check_number(name: str, slot: Mapping[str, Any], text: str) -> None:
    try:
        number = float(text)
    except ValueError as error:
        raise StackError(f"Parameter '{name}' must be a number.") from error
    if "MinValue" in slot and number < float(slot["MinValue"]):
        raise StackError(f"Parameter '{name}' must be a number not less than {slot['MinValue']}")
    if "MaxValue" in slot and number > float(slot["MaxValue"]):
        raise StackError(f"Parameter '{name}' must be a number not greater than {slot['MaxValue']}")


def _check_length(name: str, slot: Mapping[str, Any], text: str) -> None:
    if "MinLength" in slot and len(text) < int(slot["MinLength"]):
        raise StackError(f"Parameter '{name}' must contain at least {slot['MinLength']} characters")
    if "MaxLength" in slot and len(text) > int(slot["MaxLength"]):
        raise StackError(f"Parameter '{name}' must contain at most {slot['MaxLength']} characters")
