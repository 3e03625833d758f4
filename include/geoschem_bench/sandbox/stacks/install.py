"""What is replaced in moto's CloudFormation, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.cloudformation import models, parsing, responses
from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.responses import CloudFormationResponse

from geoschem_bench.sandbox.batch.state import BatchState
from geoschem_bench.sandbox.stacks.batch import batch_types
from geoschem_bench.sandbox.stacks.loops import declared
from geoschem_bench.sandbox.stacks.stack import NOTHING_TO_DO, SandboxChangeSet, SandboxStack
from geoschem_bench.sandbox.stacks.templates import parsed

Moto = Any
"""An object of moto's, with our stacks and change sets."""
_create_change_set = CloudFormationBackend.create_change_set
_delete = CloudFormationBackend.delete_stack
_list_resources = CloudFormationResponse.list_stack_resources
_summary = responses.get_template_summary_response_from_template
_NAMES_IN_IAM = {
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
}


class InsufficientCapabilitiesError(CloudFormationError):
    """The template may do more than the caller has agreed to."""

    code = "InsufficientCapabilitiesException"


def _check_agreed(response: Moto, *, is_macro_agreed: bool) -> None:
    url = response._get_param("TemplateURL")
    text = response._get_stack_from_s3_url(url) if url else response._get_param("TemplateBody")
    if text is None:
        text = response.cloudformation_backend.get_stack(response._get_param("StackName")).template
    template, given = parsed(text), response._get_param("Capabilities", [])
    in_iam = [each for each in declared(template["Resources"]) if each["Type"] in _NAMES_IN_IAM]
    is_named = any(_NAMES_IN_IAM[each["Type"]] in each.get("Properties", {}) for each in in_iam)
    enough = {"CAPABILITY_NAMED_IAM"} | (set() if is_named else {"CAPABILITY_IAM"})
    needed = [min(enough)] if in_iam and not enough & set(given) else []
    if "Transform" in template and not is_macro_agreed and "CAPABILITY_AUTO_EXPAND" not in given:
        needed.append("CAPABILITY_AUTO_EXPAND")
    if needed:
        raise InsufficientCapabilitiesError(f"Requires capabilities : [{', '.join(needed)}]")


def _agreed(operation: str, *, is_macro_agreed: bool = False) -> Callable[[Moto], Moto]:
    """The operation, for those who say that they know what the template does."""
    answer = getattr(CloudFormationResponse, operation)

    def checked(response: Moto) -> Moto:
        _check_agreed(response, is_macro_agreed=is_macro_agreed)
        return answer(response)

    return checked


def _execute(backend: Moto, change_set_name: str, stack_name: str | None = None) -> None:
    """ExecuteChangeSet; moto's own ends well whatever happens."""
    backend.describe_change_set(change_set_name).execute()


def _create(
    backend: Moto, stack_name: str, *rest: Any, change_set_type: str = "CREATE", **options: Any,  # noqa: ANN401 - moto's
) -> tuple[str, str]:  # fmt: skip
    """CreateChangeSet; moto makes a second stack of the same name."""
    for key, stack in list(backend.stacks.items()):
        if change_set_type == "CREATE" and stack.name == stack_name:
            if stack.status != "REVIEW_IN_PROGRESS":
                message = f"Stack [{stack_name}] already exists and cannot be created again"
                raise ValidationError(message=message)
            del backend.stacks[key]
    options["change_set_type"] = change_set_type
    made: tuple[str, str] = _create_change_set(backend, stack_name, *rest, **options)
    change_set = backend.change_sets[made[0]]
    if change_set.template_dict == change_set.stack.deployed:
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
        change_set.status_reason = NOTHING_TO_DO
    return made


def _delete_stack(backend: Moto, name_or_stack_id: str) -> None:
    """DeleteStack; moto forgets the stack whether or not it could be deleted."""
    for stack in list(backend.stacks.values()):
        if name_or_stack_id in (stack.name, stack.stack_id):
            _delete(backend, stack.stack_id)
            if stack.status == "DELETE_FAILED":
                backend.stacks[stack.stack_id] = backend.deleted_stacks.pop(stack.stack_id)


def _list(response: Moto) -> Moto:
    """ListStackResources; moto says of everything that it is CREATE_COMPLETE."""
    answer: Moto = _list_resources(response)
    events = response.cloudformation_backend.get_stack(response._get_param("StackName")).events
    last = {each.logical_resource_id: each for each in events}
    for each in answer.result["StackResourceSummaries"]:
        if event := last.get(each["LogicalResourceId"]):
            each["ResourceStatus"] = event.resource_status
            each["ResourceStatusReason"] = event.resource_status_reason
    return answer


def _validate(_: Moto, template: str) -> list[Any]:
    """ValidateTemplate; moto needs cfn-lint, which only our tests have."""
    parsed(template)
    return []


def _summed_up(text: str) -> dict[str, Any]:
    """GetTemplateSummary, for which a loop is no resource without a type."""
    template = parsed(text)
    resources = {str(n): each for n, each in enumerate(declared(template["Resources"]))}
    return dict(_summary(json.dumps({**template, "Resources": resources})))


def _judge_later(*_: object) -> None:
    """Whether anything changes, the stack and the change set say of themselves."""


def install(batch: BatchState) -> None:
    """Makes moto's CloudFormation, in this process, use what is here."""
    # By name, since for a type checker a method is no value to assign
    for place, name, ours in (
        (models, "Stack", SandboxStack),
        (models, "ChangeSet", SandboxChangeSet),
        (responses, "get_template_summary_response_from_template", _summed_up),
        (CloudFormationBackend, "create_change_set", _create),
        (CloudFormationBackend, "delete_stack", _delete_stack),
        (CloudFormationBackend, "execute_change_set", _execute),
        (CloudFormationBackend, "validate_template", _validate),
        (CloudFormationResponse, "_validate_different_update", _judge_later),
        (CloudFormationResponse, "list_stack_resources", _list),
        (CloudFormationResponse, "create_stack", _agreed("create_stack")),
        (CloudFormationResponse, "update_stack", _agreed("update_stack")),
        # It shows what a macro made of the template before anything is done
        (CloudFormationResponse, "create_change_set",
         _agreed("create_change_set", is_macro_agreed=True)),
    ):  # fmt: skip
        setattr(place, name, ours)
    parsing.get_model_map().update(batch_types(batch))
