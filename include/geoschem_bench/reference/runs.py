"""Published runs as results: origin `published`, each with its source."""

from __future__ import annotations

from functools import cache
from typing import Any

from geoschem_bench import units
from geoschem_bench.records import Result
from geoschem_bench.reference.tables import PAPER, Row, number, rows_of, whole

WHOLE_RUN = "GEOS-Chem"
"""The timer of the whole run, initialisation and finalisation included."""

_LOGS = f"{PAPER}; logs: https://github.com/JiaweiZhuang/GC12_timing_logs"
_DISCUSSION = (
    "timing table of the GEOS-Chem Support Team, https://github.com/geoschem/gcpy/pull/332; "
    "the bug: https://github.com/geoschem/geos-chem/issues/2416"
)
_COST = "no cost is stored: the prices of that time are not today's"
_NO_PRICE = "the instance type is not known"
_NOT_EC2 = "it ran on no EC2 instance"
_QUIET = "diagnostics off; GEOS-FP of July 2016"
_COLD = "run 1: its input was read for the first time"
_REGRESSION = (
    "14.4.2 had a performance bug in photolysis, https://github.com/geoschem/geos-chem/issues/2416"
)


@cache
def published_runs() -> tuple[Result, ...]:
    """All 25: 23 of GEOS-Chem Classic 12.1.1, one each of 14.4.1 and 14.4.2.

    The wall seconds are the model's own timer "GEOS-Chem" of that single run.
    """
    machines = {row["machine"]: row for row in rows_of("machines.csv")}
    paper = [_of_the_paper(row, machines[row["machine"]])
             for row in rows_of("gc-classic-12.1.1.csv")]  # fmt: skip
    versions = [_of_a_version(row) for row in rows_of("gc-classic-14.4-4x5-1month.csv")]
    return (*paper, *versions)


def _of_the_paper(row: Row, machine: Row) -> Result:
    on_aws, run = row["platform"] == "aws", row["run"]
    name = _name(row, machine)
    cold = on_aws and run == "1"
    return Result(
        **_common(row, days=float(row["simulated_days"])),
        benchmark_id=name,
        benchmark_run_id=f"20181200-{name}-{run}",
        description=f"Published: Zhuang et al., BAMS 2019, run {run}",
        resolution=row["resolution"],
        model_version="12.1.1",
        compiler="gfortran",
        meteorology="GEOS-FP",
        levels=72,
        factors={
            "hyper-threading": row["hyperthreading"],
            "container": row["container"],
            "platform": "AWS" if on_aws else "Pleiades",
        },
        requested_instance_type=machine["instance_type"] or None,
        observed_instance_type=machine["instance_type"] or None,
        machine_class=machine["machine_class"],
        architecture="x86_64",
        cpu_model=machine["cpu_model"],
        vcpus=whole(machine, "vcpus"),
        physical_cores=whole(machine, "physical_cores"),
        memory_mib=whole(machine, "memory_mib"),
        threads=whole(row, "openmp_threads"),
        threads_requested=whole(row, "openmp_threads"),
        cost_null_reason=_COST if on_aws else _NOT_EC2,
        is_cold=cold,
        source=_LOGS,
        notes=(_QUIET, _COLD) if cold else (_QUIET,),
    )


def _of_a_version(row: Row) -> Result:
    version = row["version"]
    name = f"GCC-{version.replace('.', '-')}-FULLCHEM-4x5-1MONTH"
    return Result(
        **_common(row, days=float(row["simulated_days"])),
        benchmark_id=name,
        benchmark_run_id=f"20240800-{name}-1",
        description=f"Published: one-month benchmark of {version}",
        resolution="4x5",
        model_version=version,
        requested_instance_type=None,
        observed_instance_type=None,
        machine_class=None,
        architecture=None,
        cpu_model=None,
        vcpus=None,
        physical_cores=None,
        memory_mib=None,
        threads=None,
        threads_requested=None,
        cost_null_reason=_NO_PRICE,
        source=_DISCUSSION,
        notes=("machine, threads and compiler are not given; timers from boundary-layer mixing "
               "on are left out", *((_REGRESSION,) if version == "14.4.2" else ())),
    )  # fmt: skip


def _common(row: Row, days: float) -> dict[str, Any]:
    """What all published runs share, and what is reckoned from their timers."""
    timers = _timers(row)
    wall = timers[WHOLE_RUN]
    return {
        "origin": "published",
        "workload": "model",
        "application": "gc-classic",
        "simulation_type": "fullchem",
        "region": None,
        "simulated_days": days,
        "submission": 1,
        "phase": None,
        "suite": None,
        "config_sha256": None,
        "platform": None,
        "mpi_ranks": None,
        "nodes": 1,
        "purchase_option": None,
        "started_at": None,
        "queue_seconds": None,
        "status": "succeeded",
        "reason": None,
        "message": None,
        "exit_code": None,
        "wall_seconds": (wall,),
        "wall_clock": "timers",
        "timers": timers,
        "hours_per_sim_day": units.hours_per_sim_day(days, wall),
        "throughput_days_per_day": units.throughput_days_per_day(days, wall),
        "is_smoke": False,
        "output_path": "",
        "manifest_sha256": None,
    }


_NOT_TIMERS = {"platform", "machine", "hyperthreading", "container", "run", "simulated_days",
               "resolution", "openmp_threads", "version"}  # fmt: skip


def _timers(row: Row) -> dict[str, float]:
    """By the names in the logs, `=> ` included; without those that did not run."""
    columns = (name for name in row if name not in _NOT_TIMERS)
    return {name: value for name in columns if (value := number(row, name)) is not None}


def _name(row: Row, machine: Row) -> str:
    """`GCC-12-1-1-FULLCHEM-4x5-7D-c5-4xlarge-HT-singularity`: the same for run 1 and run 2."""
    parts = [
        "GCC-12-1-1-FULLCHEM",
        row["resolution"],
        f"{row['simulated_days']}D",
        machine["machine_class"],
        "HT" if row["hyperthreading"] == "on" else "noHT",
        *([] if row["container"] == "none" else [row["container"]]),
    ]
    return "-".join(parts).replace(".", "-").replace(" ", "-")
