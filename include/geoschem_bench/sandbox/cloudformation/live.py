"""What a template's functions give of the resources that a stack has by now."""

from __future__ import annotations

from typing import Any

from geoschem_bench.sandbox.cloudformation.errors import StackError
from geoschem_bench.sandbox.cloudformation.intrinsics import Scope
from geoschem_bench.sandbox.cloudformation.plan import Plan
from geoschem_bench.sandbox.cloudformation.stacks import Stack


def live_scope(stack: Stack, plan: Plan) -> Scope:
    """The scope in which the stack's resources are known."""

    def resource(name: str) -> Any:  # noqa: ANN401 - a text, or nothing
        found = stack.resources.get(name)
        return found.physical_id if found else None

    def attribute(name: str, key: str) -> Any:  # noqa: ANN401 - what the type says
        found = stack.resources.get(name)
        if found is None:
            raise StackError(
                "Template error: instance of Fn::GetAtt references undefined resource " + name
            )
        if key not in found.attributes:
            raise StackError(
                f"Template error: resource {name} does not support attribute type {key} in "
                "Fn::GetAtt"
            )
        return found.attributes[key]

    scope = plan.scope
    scope.resource, scope.attribute = resource, attribute
    return scope


def outputs_of(plan: Plan, scope: Scope) -> list[dict[str, str]]:
    """The outputs as DescribeStacks shows them."""
    made = []
    for name, output in plan.outputs().items():
        entry = {"OutputKey": name, "OutputValue": str(scope.resolve(output["Value"]))}
        if "Description" in output:
            entry["Description"] = str(output["Description"])
        if "Export" in output:
            entry["ExportName"] = str(scope.resolve(output["Export"]["Name"]))
        made.append(entry)
    return made
