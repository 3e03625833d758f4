"""A template as moto can deploy it.

Loops are written out, and all that depends on parameters alone is decided here: their values,
conditions, `Fn::Cidr`. So what moto compares at an update are the values themselves.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap, clean_json
from moto.cloudformation.utils import yaml_tag_constructor

from geoschem_bench.sandbox.stacks.loops import Node, Template, declared, expanded

_NOTHING = object()
"""What `AWS::NoValue` leaves of a property, or of a list's entry."""
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")
_LISTS = ("CommaDelimitedList", "List<")


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short forms, which moto knows."""


_Loader.add_multi_constructor(
    "!", lambda loader, tag, node: yaml_tag_constructor(loader, f"!{tag}", node)
)


def parsed(text: str) -> Template:
    """The template's text, JSON or YAML, as a document."""
    try:
        document = json.loads(text)
    except ValueError:
        try:
            document = yaml.load(text, Loader=_Loader)  # noqa: S506 - made of CSafeLoader
        except yaml.YAMLError as error:
            why = " ".join(str(error).split())
            raise ValidationError(message=f"Template format error: {why}") from error
    if not isinstance(document, dict) or not document.get("Resources"):
        message = "Template format error: At least one Resources member must be defined."
        raise ValidationError(message=message)
    if any(
        not isinstance(each, dict) or "Type" not in each for each in declared(document["Resources"])
    ):
        message = "Template format error: Every Resources object must contain a Type member."
        raise ValidationError(message=message)
    return document


def checked_parameters(template: Template, given: Mapping[str, str]) -> dict[str, str]:
    """Every parameter's value as a text.

    Raises:
        ValidationError: one is missing, unknown, or not as the template allows.
    """
    slots = template.get("Parameters", {})
    if unknown := [name for name in given if name not in slots]:
        message = f"Parameters: [{', '.join(unknown)}] do not exist in the template"
        raise ValidationError(message=message)
    defaults = {name: str(slot["Default"]) for name, slot in slots.items() if "Default" in slot}
    values = {**defaults, **{name: str(value) for name, value in given.items()}}
    if missing := [name for name in slots if name not in values]:
        raise ValidationError(message=f"Parameters: [{', '.join(missing)}] must have values")
    for name, slot in slots.items():
        for part in values[name].split(",") if _is_list(slot) else [values[name]]:
            if why := _refusal(slot, part):
                raise ValidationError(message=f"Parameter '{name}' {why}")
    return {name: values[name] for name in slots}


def _is_list(slot: Mapping[str, Any]) -> bool:
    return str(slot.get("Type")).startswith(_LISTS)


def _refusal(slot: Mapping[str, Any], text: str) -> str | None:
    """Why this parameter must not be this text, in AWS's words."""
    allowed = [str(each) for each in slot.get("AllowedValues", [text])]
    if text not in allowed:
        return f"must be one of AllowedValues [{', '.join(allowed)}]"
    pattern = slot.get("AllowedPattern", "")
    if pattern and not re.fullmatch(pattern, text):
        return f"failed to satisfy constraint: Member must satisfy regular expression {pattern}"
    if slot.get("Type") == "Number":
        try:
            number = float(text)
        except ValueError:
            return "must be a number"
        if not float(slot.get("MinValue", number)) <= number <= float(slot.get("MaxValue", number)):
            return f"must be a number from {slot.get('MinValue')} to {slot.get('MaxValue')}"
    return None


def resolved(
    template: Template, parameters: Mapping[str, str], place: Mapping[str, str]
) -> Template:
    """The template without loops, conditions and references to parameters.

    Args:
        template: As `parsed` gives it.
        parameters: As `checked_parameters` gives them.
        place: `AWS::Region` and what else stands for itself, by name.

    Raises:
        ValidationError: it is malformed, or refers to what it does not have.
    """
    slots = template.get("Parameters", {})
    given = {
        name: re.sub(r"\s*,\s*", ",", value.strip()) if _is_list(slots[name]) else value
        for name, value in parameters.items()
    }
    known = _known({**template, "Conditions": {}}, given, place)
    template = expanded(template, lambda items: clean_json(items, known))
    resolver = _Resolver(_known(template, given, place), template, place["AWS::Region"])
    made = {key: value for key, value in template.items() if key not in ("Conditions", "Transform")}
    for section in ("Resources", "Outputs"):
        made[section] = {
            name: resolver.of({key: part for key, part in each.items() if key != "Condition"})
            for name, each in template.get(section, {}).items()
            if resolver.holds(each)
        }
    return made


