"""A model's log → a manifest like those that our own jobs write."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import ValidationError

from geoschem_bench import units
from geoschem_bench.catalog import InstanceType
from geoschem_bench.errors import Reason
from geoschem_bench.manifest import (
    SCHEMA_VERSION,
    Environment,
    Manifest,
    Observed,
    Outcome,
    PerformanceMetrics,
    Provenance,
    Repetition,
    Requested,
    RunSummary,
    SimulationDetails,
)
from geoschem_bench.model_logs import LogError, ModelRun
from geoschem_bench.records.logs.checks import check_against_log, instance_of
from geoschem_bench.records.logs.facts import (
    LogFacts,
    derived_id,
    simulation_of_log,
    with_facts,
)


def manifest_of_log(run: ModelRun, name: str, facts: LogFacts, submission: int = 1) -> Manifest:
    """The manifest of one run; the same bytes for the same log and facts.

    Args:
        run: What the log says.
        name: Of the file, without its folder.
        facts: What the person says.
        submission: One more than what was imported from this log before.

    Raises:
        LogError: The log does not say what was simulated, or says otherwise than the facts.
        UserError: The facts cannot be: no such instance type, not in that region.
    """
    instance = instance_of(facts)
    check_against_log(run, name, facts, instance)
    run = with_facts(run, facts)
    try:
        return _manifest(run, name, facts, instance, submission)
    except ValidationError as error:  # a number or a text that no run has
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise LogError(
            name, f"holds what no run has: {where}: {error.errors()[0]['msg']}"
        ) from error


def _manifest(
    run: ModelRun, name: str, facts: LogFacts, instance: InstanceType | None, submission: int
) -> Manifest:
    succeeded = run.reason is None
    return Manifest(
        schema_version=SCHEMA_VERSION,
        benchmark_id=facts.benchmark_id or derived_id(run, name),
        configuration={},
        run_summary=_summary(run, facts, instance),
        performance_metrics=_metrics(run, facts) if succeeded else PerformanceMetrics(),
        simulation_details=_details(run, name, facts),
        workload="model",
        requested=Requested(
            instance_type=facts.instance_type,
            threads=facts.threads or run.threads,
            mpi_ranks=run.mpi_ranks,
            nodes=facts.nodes or run.nodes or (1 if run.application == "gc-classic" else None),
        ),
        observed=_observed(run, facts, instance),
        environment=Environment(ec2=_ec2(facts), memory_method=run.memory_method),
        repetitions=_repetitions(run) if succeeded else (),
        timers=run.timers,
        outcome=_outcome(run),
        provenance=_provenance(run, name, facts, submission),
    )


def _summary(run: ModelRun, facts: LogFacts, instance: InstanceType | None) -> RunSummary:
    return RunSummary(
        start_time=_stamp(run.started),
        end_time=_stamp(run.ended),
        duration_seconds=run.process_wall_seconds,
        instance_type=facts.instance_type,
        architecture=instance.architecture if instance else None,
        processor_type=instance.processor_family if instance else None,
        omp_num_threads=facts.threads or run.threads,
    )


def _stamp(clock: datetime | None) -> str | None:
    return clock.replace(tzinfo=UTC).isoformat() if clock else None


def _metrics(run: ModelRun, facts: LogFacts) -> PerformanceMetrics:
    wall, days, threads = run.wall_seconds, run.simulated_days, facts.threads or run.threads
    if not wall or not days:
        return PerformanceMetrics(null_reason="the log holds no clock that can be read")
    cpu = _cpu_seconds(run)
    whole = run.process_wall_seconds
    return PerformanceMetrics(
        wall_seconds=wall,
        cpu_seconds=cpu,
        cpu_efficiency=(
            units.cpu_efficiency(cpu, whole, threads) if cpu and whole and threads else None
        ),
        peak_memory_gib=run.peak_memory_gib,
        throughput_days_per_day=units.throughput_days_per_day(days, wall),
        hours_per_sim_day=units.hours_per_sim_day(days, wall),
    )


def _cpu_seconds(run: ModelRun) -> float | None:
    if run.cpu_user_seconds is None or run.cpu_system_seconds is None:
        return None
    return run.cpu_user_seconds + run.cpu_system_seconds


def _details(run: ModelRun, name: str, facts: LogFacts) -> SimulationDetails:
    simulation, resolution, days = simulation_of_log(run, name)
    speeds = {"run_throughput_days_per_day": run.run_throughput_days_per_day,
              "model_throughput_days_per_day": run.model_throughput_days_per_day}  # fmt: skip
    return SimulationDetails(
        application=run.application,
        simulation_type=simulation,
        resolution=resolution,
        region=run.region,
        simulated_days=days,
        model_version=run.model_version,
        compiler=facts.compiler or run.compiler,
        meteorology=run.meteorology,
        levels=run.levels,
        is_synthetic_input=facts.is_synthetic_input,
        checks={name: value for name, value in speeds.items() if value is not None},
    )


def _observed(run: ModelRun, facts: LogFacts, instance: InstanceType | None) -> Observed:
    return Observed(
        platform="aws" if instance else "unknown",
        instance_type=facts.instance_type,
        architecture=instance.architecture if instance else None,
        cpu_model=instance.processor_family if instance else None,
        vcpus=instance.vcpus if instance else None,
        physical_cores=instance.physical_cores if instance else None,
        memory_mib=instance.memory_mib if instance else None,
        threads=facts.threads or run.threads,
    )


def _ec2(facts: LogFacts) -> dict[str, str] | None:
    if facts.instance_type is None:
        return None
    said = {"instance_type": facts.instance_type, "region": facts.aws_region}
    return {name: value for name, value in said.items() if value}


def _repetitions(run: ModelRun) -> tuple[Repetition, ...]:
    if not run.wall_seconds:
        return ()
    return (
        Repetition(
            number=1,
            warmup=False,
            wall_seconds=run.wall_seconds,
            cpu_user_seconds=run.cpu_user_seconds,
            cpu_system_seconds=run.cpu_system_seconds,
            process_cpu_seconds=_cpu_seconds(run),
            peak_memory_gib=run.peak_memory_gib,
            timers=run.timers,
        ),
    )


def _outcome(run: ModelRun) -> Outcome:
    if run.reason is None:
        return Outcome(status="succeeded")
    return Outcome(status="failed", reason=Reason(run.reason), message=run.message)


def _provenance(run: ModelRun, name: str, facts: LogFacts, submission: int) -> Provenance:
    notes = run.notes
    if run.started:
        notes = (*notes, "the log's clock names no time zone; it is taken as UTC")
    return Provenance(
        kind="log",
        submission=submission,
        source=name,
        sha256=run.sha256,
        wall_clock=run.wall_clock,
        wall_uncertainty_seconds=run.wall_uncertainty_seconds,
        facts=facts.said(),
        notes=notes,
    )
