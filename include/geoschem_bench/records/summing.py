"""Job records, results and prices → what a run has cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.pricing import Price, PriceSource, PurchaseOption, usd_of_run
from geoschem_bench.records.models import JobRecord, Result
from geoschem_bench.records.run_files import RunPlanFile
from geoschem_bench.records.spending import RunCosts, SubmissionCost

NOT_SUBMITTED = "NOT_SUBMITTED"
_Key = tuple[str, int]
"""Benchmark id and submission."""


def sum_costs(
    plan: RunPlanFile,
    jobs: Mapping[_Key, JobRecord | None],
    results: Sequence[Result],
    prices: PriceSource | None,
    before: RunCosts | None = None,
) -> RunCosts:
    """The costs of a run's submissions.

    Args:
        plan: Of the run.
        jobs: What Batch knew of each submission; None where nobody wrote it down.
        results: Of the run: where each submission ran.
        prices: Dated prices.
        before: What was summed earlier: its prices are kept.
    """
    estimate = plan.estimate
    sums = _Sums(
        planned={item.id: item for item in plan.benchmarks},
        ran={(result.benchmark_id, result.submission): result for result in results},
        kept={(c.benchmark_id, c.submission): c.price for c in before.submissions}
        if before
        else {},
        region=estimate.region if estimate else None,
        is_free=_is_free(plan, results),
        prices=prices,
    )
    submissions = tuple(sums.costs(jobs))
    known = [each.usd for each in submissions if each.usd is not None]
    return RunCosts(
        usd=None if sums.is_free or (submissions and not known) else sum(known),
        is_complete=not any(each.why for each in submissions),
        is_free=sums.is_free,
        estimate_usd=estimate.usd if estimate else None,
        budget_usd=estimate.budget_usd if estimate else None,
        submissions=submissions,
    )


def _is_free(plan: RunPlanFile, results: Sequence[Result]) -> bool:
    """Plans of earlier versions do not say it, but their results say where they ran."""
    if plan.in_sandbox or (plan.estimate and plan.estimate.is_free):
        return True
    return any(result.platform == "sandbox" for result in results)


@dataclass(frozen=True)
class _Sums:
    """What all submissions of a run have in common."""

    planned: Mapping[str, PlannedBenchmark]
    ran: Mapping[_Key, Result]
    kept: Mapping[_Key, Price | None]
    region: str | None
    is_free: bool
    prices: PriceSource | None

    def costs(self, jobs: Mapping[_Key, JobRecord | None]) -> Iterator[SubmissionCost]:
        """Of each submission that was made, in the plan's order."""
        places = {name: place for place, name in enumerate(self.planned)}
        made = {key: job for key, job in jobs.items() if job is None or job.status != NOT_SUBMITTED}
        for key in sorted(made.keys(), key=lambda key: (places.get(key[0], -1), key[1])):
            if key[0] in places:
                yield self._cost(key, made[key])

    def _cost(self, key: _Key, job: JobRecord | None) -> SubmissionCost:
        item, result = self.planned[key[0]], self.ran.get(key)
        hardware = item.benchmark.hardware
        instance = (result and result.observed_instance_type) or hardware.instance_type
        option, seconds = _option(item, job, result), _seconds(job)
        price, why, not_billed = None, None, None if self.is_free else 0.0
        is_billed = not self.is_free and not _never_started(job)
        if is_billed:
            price, why = self._price(key, instance, option)
            why = _unknown_time(job, seconds) or why
        return SubmissionCost(
            benchmark_id=item.id,
            submission=key[1],
            instance_type=instance,
            nodes=hardware.nodes,
            purchase_option=option,
            status=job.status if job else "UNKNOWN",
            reason=result.reason if result else None,
            seconds=seconds,
            usd=_usd(price, seconds, hardware.nodes) if is_billed else not_billed,
            price=price,
            why=why,
        )

    def _price(
        self, key: _Key, instance: str, option: PurchaseOption
    ) -> tuple[Price | None, str | None]:
        """The price that counts, or why there is none."""
        result = self.ran.get(key)
        region = (result and result.aws_region) or self.region
        kept = self.kept.get(key)
        if kept and (kept.instance_type, kept.purchase_option) == (instance, option):
            return kept, None
        if region is None:
            return None, f"the AWS region in which {instance} ran is not known"
        if self.prices is None:
            return None, "no price list was given"
        price = self.prices.price(instance, region, option)
        return price, None if price else self.prices.missing(instance, region, option)


def _option(item: PlannedBenchmark, job: JobRecord | None, result: Result | None) -> PurchaseOption:
    """As bought: a second submission may have gone to the on-demand queue."""
    if result and result.manifest_sha256 and result.purchase_option:
        return result.purchase_option
    return as_submitted(item, job).benchmark.purchase_option


def as_submitted(item: PlannedBenchmark, job: JobRecord | None) -> PlannedBenchmark:
    """The benchmark as the job's queue shows that it was submitted: spot, or the fallback."""
    queue = (job.job_queue or "").rsplit("/", 1)[-1] if job else ""
    return item.on_demand() if item.fallback_queue and queue == item.fallback_queue else item


def _seconds(job: JobRecord | None) -> float | None:
    """From start to stop; None where Batch does not say, or says what cannot be."""
    if job is None or job.started_at is None or job.stopped_at is None:
        return None
    ran = datetime.fromisoformat(job.stopped_at) - datetime.fromisoformat(job.started_at)
    return ran.total_seconds() if ran.total_seconds() >= 0 else None


def _never_started(job: JobRecord | None) -> bool:
    """It got no instance, so that nobody bills anything."""
    return job is not None and job.status == "FAILED" and job.started_at is None


def _unknown_time(job: JobRecord | None, seconds: float | None) -> str | None:
    """Why it cost more than the known seconds."""
    if job is None:
        return "nobody wrote down how long the job ran"
    if seconds is None:
        return "AWS Batch did not say when the job started and stopped"
    return "earlier attempts of the job are not in it" if job.attempts > 1 else None


def _usd(price: Price | None, seconds: float | None, nodes: int) -> float | None:
    return usd_of_run(price, seconds, nodes) if price and seconds is not None else None
