"""What a load leaves behind, as assets: the reporting DAG is triggered by them.

Each event belongs to the partition that is named like its run. Without that, Airflow would take
the partition of the DAG run, which nights and backfills have and runs by hand have not, and no
one schedule follows both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import Asset, PartitionedAssetTimetable

from geoschem_bench.suite import PHASE_TITLES, PHASES

_GROUP = "geoschem-bench"
PHASE_ASSETS = {
    phase: Asset(
        f"geoschem_bench_{phase}",
        group=_GROUP,
        extra={"title": f"Results of: {PHASE_TITLES[phase]}"},
    )
    for phase in PHASES
}
"""Results of a phase; the run may still go on."""
RUN_ASSET = Asset("geoschem_bench_run", group=_GROUP, extra={"title": "Results of a whole run"})
"""Results of a run that is over, or of jobs that were submitted by hand."""


def any_results() -> PartitionedAssetTimetable:
    """A schedule: whenever results of a run were loaded, with the run's id as partition."""
    first, *others = [*PHASE_ASSETS.values(), RUN_ASSET]
    condition: Any = first
    for asset in others:
        condition = condition | asset
    return PartitionedAssetTimetable(assets=condition)


def announce(
    asset: Asset,
    context: Any,  # noqa: ANN401 - Airflow's context has no run-time type
    run_ids: Sequence[str],
    extra: Mapping[str, Any],
) -> None:
    """Let the asset's event say what was loaded, one event for each run.

    Args:
        asset: An outlet of the task.
        context: Of the task.
        run_ids: Runs whose results were loaded; none of them: no event.
        extra: What the events say.
    """
    event = context["outlet_events"][asset]
    event.extra = dict(extra)
    event.add_partitions(list(run_ids))
