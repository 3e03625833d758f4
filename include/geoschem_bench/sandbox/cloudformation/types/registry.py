"""All types, and what becomes of those that nothing here models."""

from __future__ import annotations

from typing import Any

from geoschem_bench.sandbox.cloudformation.types import (
    access,
    batch,
    monitoring,
    network,
    objects,
    security,
    tables,
)
from geoschem_bench.sandbox.cloudformation.types.base import Made, Place, Type, Wanted

MODELLED: dict[str, Type] = {
    **access.TYPES,
    **batch.TYPES,
    **monitoring.TYPES,
    **network.TYPES,
    **objects.TYPES,
    **security.TYPES,
    **tables.TYPES,
}

NOT_MODELLED: dict[str, str] = {
    "AWS::Budgets::Budget": "BudgetName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::EC2::PlacementGroup": "GroupName",
    "AWS::Events::Rule": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::Permission": "",
    "AWS::Logs::MetricFilter": "FilterName",
    "AWS::Logs::ResourcePolicy": "PolicyName",
}
"""Types that a stack here lists with an id, and that do nothing; with the property that names them.

docs/stack.md says of each which assertion on the template stands in for trying it.
"""


def type_of(name: str) -> Type:
    """How resources of this type are made; of unknown types nothing is."""
    return MODELLED.get(name) or _stub(name)


def skipped(types: Any) -> list[str]:  # noqa: ANN401 - any names
    """Those of these types that nothing models, sorted."""
    return sorted(set(types) - set(MODELLED))


def _stub(name: str) -> Type:
    _, service, kind = name.split("::") if name.count("::") == 2 else ("", "other", name)

    def make(place: Place, wanted: Wanted) -> Made:
        physical_id = str(wanted.properties.get(NOT_MODELLED.get(name) or "-", wanted.name))
        arn = place.arn(service.lower(), f"{kind.lower()}/{physical_id}")
        return Made(physical_id, {"Arn": arn, "Id": physical_id, "GroupName": physical_id})

    def delete(*_: Any) -> None:  # noqa: ANN401 - nothing is there
        """Nothing is there."""

    def change(_: Place, made: Made, *__: Any) -> Made:  # noqa: ANN401 - nothing is there
        return made

    return Type(make, delete, change, is_kept=True)
