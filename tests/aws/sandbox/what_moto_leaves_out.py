"""Deploys a template, sees which properties moto's models look at, compares with NOT_MODELLED."""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import cloudformation_backends

from geoschem_bench.sandbox.batch.state import BatchState
from geoschem_bench.sandbox.settings import Behaviour
from geoschem_bench.sandbox.stacks.gaps import NOT_MODELLED
from geoschem_bench.sandbox.stacks.install import install
from geoschem_bench.sandbox.stacks.resources import StandIn

ACCOUNT, REGION = "123456789012", "us-west-2"
USED_BY_US = ("EmptyOnDelete", "MapPublicIpOnLaunch", "Tags")
"""`Tags` of EC2's only, of which moto has a class."""


class Seen(dict[str, Any]):
    """Properties that know who asked for them."""

    def __init__(self, properties):
        super().__init__(properties)
        self.seen = set()

    def __getitem__(self, key):
        self.seen.add(key)
        return super().__getitem__(key)

    def get(self, key, default=None):
        self.seen.add(key)
        return super().get(key, default)

    def items(self):  # by which `json.dumps` goes
        self.seen |= dict.keys(self)
        return super().items()

    def __iter__(self):  # by which also `**properties` goes
        self.seen |= dict.keys(self)
        return super().__iter__()


def watch(model, unseen):
    make = model.create_from_cloudformation_json

    def made(name, source, *rest, **options):
        properties = Seen(source["Properties"])
        resource = make(name, {**source, "Properties": properties}, *rest, **options)
        kind = source["Type"]
        used = USED_BY_US if kind.startswith("AWS::EC2::") else USED_BY_US[:2]
        known = {*properties.seen, *used, model.cloudformation_name_type()}
        unseen[kind] |= set(source["Properties"]) - known
        return resource

    model.create_from_cloudformation_json = made


def main(template):
    with tempfile.TemporaryDirectory() as folder:
        install(BatchState(Path(folder), REGION, ACCOUNT, Behaviour()))
        unseen: defaultdict[str, set[str]] = defaultdict(set)
        for kind, model in parsing.get_model_map().items():
            if kind and kind in template:
                watch(model, unseen)
        given = {"Owner": "a", "NotificationEmail": "a@example.org", "ImageUri": "i"}
        lists = dict.fromkeys(("CampaignInstanceTypes", "MultinodeInstanceTypes"), "a.b")
        lists["MultinodeInstanceTypes"] = "c.d"
        backend = cloudformation_backends[ACCOUNT][REGION]
        stack = backend.create_stack("S", template, {**given, **lists, "StandIn": "proxy"})
    assert stack.status == "CREATE_COMPLETE", [each.resource_status_reason for each in stack.events]
    made: list[Any] = list(stack.stack_resources)
    found: dict[str, Any] = {kind: tuple(sorted(it)) for kind, it in unseen.items() if it}
    found |= {each.cf_resource_type: None for each in made if isinstance(each, StandIn)}
    differing = {
        kind: (found.get(kind, "modelled"), NOT_MODELLED.get(kind, "modelled"))
        for kind in {*found, *NOT_MODELLED}
        if found.get(kind, "modelled") != NOT_MODELLED.get(kind, "modelled")
    }
    sys.stdout.write(f"{differing or 'as said'}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).read_text())
