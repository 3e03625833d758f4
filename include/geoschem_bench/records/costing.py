"""What a result cost, computed once: `cost.json` beside its manifest keeps its price.

A later price never changes an old cost. Where no price is known nothing is written, so that a
later load with a fuller price list can still find one.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from geoschem_bench.pricing import Price, PriceSource, usd_per_sim_day
from geoschem_bench.records.models import Result
from geoschem_bench.records.stores import ObjectStore

COST_FILE = "cost.json"
SMOKE = "smoke: too short or too synthetic to be extrapolated"


class CostFile(BaseModel):
    """`cost.json`."""

    model_config = ConfigDict(frozen=True)

    usd_per_sim_day: float
    """Of all nodes, model time only: boot, image pull and queue are not in it."""
    nodes: int
    price: Price


def with_cost(result: Result, objects: ObjectStore, prices: PriceSource | None) -> Result:
    """The result with its cost, or with the reason why there is none."""
    if result.workload != "model" or result.hours_per_sim_day is None:
        return result
    if result.is_smoke:
        return result.model_copy(update={"cost_null_reason": SMOKE})
    if result.observed_instance_type is None:
        return result.model_copy(update={"cost_null_reason": "the instance type is not known"})
    found = _read(result, objects) or _compute(result, objects, prices)
    if isinstance(found, str):
        return result.model_copy(update={"cost_null_reason": found})
    return result.model_copy(
        update={"cost_usd_per_sim_day": found.usd_per_sim_day, "price": found.price}
    )


def _read(result: Result, objects: ObjectStore) -> CostFile | None:
    """None also for one that is damaged, or of another instance: it is computed anew."""
    raw = objects.get(result.output_path + COST_FILE)
    try:
        found = CostFile.model_validate_json(raw) if raw else None
    except ValidationError:
        return None
    return found if found and _is_of(found, result) else None


def _is_of(cost: CostFile, result: Result) -> bool:
    price = cost.price
    said = (price.instance_type, price.region, price.purchase_option, cost.nodes)
    return said == (
        result.observed_instance_type, result.aws_region, result.purchase_option, result.nodes
    )  # fmt: skip


def _compute(result: Result, objects: ObjectStore, prices: PriceSource | None) -> CostFile | str:
    instance, region = result.observed_instance_type or "", result.aws_region
    if region is None:
        return f"the AWS region in which {instance} ran is not known"
    if result.purchase_option is None:
        return f"whether {instance} was bought on demand or as spot is not known"
    if result.nodes is None:
        return "the number of nodes is not known"
    if prices is None:
        return "no price list was given"
    price = prices.price(instance, region, result.purchase_option)
    if price is None:
        return prices.missing(instance, region, result.purchase_option)
    hours = result.hours_per_sim_day or 0.0
    cost = CostFile(
        usd_per_sim_day=usd_per_sim_day(price, hours, result.nodes),
        nodes=result.nodes,
        price=price,
    )
    objects.put(result.output_path + COST_FILE, cost.model_dump_json(indent=1).encode())
    return cost
