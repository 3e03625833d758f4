"""What a stack costs while nothing runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from geoschem_bench.catalog import load_catalog
from geoschem_bench.pricing import load_prices

if TYPE_CHECKING:
    from geoschem_bench.aws.stack.template import Template

_BY_THE_MONTH = {
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::EC2::NatGateway": "NAT gateway",
}
_HOURS = 730


def idle_costs(template: Template, values: Mapping[str, str], region: str) -> Iterator[str]:
    """Lines for a person. Only prices that we have, with their date; no others."""
    least = int(values.get("MinvCpus") or 0)
    if not least:
        yield "Idle: no instance runs (MinvCpus=0), so compute costs nothing between benchmarks."
    else:
        yield from _always_on(values, least, region)
    counts = {name: template.count(kind) for kind, name in _BY_THE_MONTH.items()}
    counted = [f"{count} {name}{'s' * (count > 1)}" for name, count in counts.items() if count]
    listed = f"{', '.join(counted)} by the month, " if counted else ""
    yield (
        f"Also charged: {listed}objects, images, logs and table by the GB. Prices: "
        "https://aws.amazon.com/cloudwatch/pricing, /s3/pricing, /ecr/pricing, /dynamodb/pricing"
    )


def _always_on(values: Mapping[str, str], least: int, region: str) -> Iterator[str]:
    catalog, prices = load_catalog(), load_prices()
    for parameter in ("GravitonInstanceType", "X86InstanceType"):
        name = values.get(parameter, "")
        instance, price = catalog.get(name), prices.price(name, region, "on_demand")
        if instance is None or price is None:
            yield f"Idle: MinvCpus={least} keeps {name} running; its price in {region} is not known"
            continue
        count = -(-least // instance.vcpus)
        month = count * price.usd_per_hour * _HOURS
        yield (
            f"Idle: MinvCpus={least} keeps {count} x {name} running in each of its environments: "
            f"{month:.0f} USD a month on demand (listed {price.as_of or 'undated'})"
        )
