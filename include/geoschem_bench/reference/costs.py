"""What the published runs cost at the prices of their time."""

from __future__ import annotations

from dataclasses import dataclass

from geoschem_bench.reference.tables import PAPER, rows_of


@dataclass(frozen=True)
class PublishedCost:
    """USD of one run of 7 simulated days: GEOS-Chem Classic 12.1.1, full chemistry at 4x5."""

    instance_type: str
    on_demand_usd: float
    spot_usd: float
    simulated_days: float = 7.0
    region: str = "us-east-1"
    source: str = PAPER


def published_costs() -> dict[str, PublishedCost]:
    """The paper's cost per run, by instance type."""
    return {
        row["instance_type"]: PublishedCost(
            row["instance_type"], float(row["on_demand_usd"]), float(row["spot_usd"])
        )
        for row in rows_of("cost-per-7-day-run-2019.csv")
    }
