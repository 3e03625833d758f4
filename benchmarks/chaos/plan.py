"""Which faults strike when: a pure function of the seed, so that a draw can be had again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

BENCHMARKS = 12
"""Of each run."""
LONGEST_OFFSET_SECONDS = 75.0
"""A run without faults takes about so long beside another one."""


class Kind(StrEnum):
    """What is done to a run, or to what it runs on."""

    TASK = "kill -9 of a task's supervisor and runner"
    RUNNER = "kill -9 of a task's runner alone"
    SUBMITTING = "kill -9 of a task while it submits"
    SCHEDULER = "kill -9 of the scheduler and its workers"
    SCHEDULER_ALONE = "kill -9 of the scheduler, its workers live on"
    TRIGGERER = "kill -9 of the triggerer"
    API_SERVER = "kill -9 of the api-server"
    DAG_PROCESSOR = "kill -9 of the dag-processor"
    SANDBOX_KILLED = "kill -9 of the sandbox, started again"
    SANDBOX_STOPPED = "sandbox stopped, its jobs lost, started again"
    DATABASE_CRASHED = "PostgreSQL: immediate shutdown, started again"
    DATABASE_RESTARTED = "PostgreSQL: fast shutdown, started again"
    THROTTLED = "throttling by Batch, S3 or DynamoDB"
    FAILING = "5xx of Batch, S3 or DynamoDB"
    CLEARED = "benchmark cleared by REST"
    CLEARED_MIDWAY = "benchmark cleared by REST while it submits"
    MARKED = "benchmark marked failed by REST"
    MARKED_MIDWAY = "benchmark marked failed by REST while it submits"


WEIGHTS = {
    Kind.TASK: 14,
    Kind.RUNNER: 6,
    Kind.SUBMITTING: 6,
    Kind.SCHEDULER: 7,
    Kind.SCHEDULER_ALONE: 5,
    Kind.TRIGGERER: 12,
    Kind.API_SERVER: 9,
    Kind.DAG_PROCESSOR: 3,
    Kind.SANDBOX_KILLED: 6,
    Kind.SANDBOX_STOPPED: 3,
    Kind.DATABASE_CRASHED: 4,
    Kind.DATABASE_RESTARTED: 4,
    Kind.THROTTLED: 7,
    Kind.FAILING: 7,
    Kind.CLEARED: 7,
    Kind.CLEARED_MIDWAY: 4,
    Kind.MARKED: 4,
    Kind.MARKED_MIDWAY: 3,
}
"""How often each is drawn, of their sum."""
SERVICES = ("batch", "s3", "dynamodb")
_LONGEST_SECONDS = 8.0


@dataclass(frozen=True)
class Strike:
    """One fault. All numbers are drawn, also those that its kind has no use for."""

    kind: Kind
    after_seconds: float
    """Since the start of its runs."""
    lasts_seconds: float
    """Until what was killed is started again, or the service answers as ever."""
    run: int
    """Which of the runs that go on at once."""
    benchmark: int
    """Which of that run's."""
    victim: float
    """0 to 1: which of the tasks that have a process then."""
    service: str
    rate: float
    """The share of its requests."""

    def __str__(self) -> str:
        return f"{self.after_seconds:5.1f} s {self.kind.name}"


def draw(seed: int, number: int, faults: int, runs: int) -> list[Strike]:
    """The faults of one round, the soonest first.

    Args:
        seed: Of the whole draw.
        number: Of the round.
        faults: How many.
        runs: How many go on at once.
    """
    random = Random(f"{seed}/{number}")  # noqa: S311 - no secret
    kinds = random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=faults)
    strikes = [_strike(kind, random, runs) for kind in kinds]
    return sorted(strikes, key=lambda strike: strike.after_seconds)


def _strike(kind: Kind, random: Random, runs: int) -> Strike:
    return Strike(
        kind=kind,
        after_seconds=round(random.uniform(1, LONGEST_OFFSET_SECONDS), 2),
        lasts_seconds=round(random.uniform(0, _LONGEST_SECONDS), 2),
        run=random.randrange(runs),
        benchmark=random.randrange(BENCHMARKS),
        victim=random.random(),
        service=random.choice(SERVICES),
        rate=random.choice((0.3, 1.0)),
    )


def rounds(seed: int, faults: int, per_round: int, runs: int) -> list[list[Strike]]:
    """All rounds until so many faults have been drawn."""
    whole, rest = divmod(faults, per_round)
    sizes = [per_round] * whole + [rest] * bool(rest)
    return [draw(seed, number, size, runs) for number, size in enumerate(sizes)]
