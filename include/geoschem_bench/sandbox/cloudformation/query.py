"""AWS's query protocol: forms come in, XML goes out, as botocore's model says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, Shape, StructureShape


def parameters_of(form: Mapping[str, str], shape: Shape | None) -> dict[str, Any]:
    """A form such as `Tags.member.1.Key=a` as a document."""
    if not isinstance(shape, StructureShape):
        return {}
    found: dict[str, Any] = _read(form, shape, "")
    return found


def _read(form: Mapping[str, str], shape: Shape, path: str) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(shape, StructureShape):
        members = {}
        for name, member in shape.members.items():
            inner = f"{path}.{name}" if path else name
            if any(key == inner or key.startswith(f"{inner}.") for key in form):
                members[name] = _read(form, member, inner)
        return members
    if isinstance(shape, ListShape):
        items: list[Any] = []
        while any(
            key == (inner := f"{path}.member.{len(items) + 1}") or key.startswith(f"{inner}.")
            for key in form
        ):
            items.append(_read(form, shape.member, inner))
        return items
    text = form[path]
    if shape.type_name == "boolean":
        return text == "true"
    return int(text) if shape.type_name == "integer" else text


def answer_of(operation: str, shape: Shape | None, result: Any) -> str:  # noqa: ANN401 - any JSON
    """The XML of an answer."""
    body = _write(shape, result) if shape is not None else ""
    if shape is not None:
        body = f"<{operation}Result>{body}</{operation}Result>"
    metadata = "<ResponseMetadata><RequestId>sandbox</RequestId></ResponseMetadata>"
    return f"<{operation}Response>{body}{metadata}</{operation}Response>"


def error_of(code: str, message: str) -> str:
    """The XML of a refusal."""
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message>"
    return f"<ErrorResponse><Error>{error}</Error><RequestId>sandbox</RequestId></ErrorResponse>"


def _write(shape: Shape, value: Any) -> str:  # noqa: ANN401 - any JSON
    if isinstance(shape, StructureShape):
        return "".join(
            f"<{name}>{_write(member, value[name])}</{name}>"
            for name, member in shape.members.items()
            if value.get(name) is not None
        )
    if isinstance(shape, ListShape):
        return "".join(f"<member>{_write(shape.member, each)}</member>" for each in value)
    if isinstance(shape, MapShape):
        return "".join(
            f"<entry><key>{escape(key)}</key><value>{_write(shape.value, each)}</value></entry>"
            for key, each in value.items()
        )
    return escape(str(value).lower() if isinstance(value, bool) else str(value))
