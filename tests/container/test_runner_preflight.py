import pytest

from geoschem_bench.errors import BenchmarkError, Reason
from geoschem_bench.suite import complete_benchmark
from geoschem_bench_runner import preflight
from geoschem_bench_runner.measurement.instance import SilentError
from geoschem_bench_runner.measurement.machine import observe
from geoschem_bench_runner.settings import settings_from

STAND_IN = settings_from({"GEOSCHEM_BENCH_STAND_IN": "proxy"})
NO_STAND_IN = settings_from({})
AWS = settings_from({"GEOSCHEM_BENCH_PLATFORM": "aws"})


def altered(benchmark, **changes):
    for key, value in changes.items():
        part = benchmark.get(key)
        if isinstance(part, dict) and isinstance(value, dict):
            part.update(value)
        else:
            benchmark[key] = value
    if benchmark["application"] != "proxy":
        benchmark["hardware"] = {"instance_type": "c7g.4xlarge"}
    return complete_benchmark(benchmark).benchmark


@pytest.mark.parametrize("simulation", ["TransportTracers", "fullchem"])
@pytest.mark.parametrize("resolution", ["4x5", "2x2.5"])
def test_the_proxy_stands_in_for_what_it_can(benchmark, simulation, resolution):
    wanted = altered(
        benchmark,
        application="gc-classic",
        simulation_type=simulation,
        domain={"resolution": resolution},
    )
    preflight.check_workload(wanted, STAND_IN)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"application": "gchp", "domain": {"resolution": "c24"}}, "gchp"),
        (
            {
                "application": "gc-classic",
                "domain": {"type": "nested", "region": "NA", "resolution": "0.5x0.625"},
            },
            "a nested grid, 0.5x0.625 NA",
        ),
        ({"application": "gc-classic", "domain": {"resolution": "0.5x0.625"}}, "0.5x0.625"),
        ({"application": "gc-classic", "simulation_type": "aerosol"}, "simulation aerosol"),
        ({"application": "gc-classic", "levels": 47}, "47 levels"),
        ({"timesteps": {"transport_seconds": 300}}, "time steps other than 600 s"),
    ],
)
def test_what_the_proxy_cannot_do_fails_at_once_and_says_so(benchmark, changes, named):
    with pytest.raises(BenchmarkError) as failure:
        preflight.check_workload(altered(benchmark, **changes), STAND_IN)
    assert failure.value.reason is Reason.MISCONFIGURED
    assert "the proxy cannot stand in for this benchmark" in failure.value.message
    assert named in failure.value.message


def test_a_missing_model_is_named(benchmark):
    wanted = altered(benchmark, application="gc-classic")
    with pytest.raises(BenchmarkError, match="no program 'gcclassic'") as failure:
        preflight.check_workload(wanted, NO_STAND_IN, find=lambda name: None)
    assert failure.value.reason is Reason.MISCONFIGURED


def test_a_proxy_benchmark_needs_no_stand_in(benchmark):
    preflight.check_workload(altered(benchmark), NO_STAND_IN)


def test_another_instance_than_the_one_asked_for_is_wrong(benchmark):
    wanted = altered(benchmark, hardware={"instance_type": "c7g.4xlarge"})
    with pytest.raises(BenchmarkError, match=r"this is a c7g\.8xlarge") as failure:
        preflight.check_instance(wanted, AWS, lambda: {"instance_type": "c7g.8xlarge"})
    assert failure.value.reason is Reason.WRONG_INSTANCE
    right = {"instance_type": "c7g.4xlarge", "region": "us-west-2"}
    assert preflight.check_instance(wanted, AWS, lambda: right) == right


def test_an_instance_that_says_nothing_is_wrong(benchmark):
    def silent():
        raise SilentError("no answer")

    with pytest.raises(BenchmarkError, match="no answer") as failure:
        preflight.check_instance(altered(benchmark), AWS, silent)
    assert failure.value.reason is Reason.WRONG_INSTANCE


def test_nobody_is_asked_off_aws(benchmark):
    def never():
        raise AssertionError("asked")

    for settings in (STAND_IN, NO_STAND_IN, settings_from({"GEOSCHEM_BENCH_PLATFORM": "sandbox"})):
        assert preflight.check_instance(altered(benchmark), settings, never) is None


def test_threads_are_the_plans_then_the_suites_then_the_cores(benchmark, plan):
    machine = observe()
    planned = complete_benchmark({**benchmark, "plan": {**plan, "threads": 16}})
    assert preflight.threads_asked(planned, machine) == 16
    assert preflight.threads_asked(complete_benchmark(benchmark), machine) == 1
    del benchmark["hardware"]["threads"]
    expected = machine.physical_cores or machine.vcpus
    assert preflight.threads_asked(complete_benchmark(benchmark), machine) == expected


@pytest.mark.parametrize(("granted", "used"), [("1", 1), ("8", 8), ("64", 16)])
def test_no_more_threads_are_used_than_were_granted(granted, used):
    settings = settings_from({"GEOSCHEM_BENCH_GRANTED_VCPUS": granted})
    assert preflight.threads_used(16, settings, observe()) == used


@pytest.mark.parametrize("granted", ["", "none", "-2", "0"])
def test_a_malformed_grant_is_none(granted):
    settings = settings_from({"GEOSCHEM_BENCH_GRANTED_VCPUS": granted})
    assert settings.granted_vcpus is None
    assert preflight.threads_used(10_000, settings, observe()) == observe().vcpus
