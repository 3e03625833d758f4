"""Change sets: what `aws cloudformation deploy` looks at before it lets anything happen."""

from __future__ import annotations

import uuid
from typing import Any

from geoschem_bench.sandbox.cloudformation.errors import ChangeSetError, StackError
from geoschem_bench.sandbox.cloudformation.plan import Plan, check_capabilities
from geoschem_bench.sandbox.cloudformation.requests import tags_of, template_of
from geoschem_bench.sandbox.cloudformation.service import Stacks
from geoschem_bench.sandbox.cloudformation.stacks import Stack, now

Document = dict[str, Any]
_NOTHING = (
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set."
)


def create(stacks: Stacks, request: Document) -> Document:
    """CreateChangeSet."""
    stack = _stack(stacks, request)
    text = template_of(stacks, request, stack)
    given = stacks.given(stack, text, request.get("Parameters", []))
    plan = stacks.plan(stack, text, given)
    capabilities = request.get("Capabilities", [])
    check_capabilities(text, plan, capabilities, is_change_set=True)
    made_id = stacks.place.arn(
        "cloudformation", f"changeSet/{request['ChangeSetName']}/{uuid.uuid4()}"
    )
    stacks.shelf.save(stack)
    tags = tags_of(request, stack)
    is_same = (text, given, tags) == (stack.template, stack.given, stack.tags)
    stacks.change_sets[made_id] = {
        "ChangeSetName": request["ChangeSetName"],
        "ChangeSetId": made_id,
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": request.get("Description"),
        "CreationTime": now(),
        "ChangeSetType": _kind(request),
        "ImportExistingResources": request.get("ImportExistingResources", False),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in given.items()
        ],
        "Capabilities": capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        "Changes": [] if is_same else _changes(stack, plan),
        "Status": "FAILED" if is_same else "CREATE_COMPLETE",
        "StatusReason": _NOTHING if is_same else None,
        "ExecutionStatus": "UNAVAILABLE" if is_same else "AVAILABLE",
        "text": text, "given": given, "tags": tags,
    }  # fmt: skip
    return {"Id": made_id, "StackId": stack.id}


def describe(stacks: Stacks, request: Document) -> Document:
    """DescribeChangeSet."""
    return _find(stacks, request)


def list_all(stacks: Stacks, request: Document) -> Document:
    """ListChangeSets."""
    stack = stacks.shelf.find(request["StackName"])
    return {"Summaries": [
        each for each in stacks.change_sets.values() if each["StackId"] == stack.id
    ]}  # fmt: skip


def execute(stacks: Stacks, request: Document) -> Document:
    """ExecuteChangeSet."""
    found = _find(stacks, request)
    if found["ExecutionStatus"] != "AVAILABLE":
        error = ChangeSetError(
            f"ChangeSet [{found['ChangeSetId']}] cannot be executed in its current status of "
            f"[{found['Status']}]"
        )
        error.code = "InvalidChangeSetStatus"
        raise error
    stack = stacks.shelf.find(found["StackId"])
    importing = bool(found["ImportExistingResources"])
    stack.capabilities = found["Capabilities"]
    if found["ChangeSetType"] == "CREATE":
        stack.template, stack.given, stack.tags = found["text"], found["given"], found["tags"]
        plan = stacks.plan(stack, stack.template, stack.given)
        stacks.create(stack, plan, importing=importing)
    else:
        stacks.update(stack, found["text"], found["given"], found["tags"], importing=importing)
    found["ExecutionStatus"] = "EXECUTE_COMPLETE"
    return {}


def delete(stacks: Stacks, request: Document) -> Document:
    """DeleteChangeSet."""
    del stacks.change_sets[_find(stacks, request)["ChangeSetId"]]
    return {}


def _kind(request: Document) -> str:
    return str(request.get("ChangeSetType", "UPDATE"))


def _stack(stacks: Stacks, request: Document) -> Stack:
    """The stack to change; for one to be created an empty one, waiting for its review."""
    name = request["StackName"]
    if _kind(request) == "CREATE":
        stacks.check_new(name)
        return stacks.shelf.get(name) or stacks.new(name, "REVIEW_IN_PROGRESS")
    stack = stacks.shelf.get(name)
    if stack is None:
        raise StackError(f"Stack [{name}] does not exist")
    stacks.check_updatable(stack)
    return stack


def _find(stacks: Stacks, request: Document) -> Document:
    name = request["ChangeSetName"]
    of = request.get("StackName")
    for each in reversed(list(stacks.change_sets.values())):
        is_named = each["ChangeSetName"] == name and of in (each["StackName"], each["StackId"])
        if is_named or each["ChangeSetId"] == name:
            found: Document = each
            return found
    raise ChangeSetError(f"ChangeSet [{name}] does not exist")


def _changes(stack: Stack, plan: Plan) -> list[Document]:
    wanted = plan.active()
    actions = {name: "Modify" if name in stack.resources else "Add" for name in wanted}
    actions |= {name: "Remove" for name in stack.resources if name not in wanted}
    types = {name: each.type for name, each in stack.resources.items()}
    types |= {name: body["Type"] for name, body in wanted.items()}
    return [
        {"Type": "Resource", "ResourceChange": {
            "Action": action, "LogicalResourceId": name, "ResourceType": types[name],
        }}
        for name, action in actions.items()
    ]  # fmt: skip
