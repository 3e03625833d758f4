"""A template's text: JSON, or YAML with CloudFormation's short forms."""

from __future__ import annotations

import json
from typing import Any

import yaml

from geoschem_bench.sandbox.cloudformation.errors import StackError

Template = dict[str, Any]
_SECTIONS = (
    "AWSTemplateFormatVersion", "Conditions", "Description", "Mappings", "Metadata", "Outputs",
    "Parameters", "Resources", "Rules", "Transform",
)  # fmt: skip
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"


class _Loader(yaml.CSafeLoader):
    """YAML in which `!Ref x` is `{"Ref": "x"}` and `!Sub x` is `{"Fn::Sub": "x"}`."""


def _short_form(loader: Any, tag: str, node: yaml.Node) -> dict[str, Any]:  # noqa: ANN401 - yaml's
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if tag == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


def parse_template(text: str) -> Template:
    """The template as a document.

    Raises:
        StackError: it is none.
    """
    try:
        document = json.loads(text)
    except ValueError:
        document = _from_yaml(text)
    if not isinstance(document, dict):
        raise StackError("Template format error: unsupported structure.")
    unknown = [str(section) for section in document if section not in _SECTIONS]
    if unknown:
        raise StackError(f"Invalid template property or properties [{', '.join(sorted(unknown))}]")
    if not isinstance(document.get("Resources"), dict) or not document["Resources"]:
        raise StackError("Template format error: At least one Resources member must be defined.")
    return document


def _from_yaml(text: str) -> Any:  # noqa: ANN401 - whatever YAML can say
    try:
        # Safe: the loader is made of CSafeLoader
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - see above
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise StackError(f"Template format error: YAML not well-formed.{where}") from error
    except yaml.YAMLError as error:
        raise StackError("Template format error: YAML not well-formed.") from error


def transforms_of(template: Template) -> list[str]:
    """The macros that a template asks for."""
    named = template.get("Transform", [])
    transforms = [named] if isinstance(named, str) else list(named)
    unknown = [each for each in transforms if each != LANGUAGE_EXTENSIONS]
    if unknown:
        raise StackError(
            f"No transform named {unknown[0]} found; the sandbox knows {LANGUAGE_EXTENSIONS}"
        )
    return transforms
