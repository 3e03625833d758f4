"""What is asked, and the answer with its evidence."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from geoschem_bench.pricing import Price


class Goal(BaseModel):
    """What somebody wants to run."""

    model_config = ConfigDict(frozen=True)

    simulations: int = Field(default=1, ge=1, le=1_000_000)
    """Alike and independent of each other: the members of a campaign."""
    days: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Simulated days of each; None: as many as were measured."""
    deadline_hours: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Wall-clock hours for all of them."""
    budget_usd: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """For all of them."""
    instances: int | None = Field(default=None, ge=1)
    """The most that may run at a time; None: as many as are needed."""

    @model_validator(mode="after")
    def _instances_limit_a_deadline(self) -> Self:
        if self.instances is not None and self.deadline_hours is None:
            raise ValueError("the number of instances matters only where there is a deadline")
        return self


class Evidence(BaseModel):
    """The best setup of one instance type, and what it would take to reach the goal."""

    model_config = ConfigDict(frozen=True)

    benchmark_id: str
    benchmark_run_ids: tuple[str, ...]
    instance_type: str
    """As observed; with nodes in front where there were more than one."""
    label: str
    """What tells this setup from the others of the simulation."""
    threads: int | None
    mpi_ranks: int | None
    n: int
    """Runs, or repetitions of the only run."""
    kind: str
    """`runs` or `repetitions`."""
    hours_per_sim_day: float
    hours_low: float | None
    """95 % confidence interval."""
    hours_high: float | None
    interval_method: str | None
    price: Price | None
    price_missing: str | None
    """Why there is no price."""
    cost_usd_per_sim_day: float | None
    hours_of_one: float
    """Wall-clock hours of one simulation of the goal."""
    usd_of_all: float | None
    """For all simulations of the goal."""
    instances_for_deadline: int | None
    """Instances at a time, all nodes counted; None without a deadline, or where it is not shown
    that it can be met."""
    measured_at: tuple[str, ...]
    """ISO 8601: starts of the runs, where known."""
    sources: tuple[str, ...]
    """Logs or publications; empty where jobs of ours measured."""


class Answer(BaseModel):
    """One question, and which instance type answers it."""

    model_config = ConfigDict(frozen=True)

    question: str
    """`fastest`, `cheapest`, `cheapest within 24 h`, `fastest within 10 USD`."""
    choice: str | None
    """Instance type (with nodes in front); None where the evidence names none."""
    setup: str | None = None
    """Label of the setup that was measured on it: with how many threads, and so on."""
    tied: tuple[str, ...] = ()
    """Types between which no difference is shown."""
    reason: str
    """The rule that gave the answer, or why there is none."""


class Recommendation(BaseModel):
    """The answers for one simulation."""

    model_config = ConfigDict(frozen=True)

    simulation: str
    """In words: `fullchem at 4x5, 7 simulated days (gc-classic 14.7.0)`."""
    is_published: bool = False
    """The runs are others', published; never mixed with our own."""
    goal: Goal = Goal()
    answers: tuple[Answer, ...]
    """Fastest and cheapest first."""
    missing: tuple[str, ...] = ()
    """What would have to be measured or known."""
    evidence: tuple[Evidence, ...] = ()
    """Fastest first."""
    not_tested: str = ""
    """Families of the region that nobody measured here, in a sentence."""
    caveats: tuple[str, ...] = ()

    def answer(self, question: str) -> Answer | None:
        """The answer to `fastest`, `cheapest` and so on; None where that was not asked."""
        return next((answer for answer in self.answers if answer.question == question), None)
