"""Which instance type for a simulation: answers with their evidence, or what is missing."""

from geoschem_bench.recommendation.answers import CHEAPEST, FASTEST
from geoschem_bench.recommendation.candidates import PriceOf
from geoschem_bench.recommendation.models import Answer, Evidence, Goal, Recommendation
from geoschem_bench.recommendation.recommending import describe_simulation, recommend
from geoschem_bench.recommendation.tariff import Tariff, stored_price

__all__ = [
    "CHEAPEST",
    "FASTEST",
    "Answer",
    "Evidence",
    "Goal",
    "PriceOf",
    "Recommendation",
    "Tariff",
    "describe_simulation",
    "recommend",
    "stored_price",
]
