import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geoschem_bench.analysis import effects, effects_of, pooled_spread, samples_of
from tests.unit.analysis.runs import runs, sample

# sigma = ln(1.02) / sqrt(2), 2 degrees of freedom
POOLED = pooled_spread([sample(100.0, 102.0), sample(50.0, 51.0, threads=8)])
SIGMA = math.log(1.02) / math.sqrt(2)


def on(machine, **changes):
    return {"observed_instance_type": machine, "machine_class": machine, **changes}


def grid(*cells):
    """(seconds, changes) each; logs, so that checksums stay out of it."""
    return samples_of(
        result
        for place, (values, changes) in enumerate(cells)
        for result in runs(*values, **{"benchmark_id": f"B{place}", "origin": "log", **changes})
    )


def test_one_sample_has_no_effects():
    assert effects_of([]) == []
    assert effects_of([sample(10.0)]) == []


def test_a_pair_that_differs_in_one_factor_alone():
    (effect,) = effects_of(grid(([100.0], {"threads": 10}), ([300.0], {"threads": 2})), POOLED)
    assert (effect.factor, effect.baseline, effect.candidate) == ("threads", "2", "10")
    assert effect.combined is None
    (pair,) = effect.pairs
    assert pair.ratio == pytest.approx(1 / 3)
    assert pair.verdict == "faster"


@pytest.mark.parametrize(
    ("values", "baseline"),
    [(("singularity", "none"), "none"), (("on", "off"), "off"), (("b", "a"), "a"),
     (("14.10.0", "14.9.0"), "14.9.0")],
)  # fmt: skip
def test_which_side_is_the_baseline(values, baseline):
    (effect,) = effects_of(grid(*(([10.0], {"factors": {"f": value}}) for value in values)))
    assert effect.baseline == baseline


def test_two_factors_make_no_pair():
    assert effects_of(grid(([10.0], {}), ([9.0], {"threads": 8, "compiler": "ifort"}))) == []


@pytest.mark.parametrize("change", [{"origin": "published"}, {"simulated_days": 31.0},
                                    {"workload": "proxy"}])  # fmt: skip
def test_what_is_never_paired(change):
    assert effects_of(grid(([10.0], {}), ([9.0], change))) == []


def test_a_configuration_is_no_factor():
    one, other = sample(10.0), sample(9.0, config_sha256="ab" * 32)
    assert effects_of([one, other]) == []


def test_a_cold_run_is_not_taken_for_a_slow_machine():
    found = effects_of(grid(([10.0], {}), ([9.0], {"threads": 8, "is_cold": True})))
    assert found == []


def four(a, b, c, d):
    """Two machines, each with and without hyper-threading, which brings twice the threads."""
    off, double = {"factors": {"hyper-threading": "off"}}, {"factors": {"hyper-threading": "on"}}
    return grid(([a], on("c5.4xlarge", physical_cores=8, threads=8, **off)),
                ([b], on("c5.4xlarge", physical_cores=8, threads=16, **double)),
                ([c], on("c5.9xlarge", physical_cores=18, threads=18, **off)),
                ([d], on("c5.9xlarge", physical_cores=18, threads=36, **double)))  # fmt: skip


def test_threads_that_follow_from_the_factor_do_not_count():
    found = effects_of(four(100.0, 80.0, 50.0, 40.0), POOLED)
    assert [(e.factor, e.baseline, e.candidate, len(e.pairs)) for e in found] == [
        ("hyper-threading", "off", "on", 2),
        ("instance type", "c5.4xlarge", "c5.9xlarge", 2),
    ]


def test_threads_that_somebody_chose_do_count():
    half = grid(
        ([10.0], on("c5.4xlarge", physical_cores=8, threads=8)),
        ([10.0], on("c5.9xlarge", physical_cores=18, threads=9)),
    )
    assert effects_of(half, POOLED) == []


def test_two_pairs_combined():
    found = effects_of(four(100.0, 80.0, 50.0, 41.0), POOLED)[0].combined
    assert found is not None
    assert found.ratio == pytest.approx(math.sqrt(0.8 * 0.82))
    width = stats.t.ppf(0.975, 2) * SIGMA * math.sqrt(4) / 2  # mean of two differences of two
    assert found.ratio_low == pytest.approx(found.ratio * math.exp(-width))
    assert found.ratio_high == pytest.approx(found.ratio * math.exp(width))
    assert (found.n, found.verdict) == (2, "faster")
    assert [found.smallest, found.largest] == pytest.approx([0.8, 0.82])
    assert found.is_one_effect
    assert found.percent_change == pytest.approx(-19.006, abs=0.001)


def test_pairs_that_contradict_each_other_are_no_one_effect():
    found = effects_of(four(100.0, 80.0, 50.0, 60.0), POOLED)[0].combined
    assert found is not None
    assert found.is_one_effect is False
    assert [found.smallest, found.largest] == pytest.approx([0.8, 1.2])


@pytest.mark.parametrize("changes", [{"model_version": "14.7.0"},
                                     {"wall_uncertainty_seconds": 100.0}])  # fmt: skip
