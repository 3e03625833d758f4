"""The files beside a run's phases: `plan.json`, `budget.json`, `load.json`, the report."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from geoschem_bench.planning import PlannedBenchmark, output_path
from geoschem_bench.pricing import Estimate
from geoschem_bench.records.stores import ObjectStore

BUDGET_FILE = "budget.json"
LOAD_FILE = "load.json"
"""Written when the whole run was loaded, and not before."""


class RunPlanFile(BaseModel):
    """`plan.json`: what a run set out to do."""

    model_config = ConfigDict(frozen=True)

    benchmark_run_id: str
    suite: str
    suite_sha256: str
    dag_id: str
    dag_run_id: str
    run_after: str
    """ISO 8601 with zone."""
    bucket: str
    phases: tuple[str, ...]
    dry_run: bool
    repetitions: int | None
    """In place of the suite's; None: the suite's."""
    benchmarks: tuple[PlannedBenchmark, ...]
    warnings: tuple[str, ...] = ()
    estimate: Estimate | None = None
    """What it can cost at most; None in the plans of earlier versions."""
    retention_days: int | None = None
    """How long the suite keeps its runs; None in the plans of earlier versions."""
    in_sandbox: bool = False
    """Whether nothing of it was billed, whatever it would cost on AWS."""

    def output_path(self, planned: PlannedBenchmark, submission: int = 1) -> str:
        """Where that benchmark writes."""
        run_id = self.benchmark_run_id
        return output_path(self.bucket, run_id, planned.phase, planned.id, submission)

    def to_json(self) -> bytes:
        """As it is stored."""
        return self.model_dump_json(indent=1, exclude_none=False).encode()


def read_run_plan(objects: ObjectStore, address: str) -> RunPlanFile | None:
    """The plan at that address, or None where there is none that can be read."""
    raw = objects.get(address)
    if raw is None:
        return None
    try:
        return RunPlanFile.model_validate_json(raw)
    except ValidationError:
        return None  # somebody else's plan.json under a prefix given by hand


class BudgetDecision(BaseModel):
    """`budget.json`: whether the run may spend what it was planned to."""

    model_config = ConfigDict(frozen=True)

    outcome: Literal["within", "waiting", "approved", "stopped", "not_approved"]
    message: str
    decided_by: str | None = None
    """Who approved or refused; None where nobody was asked, or nobody answered."""

    @property
    def may_spend(self) -> bool:
        """Whether jobs may be submitted."""
        return self.outcome in ("within", "approved")

    def to_json(self) -> bytes:
        """As it is stored."""
        return self.model_dump_json(indent=1).encode()


def read_budget_decision(objects: ObjectStore, address: str) -> BudgetDecision | None:
    """The decision at that address, or None where there is none that can be read."""
    raw = objects.get(address)
    try:
        return BudgetDecision.model_validate_json(raw) if raw else None
    except ValidationError:
        return None
