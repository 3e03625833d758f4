"""pydantic's errors in our words: what was given, what is allowed, what to do."""

from __future__ import annotations

import types
import typing
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError

from geoschem_bench.suite import names

Where = tuple[str | int, ...]

_WANTED = {
    "string_type": "text is needed",
    "int_type": "a whole number is needed",
    "int_parsing_size": "a smaller number is needed",
    "int_from_float": "a whole number is needed",
    "float_type": "a number is needed",
    "finite_number": "a finite number is needed",
    "bool_type": "true or false is needed",
    "dict_type": "keys with values are needed",
    "tuple_type": "a list is needed",
    "list_type": "a list is needed",
    "greater_than": "it must be greater than {gt}",
    "greater_than_equal": "it must be {ge} or more",
    "less_than_equal": "it must be {le} or less",
    "string_too_long": "it may have {max_length} characters at most",
    "string_too_short": "it may not be empty",
    "string_pattern_mismatch": "allowed are 1 to 64 of the characters A-Z a-z 0-9 and -",
}  # fmt: skip
_SHOWN = 60
MISSING = "is missing"


def messages(
    error: ValidationError, model: type[BaseModel], more_keys: tuple[str, ...] = ()
) -> list[tuple[Where, str]]:
    """(path of the key, sentence) for each mistake that pydantic found in a `model`.

    `more_keys` are known at its top level besides its own.
    """
    items = error.errors(include_url=False)
    return [(item["loc"], _sentence(dict(item), model, more_keys)) for item in items]


def _sentence(item: dict[str, Any], model: type[BaseModel], more_keys: tuple[str, ...]) -> str:
    kind, given, context = item["type"], item["input"], item.get("ctx", {})
    if kind == "extra_forbidden":
        known = _known_keys(model, item["loc"][:-1])
        known += more_keys if len(item["loc"]) == 1 else ()
        hint = names.likeliest(item["loc"][-1], known)
        return f"is an unknown key{hint}; known here: {', '.join(known)}"
    if kind == "missing":
        return f"{MISSING} and has no default; add it"
    if kind == "literal_error":
        allowed = str(context["expected"]).replace("'", "").replace(" or ", ", ")
        return f"is {show(given)}; allowed: {allowed}{names.likeliest(given, allowed.split(', '))}"
    if kind == "model_type":
        known = _known_keys(model, item["loc"])
        return f"is {show(given)}; a block of keys is needed: {', '.join(known)}"
    if kind == "string_type" and isinstance(given, bool | int | float | date):
        return f"is {show(given)}; text is needed: put it in quotes"
    if kind in ("float_type", "int_type") and isinstance(given, str):
        return f"is {show(given)}, which is text; {_WANTED[kind]}, without quotes (0.001, not 1e-3)"
    if kind in _WANTED:
        return f"is {show(given)}; {_WANTED[kind].format(**context)}"
    return str(item["msg"])


def show(value: object) -> str:
    """A value as an error shows it: short, and with its kind where that is the mistake."""
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "a block of keys"
    text = f"the date {value}" if isinstance(value, date) else repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _known_keys(model: type[BaseModel], where: Where) -> tuple[str, ...]:
    """Keys of the section at `where` inside `model`."""
    for part in where:
        field = model.model_fields.get(str(part))
        inner = _section_of(field.annotation) if field else None
        if inner is None:
            break
        model = inner
    return tuple(model.model_fields)


def _section_of(annotation: object) -> type[BaseModel] | None:
    """`Section` out of `Section | None`."""
    options = (
        typing.get_args(annotation)
        if typing.get_origin(annotation) in (typing.Union, types.UnionType)
        else (annotation,)
    )
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)
