"""moto's stacks and change sets with rollback, and what they are changed by: resolved templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Change, ChangeSet, Event, Stack

from geoschem_bench.sandbox.stacks.loops import Template
from geoschem_bench.sandbox.stacks.resources import ResourceFailed, Resources
from geoschem_bench.sandbox.stacks.templates import checked_parameters, parsed, resolved

NOTHING_TO_DO = "No updates are to be performed."
_WITHOUT_RESOURCES: Template = {"Resources": {}, "Outputs": {}}
_FINAL = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")


class SandboxStack(Stack):
    """One stack. `template` is as it was given; `template_dict` has everything decided."""

    template: Any
    resource_map: Resources

    def __init__(
        self, stack_id: str, name: str, template: Any, parameters: Any,  # noqa: ANN401 - moto's
        account_id: str, region_name: str, *rest: Any, **options: Any,  # noqa: ANN401 - moto's
    ) -> None:  # fmt: skip
        self.stack_id, self.name = stack_id, name
        self.account_id, self.region_name = account_id, region_name
        self.parameters = parameters
        self.deployed = _WITHOUT_RESOURCES
        """What the resources are now."""
        super().__init__(
            stack_id, name, template, parameters, account_id, region_name, *rest, **options
        )
        self.parameters = self._complete(template, parameters) if template else parameters

    @staticmethod
    def cloudformation_name_type() -> str:
        """No property holds its name."""
        return ""

    def is_created(self) -> bool:
        """Whether it is there."""
        return bool(self.status.endswith("_COMPLETE"))

    def resolve(self, text: str, parameters: dict[str, str]) -> Template:
        """The template for this stack with these parameters."""
        place = {
            "AWS::AccountId": self.account_id, "AWS::Partition": "aws",
            "AWS::Region": self.region_name, "AWS::StackId": self.stack_id,
            "AWS::StackName": self.name, "AWS::URLSuffix": "amazonaws.com",
        }  # fmt: skip
        complete = self._complete(text, parameters)
        try:
            return resolved(parsed(text), complete, place)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValidationError(message=f"Template format error: {error!r}") from error

    @staticmethod
    def _complete(text: str, parameters: dict[str, str]) -> dict[str, str]:
        return checked_parameters(parsed(text), parameters)

    def _parse_template(self) -> None:
        self.template_dict = self.resolve(self.template, self.parameters)

    def _create_resource_map(self) -> Resources:
        resources = Resources(
            self.stack_id, self.name, {}, self.tags, account_id=self.account_id,
            region_name=self.region_name, template=_WITHOUT_RESOURCES,
            cross_stack_resources=self.cross_stack_resources,
        )  # fmt: skip
        resources.report = self._report
        return resources

    def has_template(self, other_template: str) -> bool:
        """For change sets; whether they change anything is judged by what they resolve to."""
        return False

    @property
    def stack_parameters(self) -> dict[str, Any]:
        """Every parameter's value."""
        return dict(self.parameters)

    @property
    def parameter_list(self) -> list[dict[str, Any]]:
        """The same, as DescribeStacks shows it."""
        return [
            {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
        ]

    @property
    def stack_resources(self) -> Iterable[Any]:
        """The resources that there are."""
        return self.resource_map.made()

    def bring(self, verb: str, text: str, parameters: dict[str, str]) -> None:
        """Makes the stack what the template says, or leaves it as it was.

        Raises:
            ValidationError: the template itself is refused; nothing has changed then.
        """
        if self.status in _FINAL:
            message = f"Stack:{self.stack_id} is in {self.status} state and can not be updated."
            raise ValidationError(message=message)
        wanted = self.resolve(text, parameters)
        before = self.template, self.parameters, self.deployed
        if wanted == self.deployed:
            raise ValidationError(message=NOTHING_TO_DO)
        self._say(f"{verb}_IN_PROGRESS", "User Initiated")
        try:
            self._apply(text, self._complete(text, parameters), wanted)
        except ResourceFailed as error:
            self._report(error.name, error.kind, f"{verb}_FAILED", str(error))
            self._roll_back(verb, error, *before)
        else:
            self._say(f"{verb}_COMPLETE")

    def _apply(self, text: str, parameters: dict[str, str], wanted: Template) -> None:
        self.template, self.parameters, self.template_dict = text, parameters, wanted
        self.description = wanted.get("Description")
        self.resource_map.bring(wanted, parameters)
        self.deployed = wanted
        self.output_map = self._create_output_map()
        try:
            list(self.output_map.values())
        except Exception as error:  # moto raises anything; the stack has to roll back
            raise ResourceFailed("Outputs", "AWS::CloudFormation::Stack", error) from error

    def _roll_back(
        self, verb: str, error: ResourceFailed, text: str, parameters: dict[str, str],
        before: Template,
    ) -> None:  # fmt: skip
        word = "ROLLBACK" if verb == "CREATE" else "UPDATE_ROLLBACK"
        why = f"The following resource(s) failed to {verb.lower()}: [{error.name}]. "
        self._say(f"{word}_IN_PROGRESS", why)
        try:
            if verb == "CREATE":
                self.resource_map.remove_all(is_undoing=True)
            else:
                self._apply(text, parameters, before)
        except ResourceFailed as again:
            self._report(again.name, again.kind, "DELETE_FAILED", str(again))
            self._say(f"{word}_FAILED", str(again))
        else:
            self._say(f"{word}_COMPLETE")

    def create_resources(self) -> None:
        """For CreateStack, which has reported the beginning."""
        self.events.clear()
        self.bring("CREATE", self.template, self.parameters)

    def make_again(self) -> None:
        """After a restart, out of what is there. What fails leaves all as it is found.

        Raises:
            ValidationError: one refuses.
        """
        self.resource_map.restoring = True
        try:
            self._apply(self.template, self.parameters, self.template_dict)
        except ResourceFailed as error:
            raise ValidationError(message=f"{error.name}: {error}") from error
        self.resource_map.restoring = False
        self.events.clear()

    def update(
        self, template: str, role_arn: str | None = None, parameters: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        """For UpdateStack."""
        self.bring("UPDATE", template, parameters or {})
        self.role_arn = role_arn
        self.tags = self.tags if tags is None else tags

    def delete(self) -> None:
        """For DeleteStack. What refuses to go keeps the stack in being."""
        self._say("DELETE_IN_PROGRESS", "User Initiated")
        try:
            self.resource_map.remove_all()
        except ResourceFailed as error:
            self._report(error.name, error.kind, "DELETE_FAILED", str(error))
            self._say(
                "DELETE_FAILED", f"The following resource(s) failed to delete: [{error.name}]. "
            )
        else:
            self._say("DELETE_COMPLETE")

    @property
    def outputs(self) -> list[dict[str, Any]] | None:
        """What the stack tells of itself, once it is there."""
        return super().outputs if self.resource_map.made() else None

    def _say(self, status: str, reason: str | None = None) -> None:
        self.status, self.status_reason = status, reason
        self._add_stack_event(status, reason)

    def _report(
        self, name: str, kind: str, status: str, reason: str | None = None, physical: str = ""
    ) -> None:
        self.events.append(
            Event(self.stack_id, self.name, name, physical, kind, status, reason, None)
        )

    @property
    def stack_status_reason(self) -> str | None:
        """Why it is in this status, for DescribeStacks."""
        return getattr(self, "status_reason", None)


class SandboxChangeSet(ChangeSet):
    """A change set. `imports` is set for those that take over what is there already."""

    imports = False
    stack: SandboxStack

    def _parse_template(self) -> None:
        self.template_dict = self.stack.resolve(self.template, self.parameters)

    def diff(self) -> list[Change]:
        """What would change."""
        old, new = (each["Resources"] for each in (self.stack.deployed, self.template_dict))
        named = {
            "Add": [name for name in new if name not in old],
            "Modify": [name for name in new if name in old and new[name] != old[name]],
            "Remove": [name for name in old if name not in new],
        }
        return [
            Change(action, name, {**old, **new}[name]["Type"])
            for action, names in named.items()
            for name in names
        ]

    def execute(self) -> None:
        """Brings its stack to where it leads."""
        if self.execution_status != "AVAILABLE":
            message = (
                f"ChangeSet [{self.change_set_id}] cannot be executed: {self.execution_status}"
            )
            raise ValidationError(message=message)
        self.stack.resource_map.adopting = self.imports
        try:
            self.stack.bring(self.change_set_type, self.template, self.parameters)
        finally:
            self.stack.resource_map.adopting = False
        self.execution_status = "EXECUTE_COMPLETE"