def _known(template: Template, given: dict[str, str], place: Mapping[str, str]) -> ResourceMap:
    """Parameters, mappings and conditions, as moto understands them."""
    parts = {key: template.get(key, {}) for key in ("Parameters", "Mappings", "Conditions")}
    account, region = place["AWS::AccountId"], place["AWS::Region"]
    known = ResourceMap("", "", given, {}, region, account, {**parts, "Resources": {}}, {})
    known.load()
    return known


class _Resolver:
    def __init__(self, known: ResourceMap, template: Template, region: str) -> None:
        self._values = known.resolved_parameters
        self.conditions = dict(known.lazy_condition_map)
        self._region = region
        self._resources = {name for name, each in template["Resources"].items() if self.holds(each)}

    def holds(self, part: Template) -> bool:
        """Whether a resource or an output is wanted."""
        return bool(self.conditions.get(part.get("Condition", ""), True))

    def of(self, node: Node) -> Node:
        if isinstance(node, list):
            return [each for each in map(self.of, node) if each is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(key, value)] = node.items()
            decide = getattr(self, f"_{key.removeprefix('Fn::').lower()}", None)
            if decide is not None and (key == "Ref" or key.startswith("Fn::")):
                return decide(value)
        made = {key: self.of(value) for key, value in node.items()}
        return {key: value for key, value in made.items() if value is not _NOTHING}

    def _checked(self, name: str) -> str:
        """The name of a resource, or of what CloudFormation itself knows."""
        if name not in self._resources and not name.startswith("AWS::"):
            message = f"Template format error: Unresolved resource dependencies [{name}]"
            raise ValidationError(message=message)
        return name

    def _ref(self, name: Node) -> Node:
        name = self.of(name)
        if name == "AWS::NoValue":
            return _NOTHING
        return self._values[name] if name in self._values else {"Ref": self._checked(name)}

    def _getatt(self, path: Node) -> Node:
        name, attribute = path.split(".", 1) if isinstance(path, str) else self.of(path)
        return {"Fn::GetAtt": [self._checked(name), attribute]}

    def _if(self, parts: Node) -> Node:
        condition, then, otherwise = parts
        return self.of(then if self.conditions[condition] else otherwise)

    def _sub(self, value: Node) -> Node:
        text, own = value if isinstance(value, list) else (value, {})

        def replaced(found: re.Match[str]) -> str:
            name = found[1]
            if name in self._values and name not in own:
                return str(self._values[name])
            if name not in own:
                self._checked(name.partition(".")[0])
            return found[0]

        text = _VARIABLE.sub(replaced, text)
        if own:
            return {"Fn::Sub": [text, self.of(own)]}
        return {"Fn::Sub": text} if "${" in text else text

    def _cidr(self, parts: Node) -> list[str]:
        block, count, bits = (self.of(part) for part in [*parts, 8][:3])
        network = ipaddress.ip_network(block)
        prefix = network.max_prefixlen - int(bits)
        if prefix < network.prefixlen or int(count) > 2 ** (prefix - network.prefixlen):
            message = f"Template error: Fn::Cidr: {block} has no {count} blocks of {bits} bits"
            raise ValidationError(message=message)
        return [
            str(each)
            for each, _ in zip(network.subnets(new_prefix=prefix), range(int(count)), strict=False)
        ]

    def _getazs(self, region: Node) -> list[str]:
        from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

        zones = RegionsAndZonesBackend.zones[self.of(region) or self._region]
        return [zone.name for zone in zones]
