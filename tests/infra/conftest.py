"""The committed template, as it is and with its loops written out; synthesis, once a session."""

import json
from pathlib import Path
from typing import Any

import pytest

from geoschem_bench.sandbox.stacks.loops import expanded

INFRA = Path(__file__).parents[2] / "infra"
TEMPLATE = INFRA / "BenchmarkingStack.template.json"
LISTS = {
    "CampaignInstanceTypes": ["c8g.4xlarge", "c7a.4xlarge"],
    "CampaignSpotInstanceTypes": ["c8g.4xlarge"],
    "MultinodeInstanceTypes": ["hpc7g.16xlarge"],
}


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(TEMPLATE.read_text())
    return read


@pytest.fixture(scope="session")
def resources(template) -> dict[str, dict[str, Any]]:
    """Every resource of a stack with types in each list, by logical id."""
    found: dict[str, dict[str, Any]] = expanded(template, _collection)["Resources"]
    return found


@pytest.fixture(scope="session")
def of_type(resources):
    """Logical id → properties of the resources of one type."""

    def find(kind: str) -> dict[str, dict[str, Any]]:
        return {
            name: each.get("Properties", {})
            for name, each in resources.items()
            if each["Type"] == kind
        }

    return find


def _collection(wanted: Any) -> list[str]:
    return wanted if isinstance(wanted, list) else LISTS[wanted["Ref"]]
