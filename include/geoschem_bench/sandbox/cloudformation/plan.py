"""What a template asks for with given parameters: which resources, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from geoschem_bench.sandbox.cloudformation.errors import CapabilitiesError, StackError
from geoschem_bench.sandbox.cloudformation.intrinsics import IN_SUB, Scope
from geoschem_bench.sandbox.cloudformation.loops import expanded
from geoschem_bench.sandbox.cloudformation.parameters import Values, values_of
from geoschem_bench.sandbox.cloudformation.templates import (
    Template,
    parse_template,
    transforms_of,
)

_NAMED_IAM = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
_AUTO_EXPAND, _NAMED, _ANY_IAM = (
    "CAPABILITY_AUTO_EXPAND", "CAPABILITY_NAMED_IAM", "CAPABILITY_IAM",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """A template without loops, and the values of its parameters."""

    template: Template
    values: Values

    @property
    def scope(self) -> Scope:
        """For what needs no resource: conditions, names of them."""
        return Scope(
            self.values, self.template.get("Mappings", {}), self.template.get("Conditions", {})
        )

    def active(self) -> dict[str, Any]:
        """The resources whose condition is true, each after all that it needs."""
        scope = self.scope
        resources = self.template["Resources"]
        for name, resource in resources.items():
            if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
                raise StackError(
                    f"Template format error: [/Resources/{name}] Every Resources object must "
                    "contain a Type member."
                )
        shown = {
            name: resource
            for name, resource in resources.items()
            if "Condition" not in resource or scope.holds(resource["Condition"])
        }
        needs = {name: _needs(resource, self, scope) for name, resource in shown.items()}
        return {name: shown[name] for name in _sorted(needs)}

    def outputs(self) -> dict[str, Any]:
        """The outputs whose condition is true."""
        scope = self.scope
        return {
            name: output
            for name, output in self.template.get("Outputs", {}).items()
            if "Condition" not in output or scope.holds(output["Condition"])
        }


def plan_of(text: str, given: Mapping[str, str], pseudo: Values) -> Plan:
    """Expands a template. StackError where it cannot be."""
    template = parse_template(text)
    values = {**pseudo, **values_of(template, given)}
    if transforms_of(template):
        early = Scope(values, template.get("Mappings", {}), template.get("Conditions", {}))
        template = expanded(template, early.resolve)
    return Plan(template, values)


def check_capabilities(text: str, plan: Plan, given: list[str], *, is_change_set: bool) -> None:
    """Refuses what the caller has not agreed to."""
    needed = []
    # A change set shows what a macro made of the template before anything is done
    if transforms_of(parse_template(text)) and not is_change_set and _AUTO_EXPAND not in given:
        needed.append(_AUTO_EXPAND)
    resources = [each for each in plan.active().values() if each["Type"] in _NAMED_IAM]
    named = [each for each in resources if _NAMED_IAM[each["Type"]] in each.get("Properties", {})]
    if named and _NAMED not in given:
        needed.insert(0, _NAMED)
    elif resources and not {_ANY_IAM, _NAMED} & set(given):
        needed.insert(0, _ANY_IAM)
    if needed:
        raise CapabilitiesError(f"Requires capabilities : [{', '.join(needed)}]")


def _needs(resource: dict[str, Any], plan: Plan, scope: Scope) -> set[str]:
    depends = resource.get("DependsOn", [])
    names = {depends} if isinstance(depends, str) else set(depends)
    names |= set(_mentioned(resource.get("Properties", {}), scope))
    resources = plan.template["Resources"]
    unknown = {name for name in names if name not in resources and name not in plan.values}
    if unknown:
        raise StackError(
            "Template format error: Unresolved resource dependencies "
            f"[{', '.join(sorted(unknown))}] in the Resources block of the template"
        )
    return {name for name in names if name in resources}


def _mentioned(node: Any, scope: Scope) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Names that a property refers to, in the branches that are taken."""
    if isinstance(node, list):
        for each in node:
            yield from _mentioned(each, scope)
    elif isinstance(node, dict) and len(node) == 1:
        [(function, argument)] = node.items()
        yield from _mentioned_by(function, argument, scope)
    elif isinstance(node, dict):
        for each in node.values():
            yield from _mentioned(each, scope)


def _mentioned_by(function: str, argument: Any, scope: Scope) -> Iterator[str]:  # noqa: ANN401
    if function == "Ref":
        if argument != "AWS::NoValue":
            yield scope.resolve(argument)
    elif function == "Fn::GetAtt":
        name = argument.partition(".")[0] if isinstance(argument, str) else argument[0]
        yield scope.resolve(name)
    elif function == "Fn::If":
        condition, yes, no = argument
        yield from _mentioned(yes if scope.holds(condition) else no, scope)
    elif function == "Fn::Sub":
        text, own = (argument, {}) if isinstance(argument, str) else argument
        yield from _mentioned(list(own.values()), scope)
        names = (found for found in IN_SUB.findall(text) if found[:1] != "!" and found not in own)
        yield from (name if name in scope.values else name.partition(".")[0] for name in names)
    else:
        yield from _mentioned(argument, scope)


def _sorted(needs: Mapping[str, set[str]]) -> list[str]:
    """Names in an order in which each comes after those it needs, else as the template says."""
    done: dict[str, None] = {}
    waiting = list(needs)
    while waiting:
        ready = [name for name in waiting if not (needs[name] & set(waiting)) - {name}]
        ready = [name for name in ready if name not in needs[name]]
        if not ready:
            raise StackError(
                f"Circular dependency between resources: [{', '.join(sorted(waiting))}]"
            )
        done.update(dict.fromkeys(ready))
        waiting = [name for name in waiting if name not in done]
    return list(done)
