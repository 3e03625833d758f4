"""The form that Airflow shows when a run of a suite is triggered: what can be chosen, and how."""

from __future__ import annotations

from airflow.sdk import Param

from geoschem_bench.suite import PHASE_TITLES, PHASES, Suite

MOST_CONCURRENT = 1000
"""As in a suite's header."""
MOST_REPETITIONS = 100
_SELDOM = "Seldom needed"
"""A section that Airflow shows closed; what has none is in the one that it shows open."""


def params_of(suite: Suite) -> dict[str, Param]:
    """Every choice, with the suite's own values, in the order of the form."""
    return {
        "phases": _phases(suite),
        "dry_run": _dry_run(),
        "repetitions": _repetitions(suite),
        "max_concurrent": _max_concurrent(suite),
        "force": _force(),
    }


def _dry_run() -> Param:
    return Param(
        False,
        type="boolean",
        title="Dry run",
        description_md="Plan and estimate only: writes plan.json with where each benchmark would "
        "go and the most that it can cost. **Submits nothing and costs nothing.** Good before a "
        "first run.",
    )


def _repetitions(suite: Suite) -> Param:
    return Param(
        None,
        type=["null", "integer"],
        minimum=1,
        maximum=MOST_REPETITIONS,
        title="Repetitions",
        description_md=f"Timed repetitions of each benchmark, 1 to {MOST_REPETITIONS}; warm-ups "
        f"come on top. Empty: as the suite says ({suite.header.repetitions}, unless a benchmark "
        "says otherwise). On AWS, each one is paid for.",
    )


def _force() -> Param:
    return Param(
        False,
        type="boolean",
        title="Measure again",
        section=_SELDOM,
        description_md="Submit also benchmarks that a job of **this very run** has measured "
        "already, and pay for them again. A new run measures everything anyway: this matters for "
        "airflow dags test with the same date, twice. To repeat one benchmark of a run that is "
        "over, clear its task instead.",
    )


def _max_concurrent(suite: Suite) -> Param:
    return Param(
        suite.header.max_concurrent,
        type="integer",
        minimum=1,
        maximum=MOST_CONCURRENT,
        title="Jobs at one time",
        section=_SELDOM,
        description_md=f"The most jobs of this run in AWS Batch at one time, 1 to "
        f"{MOST_CONCURRENT}. Fewer takes longer and costs the same; a quota that is too small for "
        "all of them makes some wait.",
    )


def _phases(suite: Suite) -> Param:
    counts = {phase: len(suite.phases[phase]) for phase in PHASES}
    shown = {phase: f"{PHASE_TITLES[phase]} ({_benchmarks(counts[phase])})" for phase in PHASES}
    return Param(
        list(PHASES),
        type="array",
        title="Phases",
        description_md="Which phases to run; the others are skipped. They run in their order, one "
        "after the other. In a conf their names (phase_1) or numbers (1).",
        items={"enum": [*PHASES, *range(1, len(PHASES) + 1)]},
        minItems=1,
        uniqueItems=True,
        examples=list(PHASES),
        values_display=shown,
    )


def _benchmarks(count: int) -> str:
    return "empty" if not count else f"{count} benchmark{'' if count == 1 else 's'}"
