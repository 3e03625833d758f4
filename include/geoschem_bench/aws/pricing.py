"""Prices as AWS lists them now (`geoschem-bench prices refresh`).

On demand from the Price List Query API (pricing:GetProducts), spot from EC2
(ec2:DescribeSpotPriceHistory). Both are free of charge.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from geoschem_bench.errors import UserError
from geoschem_bench.pricing import Price

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import SpotPriceTypeDef

PRICE_LIST_REGION = "us-east-1"
"""The Price List API has endpoints in us-east-1, eu-central-1 and ap-south-1 only; each knows
the prices of every region."""

ON_DEMAND_SOURCE = "AWS Price List Query API, https://api.pricing.us-east-1.amazonaws.com"
SPOT_SOURCE = "EC2 DescribeSpotPriceHistory, https://ec2.amazonaws.com"

_ALWAYS = {
    "serviceCode": "AmazonEC2",
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "licenseModel": "No License required",
    # without these two, capacity reservations match as well: unused at full price, used at 0
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
}
_VIRTUAL = {"productFamily": "Compute Instance", "tenancy": "Shared"}
_METAL = {"productFamily": "Compute Instance (bare metal)", "tenancy": "Dedicated"}

_FEW = 40
"""Up to so many types one request each is quicker than the region's whole list (pages of 100)."""

_SPOT_AT_ONCE = 100
"""Types in one request for spot prices."""

_SPOT_MOST_AGE = timedelta(days=90)
"""EC2 keeps no older spot prices, so an older one is a stand-in's (moto's is of 2006)."""


class PricingClient(Protocol):
    """What is used of boto3's client for `pricing`."""

    def get_paginator(self, name: str, /) -> Any:  # noqa: ANN401 - boto3 makes it at run time
        """A paginator of one operation."""
        ...


def _say_nothing(_message: str) -> None:
    pass


def fetch_on_demand(
    client: PricingClient,
    region: str,
    instance_types: Collection[str] | None,
    today: date,
    tell: Callable[[str], None] = _say_nothing,
) -> list[Price]:
    """On-demand prices (Linux, shared tenancy) in a region, sorted by type.

    Args:
        client: Of `pricing`, in PRICE_LIST_REGION.
        region: Whose prices; any that sells in USD.
        instance_types: Types to ask for; None for all of the region. One that is not sold there
            is simply not in the answer.
        today: Becomes `as_of`: the day on which AWS listed them.
        tell: Hears of progress, and of a type that is left out because AWS lists two prices.

    Raises:
        UserError: AWS refused, or the region's prices are not in USD.
    """
    if region.startswith("cn-"):
        raise UserError(f"{region}: AWS lists its prices in CNY, and elsewhere; give the price in "
                        "a price file of your own, in USD")  # fmt: skip
    found: dict[str, set[float]] = {}
    try:
        for filters in _searches(region, instance_types):
            for item in _products(client, filters, tell):
                name, usd = _type_and_usd(item, today)
                if usd and (instance_types is None or name in instance_types):
                    found.setdefault(name, set()).update(usd)
    except (ClientError, BotoCoreError) as error:
        raise UserError(_no_list(region, error)) from error
    for name in sorted(name for name, usd in found.items() if len(usd) > 1):
        tell(f"{name} in {region}: left out, AWS lists {sorted(found.pop(name))} USD/h")
    return [_on_demand(name, region, min(usd), today) for name, usd in sorted(found.items())]


def fetch_spot(
    client: EC2Client,
    region: str,
    instance_types: Collection[str] | None,
    now: datetime,
) -> list[Price]:
    """Spot prices (Linux) in force now, one for each type and zone of the region.

    Args:
        client: Of `ec2`, in the region.
        region: Whose prices.
        instance_types: Types to ask for; None for all. One that is not sold as spot is simply
            not in the answer.
        now: With its time zone; its day becomes `as_of`.

    Raises:
        UserError: EC2 refused, or answers with prices that EC2 cannot have.
    """
    latest: dict[tuple[str, str], SpotPriceTypeDef] = {}
    try:
        for item in _spot_history(client, instance_types, now):
            key = item["InstanceType"], item["AvailabilityZone"]
            if key not in latest or item["Timestamp"] > latest[key]["Timestamp"]:
                latest[key] = item
    except (ClientError, BotoCoreError) as error:
        raise UserError(_no_spot(region, error)) from error
    return [_spot(item, region, now) for _, item in sorted(latest.items())]


