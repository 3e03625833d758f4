"""From definition and overrides to what a job runs, by the rules of Batch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from geoschem_bench.sandbox.batch.shelf import Document

_PLACEHOLDER = "Ref::"


def resolved_command(command: Sequence[str], parameters: Mapping[str, str]) -> list[str]:
    """Replaces the words that are exactly `Ref::name`; one without a value stays as it is.

    Word by word and never through a shell, so a value may hold commas, quotes and blanks.
    """
    return [
        parameters.get(word.removeprefix(_PLACEHOLDER), word)
        if word.startswith(_PLACEHOLDER)
        else word
        for word in command
    ]


def merged(defaults: Sequence[Document], overrides: Sequence[Document], key: str) -> list[Document]:
    """Lists of name and value: the override wins where both have the name."""
    by_name = {entry[key]: entry for entry in defaults}
    by_name.update({entry[key]: entry for entry in overrides})
    return list(by_name.values())


def container_of(
    properties: Document, overrides: Document, parameters: Mapping[str, str]
) -> Document:
    """AWS's `ContainerDetail` of a new job."""
    command = overrides.get("command") or properties.get("command", [])
    return {
        **properties,
        "command": resolved_command(command, parameters),
        "environment": merged(
            properties.get("environment", []), overrides.get("environment", []), "name"
        ),
        "resourceRequirements": merged(
            requirements_of(properties), requirements_of(overrides), "type"
        ),
        "volumes": properties.get("volumes", []),
        "mountPoints": properties.get("mountPoints", []),
        "ulimits": properties.get("ulimits", []),
        "secrets": properties.get("secrets", []),
        "networkInterfaces": [],
    }


def requirements_of(properties: Document) -> list[Document]:
    """What is asked for, also when it was said in the old way (`vcpus`, `memory`)."""
    old = {"VCPU": properties.get("vcpus"), "MEMORY": properties.get("memory")}
    stated = [{"type": kind, "value": str(value)} for kind, value in old.items() if value]
    return merged(stated, properties.get("resourceRequirements", []), "type")


def vcpus_of(container: Document) -> int:
    """How many vCPUs a container asks for, at least one."""
    for requirement in container["resourceRequirements"]:
        if requirement["type"] == "VCPU":
            return max(1, math.ceil(float(requirement["value"])))
    return 1


def main_node(node_properties: Document) -> tuple[int, Document]:
    """The index of a multi-node job's main node, and its container."""
    index = int(node_properties["mainNode"])
    for group in node_properties["nodeRangeProperties"]:
        if _in_range(index, group["targetNodes"], int(node_properties["numNodes"])):
            container: dict[str, Any] = group["container"]
            return index, container
    message = f"nodeProperties: no nodeRangeProperties entry covers the main node {index}"
    raise LookupError(message)


def override_of_node(node_overrides: Document, index: int, count: int) -> Document:
    """What SubmitJob's `nodeOverrides` change in one node's container."""
    for group in node_overrides.get("nodePropertyOverrides", []):
        if _in_range(index, group["targetNodes"], count):
            override: dict[str, Any] = group.get("containerOverrides", {})
            return override
    return {}


def _in_range(index: int, target_nodes: str, count: int) -> bool:
    """Whether a node is in a range such as `0:3`, `:` or `2`; either end may be left open."""
    first, colon, last = target_nodes.partition(":")
    lowest = int(first or 0)
    highest = int(last or count - 1) if colon else lowest
    return lowest <= index <= highest