def test_no_interval_where_the_spread_does_not_hold_or_clocks_tell_nothing(changes):
    samples = grid(*(([value], {**changes, "threads": n, "compiler": c})
                     for n, value in ((8, 100.0), (16, 80.0)) for c in ("gcc", "ifx")))  # fmt: skip
    found = next(e for e in effects_of(samples, POOLED) if e.factor == "threads").combined
    assert found is not None
    assert (found.ratio_low, found.is_one_effect) == (None, None)
    assert found.verdict == "cannot tell"
    assert found.ratio == pytest.approx(0.8)


@pytest.mark.parametrize("clock", [0.0005, 1.0, 30.0])
def test_clocks_widen_the_interval_by_all_that_they_may_be_wrong(clock):
    """Every log's timers are rounded to a thousandth of a second: no reason to say nothing."""

    def combined(uncertainty):
        cells = (([value], {"threads": n, "compiler": c, "wall_uncertainty_seconds": uncertainty})
                 for n, value in ((8, 100.0), (16, 80.0)) for c in ("gcc", "ifx"))  # fmt: skip
        effects = effects_of(grid(*cells), POOLED)
        return next(e for e in effects if e.factor == "threads").combined

    sure, found = combined(None), combined(clock)
    assert found.ratio_low == pytest.approx(
        sure.ratio_low * (1 - clock / 80) / (1 + clock / 100))  # fmt: skip
    assert found.ratio_high == pytest.approx(
        sure.ratio_high * (1 + clock / 80) / (1 - clock / 100))  # fmt: skip
    assert found.verdict == ("no difference shown" if clock == 30.0 else "faster")
    assert found.is_one_effect


def test_pairs_that_differ_by_no_more_than_their_clocks_may_are_one_effect():
    def is_one(uncertainty):
        samples = [replace(one, runs=tuple(
            run.model_copy(update={"wall_uncertainty_seconds": uncertainty}) for run in one.runs
        )) for one in four(100.0, 80.0, 50.0, 60.0)]  # fmt: skip
        combined = effects_of(samples, POOLED)[0].combined
        assert combined is not None
        return combined.is_one_effect

    assert [is_one(clock) for clock in (0.0, 0.0005, 10.0)] == [False, False, True]


@pytest.mark.parametrize("change", [{"simulated_days": 31.0}, {"origin": "published"},
                                    {"model_version": "14.7.0"}, {"is_smoke": True}])  # fmt: skip
def test_one_effect_for_each_scope(change):
    cells = [([100.0], {"threads": 8}), ([50.0], {"threads": 16})]
    others = [([100.0], {"threads": 8, **change}), ([90.0], {"threads": 16, **change})]
    samples = [*grid(*cells), *grid(*others)]
    found = [e for e in effects_of(samples) if e.factor == "threads"]
    assert sorted(e.pairs[0].ratio for e in found) == pytest.approx([0.5, 0.9])
    assert all(e.combined is None for e in found)
    assert len({e.scope for e in found}) == len({e.label for e in found}) == 2


def test_versions_are_a_factor_over_all_versions():
    cells = [
        ([value], {"threads": n, "model_version": version})
        for n, value in ((8, 100.0), (16, 50.0))
        for version in ("14.7.0", "14.8.0")
    ]
    (version,) = [e for e in effects_of(grid(*cells)) if e.factor == "model version"]
    assert (len(version.pairs), version.scope.model_version) == (2, None)


def test_runs_by_different_clocks_make_no_pair():
    one, other = ({"threads": n, "wall_clock": clock} for n, clock in ((8, "a"), (16, "b")))
    assert effects_of(grid(([10.0], one), ([9.0], other))) == []


def test_logs_of_unknown_machines_are_not_even_looked_at(monkeypatch):
    silent = {"observed_instance_type": None, "machine_class": None}
    lone = grid(*(([10.0], {**silent, "source": f"{n}.log", "threads": n}) for n in range(1, 9)))
    looked_at: list[object] = []

    def look(*pair):
        looked_at.append(pair)
        return ()

    monkeypatch.setattr(effects, "differences_of", look)
    assert effects_of([*lone, sample(9.0), sample(9.0, simulated_days=8.0)]) == []
    assert looked_at == [], "nor are those of other simulations"


def test_a_sample_in_two_pairs_is_counted_for_both():
    # two configurations on the small machine, one on the large: their pairs share the latter
    small = [sample(100.0, **on("c5.4xlarge", config_sha256=sha * 32)) for sha in ("aa", "bb")]
    large = sample(50.0, **on("c5.9xlarge", config_sha256="cc" * 32))
    pooled = pooled_spread([sample(100.0, 102.0), sample(50.0, 51.0, threads=8)])
    (effect,) = effects_of([*small, large], pooled)
    assert effect.combined is not None
    width = stats.t.ppf(0.975, 2) * SIGMA * math.sqrt(1 / 4 + 1 / 4 + 1)
    assert effect.combined.ratio_high == pytest.approx(0.5 * math.exp(width))


@given(st.randoms(use_true_random=False))
def test_the_order_given_does_not_matter(order):
    samples = four(100.0, 80.0, 50.0, 41.0)
    shuffled = list(samples)
    order.shuffle(shuffled)
    assert effects_of(shuffled, POOLED) == effects_of(samples, POOLED)
