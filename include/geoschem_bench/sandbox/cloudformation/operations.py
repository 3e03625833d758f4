"""The operations on stacks, other than change sets."""

from __future__ import annotations

import json
from typing import Any

from geoschem_bench.sandbox.cloudformation.errors import StackError
from geoschem_bench.sandbox.cloudformation.parameters import values_of
from geoschem_bench.sandbox.cloudformation.plan import check_capabilities, plan_of
from geoschem_bench.sandbox.cloudformation.requests import tags_of, template_of
from geoschem_bench.sandbox.cloudformation.service import Stacks
from geoschem_bench.sandbox.cloudformation.stacks import Resource, Stack
from geoschem_bench.sandbox.cloudformation.templates import parse_template, transforms_of

Document = dict[str, Any]


def create_stack(stacks: Stacks, request: Document) -> Document:
    """CreateStack."""
    name = request["StackName"]
    stacks.check_new(name)
    text = template_of(stacks, request)
    stack = stacks.new(name, "CREATE_IN_PROGRESS")
    stack.template, stack.tags = text, tags_of(request, stack)
    stack.given = stacks.given(stack, text, request.get("Parameters", []))
    stack.capabilities = request.get("Capabilities", [])
    plan = stacks.plan(stack, text, stack.given)
    check_capabilities(text, plan, stack.capabilities, is_change_set=False)
    stacks.create(stack, plan)
    return {"StackId": stack.id}


def update_stack(stacks: Stacks, request: Document) -> Document:
    """UpdateStack."""
    stack = stacks.shelf.get(request["StackName"])
    if stack is None:
        raise StackError(f"Stack [{request['StackName']}] does not exist")
    stacks.check_updatable(stack)
    text = template_of(stacks, request, stack)
    given = stacks.given(stack, text, request.get("Parameters", []))
    tags = tags_of(request, stack)
    plan = stacks.plan(stack, text, given)
    plan.active()
    check_capabilities(text, plan, request.get("Capabilities", []), is_change_set=False)
    if (text, given, tags) == (stack.template, stack.given, stack.tags):
        raise StackError("No updates are to be performed.")
    stack.capabilities = request.get("Capabilities", [])
    stacks.update(stack, text, given, tags)
    return {"StackId": stack.id}


def delete_stack(stacks: Stacks, request: Document) -> Document:
    """DeleteStack; one that is not there is deleted already."""
    stack = stacks.shelf.get(request["StackName"])
    if stack is not None and stack.status != "DELETE_COMPLETE":
        stacks.delete(stack)
    return {}


def describe_stacks(stacks: Stacks, request: Document) -> Document:
    """DescribeStacks."""
    name = request.get("StackName")
    found = [stacks.shelf.find(name)] if name else list(stacks.shelf)
    return {"Stacks": [_described(each) for each in found]}


def _described(stack: Stack) -> Document:
    values = {}
    if stack.template:
        template = parse_template(stack.template)
        values = values_of(template, stack.given)
        hidden = [n for n, s in template.get("Parameters", {}).items() if s.get("NoEcho")]
        values.update(dict.fromkeys(hidden, "****"))
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": _text(value)} for name, value in values.items()
        ],
        "CreationTime": stack.created_at,
        "LastUpdatedTime": stack.updated_at or None,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason or None,
        "Capabilities": stack.capabilities,
        "Outputs": stack.outputs,
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


def _text(value: Any) -> str:  # noqa: ANN401 - a text, or a list of texts
    return ",".join(value) if isinstance(value, list) else str(value)


def list_stacks(stacks: Stacks, request: Document) -> Document:
    """ListStacks."""
    wanted = request.get("StackStatusFilter", [])
    every = [*stacks.shelf, *stacks.shelf.deleted]
    return {"StackSummaries": [
        {
            "StackId": each.id,
            "StackName": each.name,
            "CreationTime": each.created_at,
            "LastUpdatedTime": each.updated_at or None,
            "StackStatus": each.status,
            "StackStatusReason": each.reason or None,
        }
        for each in every
        if not wanted or each.status in wanted
    ]}  # fmt: skip


def describe_resources(stacks: Stacks, request: Document) -> Document:
    """DescribeStackResources."""
    physical = request.get("PhysicalResourceId")
    if "StackName" in request:
        found = [stacks.shelf.find(request["StackName"])]
    else:
        found = [s for s in stacks.shelf
                 if any(r.physical_id == physical for r in s.resources.values())]  # fmt: skip
        if not found:
            raise StackError(f"Stack for {physical} does not exist")
    name = request.get("LogicalResourceId")
    return {"StackResources": [
        _resource(stack, each)
        for stack in found
        for each in stack.resources.values()
        if name in (None, each.logical_id)
    ]}  # fmt: skip


def describe_resource(stacks: Stacks, request: Document) -> Document:
    """DescribeStackResource."""
    stack, name = stacks.shelf.find(request["StackName"]), request["LogicalResourceId"]
    if name not in stack.resources:
        raise StackError(f"Resource {name} does not exist for stack {stack.name}")
    return {"StackResourceDetail": _resource(stack, stack.resources[name])}


def list_resources(stacks: Stacks, request: Document) -> Document:
    """ListStackResources."""
    stack = stacks.shelf.find(request["StackName"])
    return {"StackResourceSummaries": [_resource(stack, each) for each in stack.resources.values()]}


def _resource(stack: Stack, resource: Resource) -> Document:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason or None,
        "Timestamp": resource.changed_at,
        "LastUpdatedTimestamp": resource.changed_at,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def describe_events(stacks: Stacks, request: Document) -> Document:
    """DescribeStackEvents, the newest first."""
    stack = stacks.shelf.find(request["StackName"])
    named = {"StackId": stack.id, "StackName": stack.name}
    return {"StackEvents": [{**named, **each} for each in reversed(stack.events)]}


def get_template(stacks: Stacks, request: Document) -> Document:
    """GetTemplate: as it was given, or with its loops written out."""
    stack = stacks.shelf.find(request["StackName"])
    text = stack.template
    if request.get("TemplateStage") == "Processed":
        text = json.dumps(stacks.plan(stack, text, stack.given).template)
    return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}


def get_summary(stacks: Stacks, request: Document) -> Document:
    """GetTemplateSummary."""
    stack = stacks.shelf.find(request["StackName"]) if "StackName" in request else None
    text = stack.template if stack else template_of(stacks, request)
    template = parse_template(text)
    resources = template["Resources"].values()
    types = {each["Type"] for each in resources if isinstance(each, dict) and "Type" in each}
    return {
        **_declared(template),
        "ResourceTypes": sorted(types),
        "DeclaredTransforms": transforms_of(template),
    }


def validate_template(stacks: Stacks, request: Document) -> Document:
    """ValidateTemplate; loops over parameters that have no default are left unexpanded."""
    text = template_of(stacks, request)
    template = parse_template(text)
    if all("Default" in slot for slot in template.get("Parameters", {}).values()):
        plan_of(text, {}, stacks.pseudo(stacks.new("validated", ""))).active()
    return {**_declared(template), "DeclaredTransforms": transforms_of(template)}


def _declared(template: Document) -> Document:
    return {
        "Description": template.get("Description"),
        "Parameters": [
            {
                "ParameterKey": name,
                "DefaultValue": str(slot["Default"]) if "Default" in slot else None,
                "ParameterType": slot.get("Type", "String"),
                "NoEcho": bool(slot.get("NoEcho", False)),
                "Description": slot.get("Description"),
            }
            for name, slot in template.get("Parameters", {}).items()
        ],
    }
