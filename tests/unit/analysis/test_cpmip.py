import pytest

from geoschem_bench.analysis import cpmip_of, cpmip_of_sample, samples_of
from tests.unit.analysis.runs import sample
from tests.unit.factories import make_failure, make_model_result, make_result


def test_of_one_run():
    # 7 days in 1 hour: 168 days per day, 168/365 years; 16 cores x 24 h / SYPD
    found = cpmip_of(make_model_result(wall_seconds=(3600.0,), queue_seconds=3600.0))
    assert found is not None
    assert found.sypd == pytest.approx(168 / 365)
    assert found.asypd == pytest.approx(84 / 365)
    assert found.chsy == pytest.approx(16 * 24 * 365 / 168)
    assert (found.cores, found.core_kind) == (16, "physical cores")


def test_the_median_of_the_repetitions():
    found = cpmip_of(make_model_result(wall_seconds=(3600.0, 9000.0, 3000.0)))
    assert found is not None
    assert found.sypd == pytest.approx(168 / 365)


def test_all_nodes_are_allocated():
    found = cpmip_of(make_model_result(nodes=2))
    assert found is not None
    assert found.cores == 32


def test_vcpus_where_the_cores_are_not_known():
    found = cpmip_of(make_model_result(physical_cores=None, vcpus=36, nodes=2))
    assert found is not None
    assert (found.cores, found.core_kind) == (72, "vCPUs")


def test_what_is_not_known_is_null():
    found = cpmip_of(make_model_result(physical_cores=None, vcpus=None, queue_seconds=None))
    assert found is not None
    assert (found.asypd, found.chsy, found.cores, found.core_kind) == (None, None, None, None)


@pytest.mark.parametrize(
    "result",
    [
        make_result(),
        make_model_result(is_smoke=True),
        make_failure(),
        make_model_result(wall_seconds=()),
        make_model_result(wall_seconds=(0.0,)),
    ],
)
def test_nothing_of_proxies_smoke_and_failures(result):
    assert cpmip_of(result) is None


def test_of_a_sample():
    found = cpmip_of_sample(sample(3600.0, 3600.0, 9000.0, queue_seconds=3600.0))
    assert found is not None
    assert found.sypd == pytest.approx(168 / 365)
    assert found.asypd == pytest.approx(84 / 365)
    (proxy,) = samples_of([make_result()])
    assert cpmip_of_sample(proxy) is None
