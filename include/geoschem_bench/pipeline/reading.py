"""All that a report of a run is made from, read at one time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from geoschem_bench import __version__
from geoschem_bench.pipeline.stored import costs_of, decision_of, is_loaded, plan_of, rejected_of
from geoschem_bench.records import (
    BudgetDecision,
    ObjectStore,
    Rejected,
    Result,
    ResultsStore,
    RunCosts,
    RunPlanFile,
)
from geoschem_bench.records.erasing import mark_address


@dataclass(frozen=True)
class Reading:
    """What is known of a run."""

    run_id: str
    plan: RunPlanFile | None
    """None where its jobs were submitted by hand."""
    results: Sequence[Result]
    rejected: Sequence[Rejected]
    costs: RunCosts | None
    decision: BudgetDecision | None
    is_going_on: bool
    """Planned, and not loaded as a whole yet."""

    is_being_deleted: bool = False

    @property
    def is_gone(self) -> bool:
        """There is no such run, or none for long."""
        return self.is_being_deleted or (self.plan is None and not self.results)

    @property
    def is_dry(self) -> bool:
        """Nothing was to be submitted."""
        return self.plan is not None and self.plan.dry_run

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same knowledge: another report of it would say the same."""
        known = [
            __version__,
            self.plan and self.plan.model_dump(mode="json"),
            [result.model_dump(mode="json") for result in self.results],
            [asdict(rejected) for rejected in self.rejected],
            self.costs and self.costs.model_dump(mode="json"),
            self.decision and self.decision.model_dump(mode="json"),
            self.is_going_on,
        ]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def read_run(run_id: str, bucket: str, objects: ObjectStore, store: ResultsStore) -> Reading:
    """What is known of it now."""
    # first: a deletion that begins after this line takes what was written before it, too
    is_being_deleted = objects.get(mark_address(bucket, run_id), limit=1) is not None
    # before the results: what is loaded after this line is missed, and a later look finds it
    is_going_on = not is_loaded(run_id, bucket, objects)
    plan = plan_of(run_id, bucket, objects)
    return Reading(
        run_id=run_id,
        plan=plan,
        results=store.of_run(run_id),
        rejected=rejected_of(run_id, bucket, objects),
        costs=costs_of(run_id, bucket, objects),
        decision=decision_of(run_id, bucket, objects),
        is_going_on=is_going_on and plan is not None and not plan.dry_run,
        is_being_deleted=is_being_deleted,
    )
