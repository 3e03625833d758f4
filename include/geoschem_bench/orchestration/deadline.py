"""A run that is not over in time: people are told, once, and it goes on.

Airflow's scheduler sees that the time has passed and has the triggerer call `tell_of_deadline`.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from geoschem_bench.orchestration.run_context import Parts
from geoschem_bench.orchestration.telling import message_of, tell
from geoschem_bench.planning import benchmark_run_id
from geoschem_bench.suite import Suite
from geoschem_bench.wiring.notifiers import usable_notifiers

_log = logging.getLogger(__name__)
_OVER = ("success", "failed")


def deadline_of(suite: Suite) -> DeadlineAlert | None:
    """The alert of a suite that has a deadline and wants to be told of it."""
    hours = suite.header.deadline_hours
    if hours is None or "deadline" not in suite.header.notify:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=hours),
        callback=AsyncCallback(tell_of_deadline, kwargs={"suite": suite.name, "hours": hours}),
        name=f"not over after {hours:g} h",
    )


async def tell_of_deadline(suite: str, hours: float, context: dict[str, Any]) -> str:
    """Called by Airflow's triggerer; what was done, for its record.

    Args:
        suite: Name.
        hours: From the moment when the run was queued.
        context: Of Airflow: `dag_run` as its API shows it.
    """
    # boto3 and notifiers block, and the triggerer has other things to wait for
    said = await asyncio.to_thread(_tell, suite, hours, context)
    _log.info("deadline of %s: %s", suite, said)
    return said


def _tell(suite: str, hours: float, context: dict[str, Any]) -> str:
    run = context["dag_run"]
    if run["state"] in _OVER:  # Airflow takes back the deadline of a run that succeeded, only
        return f"the run is {run['state']}; nobody is told"
    choices, wrong = usable_notifiers()
    if (run["conf"] or {}).get("dry_run") or not (choices or wrong):
        return "nobody is to be told"
    parts = Parts()
    dag_run = SimpleNamespace(dag_id=run["dag_id"], run_id=run["dag_run_id"])
    queued = datetime.fromisoformat(run["queued_at"] or run["run_after"])
    run_id = benchmark_run_id(
        datetime.fromisoformat(run["run_after"]), run["dag_id"], run["dag_run_id"]
    )
    state = f"past its deadline of {hours:.3g} h"
    note = "It goes on; another message comes at its end."
    _, words = message_of(suite, run_id, state, queued, [], parts, dag_run, note=note)
    lost = [tell(choice, words | {"event": "deadline"}, context, parts) for choice in choices]
    failed = [f"{c.title}: {why}" for c, why in zip(choices, lost, strict=True) if why]
    if failed or wrong:
        raise RuntimeError(f"not told of the deadline: {'; '.join(filter(None, [*failed, wrong]))}")
    return f"told: {', '.join(choice.title for choice in choices)}"
