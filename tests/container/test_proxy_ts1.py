import numpy as np

from geoschem_bench_runner.proxy import ts1


def test_a_sample_of_full_chemistry_is_timed():
    found = ts1.time_sample(columns=2, steps=1)
    assert (found.mechanism, found.cells) == ("TS1", 144)
    assert found.species > 200
    expected = found.wall_seconds / 144 * 1e6
    assert np.isclose(found.microseconds_per_cell_step, expected)
