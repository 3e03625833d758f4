import math
import statistics

import pytest
from scipy import stats

from geoschem_bench.analysis import cold_effects, samples_of, scope_of, study_of
from geoschem_bench.reference import published_runs
from tests.unit.analysis.runs import runs, sample

# Input of run 1 less that of run 2, by the logs: c4.4xlarge without and with hyper-threading,
# c4.8xlarge, c5.4xlarge without and with, in Singularity, c5.9xlarge
EXTRA = [101.590, 175.848, 128.060, 99.389, 97.942, 89.599, 115.187]


def pair(cold_input, warm_input, cold=(1000.0,), warm=(900.0,), warm_is_cold=False, **changes):
    results = runs(*cold, *warm, **changes)
    return samples_of(
        result.model_copy(update={"is_cold": True, "timers": cold_input} if n < len(cold)
                          else {"is_cold": warm_is_cold, "timers": warm_input})
        for n, result in enumerate(results)
    )  # fmt: skip


def test_the_published_runs():
    (found,) = cold_effects(samples_of(published_runs()))
    assert found.label == "fullchem at 4x5, 7 simulated days (gc-classic 12.1.1), published"
    assert sorted(p.extra_seconds for p in found.pairs) == pytest.approx(sorted(EXTRA))
    assert found.n == 7
    assert found.mean_seconds == pytest.approx(115.3736, abs=1e-4)
    width = stats.t.ppf(0.975, 6) * statistics.stdev(EXTRA) / math.sqrt(7)  # t = 2.446912
    assert found.low == pytest.approx(115.3736 - width, abs=1e-3)
    assert found.high == pytest.approx(115.3736 + width, abs=1e-3)
    assert found.mean_share == pytest.approx(0.0192, abs=0.0001)


def test_extra_seconds_and_their_share_of_the_cold_run():
    (found,) = cold_effects(pair({"Input": 150.0}, {"Input": 50.0}))
    (only,) = found.pairs
    assert (only.extra_seconds, only.share) == (100.0, 0.1)
    assert (found.low, found.high) == (None, None), "one pair carries no interval"


def test_several_runs_count_by_their_mean():
    (found,) = cold_effects(pair({"Input": 150.0}, {"Input": 50.0}, warm=(900.0, 910.0)))
    assert found.mean_seconds == 100.0


@pytest.mark.parametrize(
    "samples",
    [
        [],
        [sample(10.0, 11.0)],
        [sample(10.0, is_cold=True)],
        pair({}, {"Input": 50.0}),
        pair({"Input": 50.0}, {}),
        pair({"Input": 150.0}, {"Input": 50.0}, warm_is_cold=None),
    ],
)
def test_nothing_without_a_cold_and_a_warm_run_that_were_timed(samples):
    assert cold_effects(samples) == []


@pytest.mark.parametrize("change", [{"model_version": "14.8.0"}, {"simulated_days": 31.0},
                                    {"origin": "published"}])  # fmt: skip
def test_of_each_scope_by_itself(change):
    one = pair({"Input": 150.0}, {"Input": 50.0})
    other = pair({"Input": 1050.0}, {"Input": 50.0}, **change)
    found = cold_effects([*one, *other])
    assert [effect.mean_seconds for effect in found] in ([100.0, 1000.0], [1000.0, 100.0])
    assert {effect.scope for effect in found} == {scope_of(one[0]), scope_of(other[0])}
    results = [run for sample in (*one, *other) for run in sample.all_runs]
    again = [run.model_copy(update={"benchmark_id": f"B{n}"}) for n, run in enumerate(results)]
    assert [(e.scope, e.mean_seconds) for e in study_of(again).cold] == [
        (e.scope, e.mean_seconds) for e in found
    ]


def test_a_cold_smoke_run_is_no_cold_run_of_the_others():
    (cold, warm) = runs(1000.0, 900.0)
    cold = cold.model_copy(update={"is_cold": True, "is_smoke": True, "timers": {"Input": 150.0}})
    warm = warm.model_copy(update={"is_cold": False, "timers": {"Input": 50.0}})
    assert cold_effects(samples_of([cold, warm])) == []
