"""Intrinsic functions: from what a template says to what it means."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from geoschem_bench.sandbox.cloudformation.errors import StackError

IN_SUB = re.compile(r"\$\{([^}]*)\}")
NO_VALUE = object()
"""`AWS::NoValue`: the property or element that has it is left out."""


@dataclass
class Scope:
    """All that a function may ask for."""

    values: Mapping[str, Any]
    """Parameters and pseudo parameters."""
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    """As the template says them; resolved when asked."""
    resource: Callable[[str], Any] = lambda _: None
    """What `Ref` gives of a resource, None where there is none of that name."""
    attribute: Callable[[str, str], Any] = lambda _, __: None

    def resolve(self, node: Any) -> Any:  # noqa: ANN401 - any JSON
        """The node with every function replaced by its value."""
        if isinstance(node, list):
            resolved = [self.resolve(each) for each in node]
            return [each for each in resolved if each is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            function = _FUNCTIONS.get(name)
            if function is not None:
                return function(self, argument)
            if name.startswith("Fn::"):
                raise StackError(f"Template error: {name} is no function that the sandbox knows")
        resolved_items = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved_items.items() if value is not NO_VALUE}

    def holds(self, name: str) -> bool:
        """Whether a condition is true."""
        if name not in self.conditions:
            raise StackError(f"Template error: unresolved condition dependency {name}")
        return self._is_true(self.conditions[name])

    def _is_true(self, node: Any) -> bool:  # noqa: ANN401 - any JSON
        if not isinstance(node, dict) or len(node) != 1:
            raise StackError("Template error: every condition must be one function")
        [(name, argument)] = node.items()
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::Equals":
            left, right = (self.resolve(each) for each in argument)
            return bool(_text(left) == _text(right))
        if name == "Fn::Not":
            return not self._is_true(argument[0])
        if name in ("Fn::And", "Fn::Or"):
            every = [self._is_true(each) for each in argument]
            return all(every) if name == "Fn::And" else any(every)
        raise StackError(f"Template error: {name} is no function of a condition")


def _text(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """CloudFormation knows texts only: true is "true", 1 is "1"."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, list | dict) else str(value)


def _ref(scope: Scope, name: Any) -> Any:  # noqa: ANN401 - any JSON
    name = scope.resolve(name)  # the extensions of the language let a function say it
    if name == "AWS::NoValue":
        return NO_VALUE
    if name in scope.values:
        return scope.values[name]
    found = scope.resource(name)
    if found is None:
        raise StackError(
            f"Template format error: Unresolved resource dependencies [{name}] in the Resources "
            "block of the template"
        )
    return found


def _get_att(scope: Scope, argument: Any) -> Any:  # noqa: ANN401 - any JSON
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    return scope.attribute(str(scope.resolve(parts[0])), str(scope.resolve(parts[1])))


def _join(scope: Scope, argument: Any) -> str:  # noqa: ANN401 - any JSON
    separator, items = argument
    return str(separator).join(str(_text(each)) for each in scope.resolve(items))


def _split(scope: Scope, argument: Any) -> list[str]:  # noqa: ANN401 - any JSON
    separator, text = argument
    return str(scope.resolve(text)).split(separator)


def _select(scope: Scope, argument: Any) -> Any:  # noqa: ANN401 - any JSON
    index, items = int(scope.resolve(argument[0])), scope.resolve(argument[1])
    if not 0 <= index < len(items):
        raise StackError(
            f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        )
    return items[index]


def _sub(scope: Scope, argument: Any) -> str:  # noqa: ANN401 - any JSON
    text, own = (argument, {}) if isinstance(argument, str) else argument

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if name in own:
            return str(_text(scope.resolve(own[name])))
        if name in scope.values or "." not in name:
            return str(_text(_ref(scope, name)))
        return str(_text(_get_att(scope, name)))

    return IN_SUB.sub(value, text)


def _if(scope: Scope, argument: Any) -> Any:  # noqa: ANN401 - any JSON
    condition, yes, no = argument
    return scope.resolve(yes if scope.holds(condition) else no)


def _find_in_map(scope: Scope, argument: Any) -> Any:  # noqa: ANN401 - any JSON
    name, first, second = (scope.resolve(each) for each in argument[:3])
    try:
        return scope.mappings[name][first][second]
    except KeyError as error:
        if len(argument) > 3 and "DefaultValue" in argument[3]:
            return scope.resolve(argument[3]["DefaultValue"])
        raise StackError(
            f"Template error: Unable to get mapping for {name}::{first}::{second}"
        ) from error


def _get_azs(scope: Scope, argument: Any) -> list[str]:  # noqa: ANN401 - any JSON
    region = scope.resolve(argument) or scope.values["AWS::Region"]
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend  # heavy

    return [zone.name for zone in RegionsAndZonesBackend.zones[region]]


def _cidr(scope: Scope, argument: Any) -> list[str]:  # noqa: ANN401 - any JSON
    block, count, *rest = (scope.resolve(each) for each in argument)
    network = ipaddress.ip_network(str(block))
    host_bits = int(rest[0]) if rest else 8
    subnets = network.subnets(new_prefix=network.max_prefixlen - host_bits)
    return [str(subnet) for subnet, _ in zip(subnets, range(int(count)), strict=False)]


def _to_json(scope: Scope, argument: Any) -> str:  # noqa: ANN401 - any JSON
    return json.dumps(scope.resolve(argument), separators=(",", ":"))


def _length(scope: Scope, argument: Any) -> int:  # noqa: ANN401 - any JSON
    return len(scope.resolve(argument))


def _base64(scope: Scope, argument: Any) -> str:  # noqa: ANN401 - any JSON
    return base64.b64encode(str(scope.resolve(argument)).encode()).decode()


_FUNCTIONS: dict[str, Callable[[Scope, Any], Any]] = {
    "Ref": _ref,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json,
}