def _searches(region: str, instance_types: Collection[str] | None) -> Iterator[dict[str, str]]:
    """Filters of each request: by type where they are few, else the region's whole list."""
    base = _ALWAYS | {"regionCode": region}
    if instance_types is None or len(instance_types) > _FEW:
        yield base | _VIRTUAL
        yield base | _METAL
        return
    for name in sorted(instance_types):
        yield base | (_METAL if ".metal" in name else _VIRTUAL) | {"instanceType": name}


def _products(
    client: PricingClient, filters: dict[str, str], tell: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("get_products").paginate(
        ServiceCode="AmazonEC2",
        FormatVersion="aws_v1",
        Filters=[{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in filters.items()],
        PaginationConfig={"PageSize": 100},
    )
    what = filters.get("instanceType", filters["productFamily"])
    for number, page in enumerate(pages, start=1):
        tell(f"{filters['regionCode']}: {what}, page {number}")
        yield from (json.loads(text) for text in page["PriceList"])


def _type_and_usd(item: dict[str, Any], today: date) -> tuple[str, set[float]]:
    """Instance type and its hourly prices in USD above 0: one, unless AWS lists it oddly."""
    terms = item.get("terms", {}).get("OnDemand", {}).values()
    in_force = (term for term in terms if term.get("effectiveDate", "")[:10] <= today.isoformat())
    rates = (rate for term in in_force for rate in term["priceDimensions"].values())
    prices = (rate["pricePerUnit"].get("USD", "0") for rate in rates if rate["unit"] == "Hrs")
    usd = {float(text) for text in prices}
    return item["product"]["attributes"].get("instanceType", ""), {
        price for price in usd if math.isfinite(price) and price > 0
    }


def _on_demand(name: str, region: str, usd: float, today: date) -> Price:
    return Price(
        instance_type=name,
        region=region,
        purchase_option="on_demand",
        usd_per_hour=usd,
        as_of=today.isoformat(),
        source=ON_DEMAND_SOURCE,
    )


def _spot_history(
    client: EC2Client, instance_types: Collection[str] | None, now: datetime
) -> Iterator[SpotPriceTypeDef]:
    """Prices in force at `now`: asked from then on, EC2 adds the last change before it."""
    paginator = client.get_paginator("describe_spot_price_history")
    for some in _portions(instance_types):
        for page in paginator.paginate(
            **some, ProductDescriptions=["Linux/UNIX"], StartTime=now.astimezone(UTC)
        ):
            yield from page["SpotPriceHistory"]


def _portions(instance_types: Collection[str] | None) -> Iterator[dict[str, Any]]:
    if instance_types is None:
        yield {}
        return
    ordered: Sequence[str] = sorted(instance_types)
    for start in range(0, len(ordered), _SPOT_AT_ONCE):
        yield {"InstanceTypes": ordered[start : start + _SPOT_AT_ONCE]}


def _spot(item: SpotPriceTypeDef, region: str, now: datetime) -> Price:
    name, since = item["InstanceType"], item["Timestamp"]
    if now - since > _SPOT_MOST_AGE:
        raise UserError(
            f"the spot price of {name} in {item['AvailabilityZone']} is {item['SpotPrice']} USD/h "
            f"of {since:%Y-%m-%d}: older than 90 days, which EC2 never answers. That is a "
            "stand-in for AWS, such as the sandbox: unset AWS_ENDPOINT_URL and try again"
        )
    return Price(
        instance_type=name,
        region=region,
        purchase_option="spot",
        usd_per_hour=float(item["SpotPrice"]),
        as_of=now.astimezone(UTC).date().isoformat(),
        source=SPOT_SOURCE,
        zone=item["AvailabilityZone"],
    )


def _no_list(region: str, error: Exception) -> str:
    return (
        f"AWS did not give its on-demand prices in {region}: {error}. Check the credentials, that "
        "the permission pricing:GetProducts is there, and that this computer reaches "
        f"api.pricing.{PRICE_LIST_REGION}.amazonaws.com (the Price List API has endpoints in "
        "us-east-1, eu-central-1 and ap-south-1 only)."
    )


def _no_spot(region: str, error: Exception) -> str:
    return (
        f"EC2 in {region} did not give its spot prices: {error}. Check the credentials, the "
        "region's name and that it is enabled, and that the permission "
        "ec2:DescribeSpotPriceHistory is there."
    )
