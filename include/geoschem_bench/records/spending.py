"""What a run's jobs have cost: every submission, also the failed and repeated ones.

The time is the job's own, from its start to its stop; boot, image pull and idle minutes of the
instance are billed too, and no job knows them. `costs.json` beside the run keeps each price, so
that a later one changes no old cost.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from geoschem_bench.errors import Reason
from geoschem_bench.pricing import COSTS_NOTHING, Price, PurchaseOption, usd
from geoschem_bench.records.stores import ObjectStore

COSTS_FILE = "costs.json"
NOT_IN_IT = (
    "Of the jobs' own time; boot, image pull, idle instances, storage and transfer come on top."
)


class SubmissionCost(BaseModel):
    """What one submission of one benchmark has cost."""

    model_config = ConfigDict(frozen=True)

    benchmark_id: str
    submission: int
    instance_type: str
    nodes: int
    purchase_option: PurchaseOption
    status: str
    """As Batch spells it; UNKNOWN where nobody wrote it down."""
    reason: Reason | None
    """Why it failed."""
    seconds: float | None
    """From start to stop; None where it never started, or where that is not known."""
    usd: float | None
    price: Price | None = None
    why: str | None = None
    """Why there is no cost, or why it is more than this."""


class RunCosts(BaseModel):
    """`costs.json`: the sum of a run, beside its estimate and its budget."""

    model_config = ConfigDict(frozen=True)

    usd: float | None
    """Of what is known; None where nothing of it is, and where nothing is billed."""
    is_complete: bool
    """False: it is more than that, as some of it is not known."""
    is_free: bool
    """Ran on this computer: nobody bills anything."""
    estimate_usd: float | None
    budget_usd: float | None
    submissions: tuple[SubmissionCost, ...]

    @property
    def unknown(self) -> tuple[SubmissionCost, ...]:
        """Submissions that cost more than is known."""
        return tuple(each for each in self.submissions if each.why and not self.is_free)

    def headline(self) -> str:
        """The sum in one sentence."""
        if self.is_free:
            return f"Cost of the run: it {COSTS_NOTHING}."
        if not self.submissions:
            return "Cost of the run: none, nothing was submitted."
        if self.usd is None:
            return f"Cost of the run: not known: {self.unknown[0].why}"
        least = "" if self.is_complete else "at least "
        return f"Cost of the run: {least}{usd(self.usd)}{self._beside()}. {NOT_IN_IT}"

    def _beside(self) -> str:
        """The sum beside what was expected."""
        text = "" if self.estimate_usd is None else f", of at most {usd(self.estimate_usd)} planned"
        if self.budget_usd is None or self.usd is None:
            return text
        if not self.is_complete and self.usd <= self.budget_usd:
            return f"{text}; the budget is {usd(self.budget_usd)}"
        over = self.usd > self.budget_usd
        return f"{text}, {'over' if over else 'within'} the budget of {usd(self.budget_usd)}"

    def to_json(self) -> bytes:
        """As it is stored."""
        return self.model_dump_json(indent=1).encode()


def read_costs(objects: ObjectStore, address: str) -> RunCosts | None:
    """The costs at that address, or None where there are none that can be read."""
    raw = objects.get(address)
    try:
        return RunCosts.model_validate_json(raw) if raw else None
    except ValidationError:
        return None
