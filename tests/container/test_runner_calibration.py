import pytest

from geoschem_bench_runner import calibration


def test_rates_of_all_processes_are_measured_and_the_time_is_short():
    found = calibration.calibrate(threads=2)
    assert (found.version, found.threads) == ("1", 2)
    # loose on purpose: any machine that runs this moves more than 0.1 and less than 10,000 GB/s
    assert 0.1 < found.triad_gb_per_s < 1e4
    assert 0.01 < found.compute_gflop_per_s < 1e4
    assert found.seconds > 0.0


def test_it_goes_on_for_as_long_as_asked(monkeypatch):
    monkeypatch.setattr(calibration, "ARRAY_BYTES", 8 * 1024 * 1024)
    assert calibration.calibrate(threads=1, least_seconds=1.0).seconds >= 1.0


def test_the_triad_computes_its_formula():
    np = pytest.importorskip("numpy")
    a, b, c = np.zeros(5), np.arange(5.0), np.full(5, 2.0)
    calibration._triad(a, b, c)
    np.testing.assert_array_equal(a, b + 3.0 * c)
