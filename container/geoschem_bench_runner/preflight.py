"""Before any computing: can this job do what is asked, here?"""

from __future__ import annotations

import shutil
from collections.abc import Callable

from geoschem_bench.errors import BenchmarkError, Reason
from geoschem_bench.suite import LOCAL, Benchmark, CompletedBenchmark
from geoschem_bench_runner.measurement.instance import SilentError
from geoschem_bench_runner.measurement.machine import Machine
from geoschem_bench_runner.proxy.grid import LEVELS, SIZES
from geoschem_bench_runner.proxy.workload import (
    CHEMISTRY_SECONDS,
    SIMULATIONS,
    TRANSPORT_SECONDS,
)
from geoschem_bench_runner.settings import JobSettings

EXECUTABLES = {"gc-classic": "gcclassic", "gchp": "gchp"}
NOT_A_PROXYS = (
    "the proxy cannot stand in for this benchmark: it knows gc-classic on the global grids "
    f"{' and '.join(SIZES)} with {LEVELS} levels, simulations {' and '.join(SIMULATIONS)}"
)
FindProgram = Callable[[str], str | None]


def check_workload(
    benchmark: Benchmark, settings: JobSettings, find: FindProgram = shutil.which
) -> None:
    """Pass where the proxy is to run; there is no other workload in this image.

    Raises:
        BenchmarkError: misconfigured, with what is missing or what the proxy cannot do.
    """
    if benchmark.application != "proxy" and settings.stand_in != "proxy":
        raise BenchmarkError(Reason.MISCONFIGURED, _no_model(benchmark.application, find))
    why = _beyond_the_proxy(benchmark)
    if why:
        raise BenchmarkError(Reason.MISCONFIGURED, f"{NOT_A_PROXYS}; asked for is {why}")


def _no_model(application: str, find: FindProgram) -> str:
    name = EXECUTABLES[application]
    if find(name) is None:
        return (
            f"the model is missing: there is no program {name!r} in this image. Build it in, or "
            "set GEOSCHEM_BENCH_STAND_IN=proxy to have the proxy compute in its place"
        )
    return f"{name!r} is in this image, but this version of the runner cannot run it yet"


def _beyond_the_proxy(benchmark: Benchmark) -> str | None:
    """The first thing asked for that the proxy does not do."""
    domain, times = benchmark.domain, benchmark.timesteps
    facts = (
        (benchmark.application == "gchp", "gchp"),
        (domain.type == "nested", f"a nested grid, {domain.resolution} {domain.region or ''}"),
        (domain.resolution not in SIZES, f"resolution {domain.resolution}"),
        (benchmark.simulation_type not in SIMULATIONS, f"simulation {benchmark.simulation_type}"),
        (benchmark.levels not in (None, LEVELS), f"{benchmark.levels} levels"),
        (benchmark.hardware.nodes > 1, f"{benchmark.hardware.nodes} nodes"),
        (
            times is not None
            and (times.transport_seconds, times.chemistry_seconds)
            not in ((TRANSPORT_SECONDS, CHEMISTRY_SECONDS), (None, CHEMISTRY_SECONDS),
                    (TRANSPORT_SECONDS, None), (None, None)),
            f"time steps other than {TRANSPORT_SECONDS:.0f} s and {CHEMISTRY_SECONDS:.0f} s",
        ),
    )  # fmt: skip
    return next((text.strip() for is_so, text in facts if is_so), None)


def check_instance(
    benchmark: Benchmark, settings: JobSettings, describe: Callable[[], dict[str, str]]
) -> dict[str, str] | None:
    """On AWS: what the instance says of itself, if it is the one to be measured. Else None.

    Raises:
        BenchmarkError: wrong_instance, where it is another or does not say.
    """
    if settings.platform != "aws":
        return None
    wanted = benchmark.hardware.instance_type
    try:
        found = describe()
    except SilentError as error:
        raise BenchmarkError(
            Reason.WRONG_INSTANCE, f"cannot tell whether this is a {wanted}: {error}"
        ) from error
    if wanted not in (LOCAL, found["instance_type"]):
        raise BenchmarkError(
            Reason.WRONG_INSTANCE, f"this is a {found['instance_type']}, asked for is a {wanted}"
        )
    return found


def threads_asked(completed: CompletedBenchmark, machine: Machine) -> int:
    """By the plan, else the suite, else one for each physical core."""
    planned = completed.plan.threads if completed.plan else None
    written = completed.benchmark.hardware.threads
    return planned or written or machine.physical_cores or machine.vcpus


def threads_used(asked: int, settings: JobSettings, machine: Machine) -> int:
    """No more than were granted, nor than there are: more would only wait for each other."""
    return min(asked, settings.granted_vcpus or machine.vcpus)
