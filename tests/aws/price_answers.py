"""Answers of AWS about prices, in its own form."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
from botocore.stub import Stubber

from geoschem_bench.aws.pricing import (
    ON_DEMAND_SOURCE,
)
from geoschem_bench.pricing import Price

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
COMMON = {
    "serviceCode": "AmazonEC2",
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "licenseModel": "No License required",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
    "regionCode": "us-west-2",
}
VIRTUAL = COMMON | {"productFamily": "Compute Instance", "tenancy": "Shared"}
METAL = COMMON | {"productFamily": "Compute Instance (bare metal)", "tenancy": "Dedicated"}


class Stubbed:
    """A client of one service that gives prepared answers, in order."""

    def __init__(self, service: str, region: str) -> None:
        self.client: Any = boto3.client(service, region_name=region)  # type: ignore[call-overload]
        self.stub = Stubber(self.client)
        self.stub.activate()

    def products(
        self, filters: dict[str, str], *items: str, token: str = "", more: str = ""
    ) -> None:
        asked: dict[str, Any] = {
            "ServiceCode": "AmazonEC2",
            "FormatVersion": "aws_v1",
            "Filters": [
                {"Type": "TERM_MATCH", "Field": name, "Value": value}
                for name, value in filters.items()
            ],
            "MaxResults": 100,
        }
        answer: dict[str, Any] = {"FormatVersion": "aws_v1", "PriceList": list(items)}
        self.stub.add_response(
            "get_products",
            answer | ({"NextToken": more} if more else {}),
            asked | ({"NextToken": token} if token else {}),
        )

    def spot(self, asked: dict[str, Any], *items: dict[str, Any], more: str = "") -> None:
        self.stub.add_response(
            "describe_spot_price_history",
            {"SpotPriceHistory": list(items), "NextToken": more},
            asked | {"ProductDescriptions": ["Linux/UNIX"], "StartTime": NOW},
        )


def product(name: str, *usd: str, unit: str = "Hrs", since: str = "2026-11-01") -> str:
    """One SKU as GetProducts gives it: JSON within a string, one rate for each of `usd`."""
    rates = {
        f"SKU.JRTC.{number}": {"unit": unit, "pricePerUnit": {"USD": amount}}
        for number, amount in enumerate(usd)
    }
    term = {"effectiveDate": f"{since}T00:00:00Z", "priceDimensions": rates}
    return json.dumps(
        {
            "product": {"attributes": {"instanceType": name, "regionCode": "us-west-2"}},
            "terms": {"OnDemand": {"SKU.JRTC": term}},
        }
    )


def listed(name: str, usd: float) -> Price:
    return Price(instance_type=name, region="us-west-2", purchase_option="on_demand",
                 usd_per_hour=usd, as_of="2026-11-22", source=ON_DEMAND_SOURCE)  # fmt: skip


def offer(name: str, zone: str, usd: str, hours_ago: float = 1) -> dict[str, Any]:
    return {
        "InstanceType": name,
        "AvailabilityZone": zone,
        "SpotPrice": usd,
        "Timestamp": NOW - timedelta(hours=hours_ago),
        "ProductDescription": "Linux/UNIX",
    }
