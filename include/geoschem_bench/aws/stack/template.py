"""The committed template and its parameters, checked before AWS is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.suite.names import likeliest

TEMPLATE = Path(__file__).parents[4] / "infra" / "BenchmarkingStack.template.json"
STACK = "BenchmarkingStack"
MOST_BYTES = 51_200
"""What CloudFormation takes in the request itself. A larger one would need a bucket first."""


_NAMES = {"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName"}
"""Properties that name what can be adopted, and the parameters of the same names."""


@dataclass(frozen=True)
class Parameter:
    """One parameter that the template asks for."""

    name: str
    kind: str
    """CloudFormation's type: `String`, `Number`, `CommaDelimitedList`…"""
    default: str | None
    """None: it must be given."""
    description: str
    allowed: tuple[str, ...]
    pattern: str | None
    least: float | None
    most: float | None

    def problem_of(self, value: str) -> str | None:
        """Why the value cannot be; None where it can."""
        if self.allowed and value not in self.allowed:
            return f"allowed: {', '.join(map(repr, self.allowed))}{likeliest(value, self.allowed)}"
        for part in self._parts(value):
            if self.pattern and not re.fullmatch(self.pattern, part):
                return f"'{part}' must match {self.pattern}"
        return self._problem_of_number(value) if self.kind == "Number" else None

    def _parts(self, value: str) -> list[str]:
        """What the pattern is for: each item of a list, as CloudFormation has it."""
        is_list = self.kind.startswith(("CommaDelimitedList", "List<"))
        return [part.strip() for part in value.split(",")] if is_list else [value]

    def _problem_of_number(self, value: str) -> str | None:
        try:
            number = float(value)
        except ValueError:
            return "a number is needed"
        if self.least is not None and number < self.least:
            return f"at least {self.least:g}"
        if self.most is not None and number > self.most:
            return f"at most {self.most:g}"
        return None


@dataclass(frozen=True)
class Template:
    """A template as text, and what it asks for."""

    path: Path
    body: str
    """JSON without blanks."""
    parameters: Mapping[str, Parameter]
    resources: Mapping[str, Any]

    def count(self, kind: str) -> int:
        """How many resources of this CloudFormation type it makes at least.

        A loop over a parameter may be over nothing, so it does not count.
        """
        return sum(_count(item, kind) for item in self.resources.values())

    def makes(self, kind: str) -> bool:
        """Whether it holds a resource of this type, be it in a loop over nothing."""
        return f'"Type":"{kind}"' in self.body

    def keeps(self, kind: str) -> bool:
        """Whether all of this type stay when the stack goes; only such can be adopted."""
        found = [item for item in self.resources.values() if _count(item, kind)]
        return bool(found) and all(is_retained(item) for item in found)

    def with_names(self, values: Mapping[str, str]) -> Template:
        """With the names of bucket and table written out: CloudFormation adopts no others."""
        document = json.loads(self.body)
        for item in document["Resources"].values():
            key = _NAMES.get(item["Type"], "") if isinstance(item, dict) else ""
            name = item.get("Properties", {}).get(key) if key else None
            parts = [name, *(name.get("Fn::If", ()) if isinstance(name, dict) else ())]
            if values.get(key) and {"Ref": key} in parts:
                item["Properties"][key] = values[key]
        body = json.dumps(document, separators=(",", ":"))
        return replace(self, body=body, resources=document["Resources"])


def read_template(path: Path = TEMPLATE) -> Template:
    """The template of this file. Raises NotFoundError, or UserError where it is none."""
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: there is no such template; in a checkout, make it: "
                            "python infra/app.py") from error  # fmt: skip
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: is no template in JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise UserError(f"{path}: is no CloudFormation template: it has no Resources")
    body = json.dumps(document, separators=(",", ":"))
    if len(body) > MOST_BYTES:
        raise UserError(f"{path}: has {len(body)} bytes without blanks; CloudFormation takes "
                        f"{MOST_BYTES} without a bucket")  # fmt: skip
    parameters = {
        name: _parameter(name, entry) for name, entry in document.get("Parameters", {}).items()
    }
    return Template(path, body, parameters, document["Resources"])


def is_retained(item: object) -> bool:
    """Whether this resource of a template stays when its stack goes."""
    return isinstance(item, Mapping) and str(item.get("DeletionPolicy", "")).startswith("Retain")


def assignments(given: Sequence[str]) -> dict[str, str]:
    """`Parameter=value` texts as a dict; UserError for one that is none, or for two of a name."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UserError(f"--set {text}: write Parameter=value, such as --set MaxvCpus=128")
        if name.strip() in found:
            raise UserError(f"--set {name.strip()} is given twice; give it once")
        found[name.strip()] = value.strip()
    return found


def check_values(template: Template, values: Mapping[str, str]) -> None:
    """UserError that names every parameter that is none, or whose value cannot be."""
    problems = []
    for name, value in values.items():
        parameter = template.parameters.get(name)
        if parameter is None:
            near = likeliest(name, template.parameters)
            known = ", ".join(sorted(template.parameters))
            problems.append(f"--set {name}: no such parameter{near}; there are: {known}")
        elif why := parameter.problem_of(value):
            problems.append(f"--set {name}={value}: {why}")
    if problems:
        raise UserError("\n".join(problems))


def _parameter(name: str, entry: Mapping[str, Any]) -> Parameter:
    default = entry.get("Default")
    return Parameter(
        name=name,
        kind=str(entry.get("Type", "String")),
        default=None if default is None else str(default),
        description=str(entry.get("Description", "")),
        allowed=tuple(str(value) for value in entry.get("AllowedValues", ())),
        pattern=entry.get("AllowedPattern"),
        least=_number(entry.get("MinValue")),
        most=_number(entry.get("MaxValue")),
    )


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _count(item: object, kind: str) -> int:
    """One resource, or `Fn::ForEach`: [variable, collection, {name: resource}]."""
    if isinstance(item, dict):
        return int(item.get("Type") == kind)
    if isinstance(item, list) and isinstance(item[1], list):
        return len(item[1]) * sum(_count(part, kind) for part in item[2].values())
    return 0
