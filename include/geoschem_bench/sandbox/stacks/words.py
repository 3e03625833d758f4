"""From CloudFormation's PascalCase to the words of an API, by botocore's model of that API."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from geoschem_bench.sandbox.models import service_model


@cache
def _input(service: str, operation: str) -> Shape:
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        raise LookupError(f"{service} {operation} takes nothing")
    return shape


def request(service: str, operation: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The request that these properties mean.

    Raises:
        ValueError: the operation knows no such property, or misses one.
    """
    shape = _input(service, operation)
    made: dict[str, Any] = _translated(properties, shape, "#")
    report = ParamValidator().validate(made, shape)
    if report.has_errors():
        raise ValueError(report.generate_report())
    return made


def _translated(value: Any, shape: Shape, path: str) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        unknown = [key for key in value if key.lower() not in members]
        if unknown:
            raise ValueError(f"{path}: extraneous key [{unknown[0]}] is not permitted")
        names = {key: members[key.lower()] for key in value}
        return {
            names[key]: _translated(each, shape.members[names[key]], f"{path}/{key}")
            for key, each in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_translated(each, shape.member, f"{path}/{n}") for n, each in enumerate(value)]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: _translated(each, shape.value, path) for key, each in value.items()}
    return _scalar(value, shape, path)


def _scalar(value: Any, shape: Shape, path: str) -> Any:  # noqa: ANN401 - any JSON
    """CloudFormation takes "1" for 1 and "true" for true, and the other way round."""
    kind = shape.type_name
    if kind in ("integer", "long") and isinstance(value, str):
        try:
            return int(value)
        except ValueError as error:
            raise ValueError(f"{path}: expected type: Integer, found: String") from error
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "string" and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
