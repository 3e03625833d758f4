"""What is known of the published runs must come out of them."""

import pytest

from geoschem_bench.analysis import compare, effects_of, pooled_spread, samples_of, study_of
from geoschem_bench.reference import published_runs
from geoschem_bench.report.study.findings import findings_of, spread_in_words
from geoschem_bench.report.study.table import study_table

SAMPLES = samples_of(published_runs())
POOLED = pooled_spread(SAMPLES)
EFFECTS = effects_of(SAMPLES, POOLED)


def effect(factor, baseline, candidate):
    wanted = (factor, baseline, candidate)
    (found,) = [e for e in EFFECTS if (e.factor, e.baseline, e.candidate) == wanted]
    return found


def test_hyper_threading_pays():
    found = effect("hyper-threading", "off", "on")
    gain = {pair.baseline.split(",")[0]: pair for pair in found.pairs}
    # run 2 against run 2: 8402.540 / 7282.290 and 6690.649 / 5656.195; on Pleiades the geometric
    # means of both runs: sqrt(6181.875 x 6225.500) / sqrt(5757.250 x 5730.250)
    assert gain["c4.4xlarge"].speedup == pytest.approx(1.15383, abs=1e-5)
    assert gain["c5.4xlarge"].speedup == pytest.approx(1.18289, abs=1e-5)
    assert gain["Pleiades haswell"].speedup == pytest.approx(1.08007, abs=1e-5)
    assert {pair.verdict for pair in found.pairs} == {"faster"}
    # sigma 0.005334, t(11) = 2.200985: half width 0.01660 for single runs, 0.01174 for two each
    assert gain["c5.4xlarge"].speedup_interval == pytest.approx((1.16341, 1.20269), abs=1e-4)
    assert gain["c4.4xlarge"].speedup_interval == pytest.approx((1.13483, 1.17315), abs=1e-4)
    assert gain["Pleiades haswell"].speedup_interval == pytest.approx((1.06747, 1.09283), abs=1e-4)


def test_but_not_equally_on_all_machines():
    combined = effect("hyper-threading", "off", "on").combined
    assert combined is not None
    assert 1 / combined.ratio == pytest.approx(1.13810, abs=1e-4)
    assert combined.is_one_effect is False


@pytest.mark.parametrize(
    ("container", "speedup"), [("singularity", 1.00939), ("charliecloud", 0.99404)]
)
def test_a_container_costs_nothing(container, speedup):
    (pair,) = effect("container", "none", container).pairs
    assert pair.verdict == "no difference shown"
    assert pair.speedup == pytest.approx(speedup, abs=1e-5)


def test_from_16_to_36_vcpus():
    (pair,) = effect("instance type", "c5.4xlarge", "c5.9xlarge").pairs
    assert pair.speedup == pytest.approx(1.40337, abs=1e-5)
    assert pair.speedup_interval == pytest.approx((1.38026, 1.42686), abs=1e-4)
    timers = {timer.name: timer.baseline / timer.candidate for timer in pair.timers
              if timer.baseline and timer.candidate}  # fmt: skip
    assert timers["All chemistry"] == pytest.approx(1.71, abs=0.005)
    assert timers["Transport"] == pytest.approx(1.81, abs=0.005)
    assert timers["HEMCO"] == pytest.approx(1.00, abs=0.005), "reading does not scale"


def test_another_generation_of_processors():
    found = effect("instance type", "c4.4xlarge", "c5.4xlarge")
    assert [round(pair.speedup, 3) for pair in found.pairs] == [1.256, 1.287]


def test_the_regression_of_14_4_2_is_shown_and_not_proven():
    (pair,) = effect("model version", "14.4.1", "14.4.2").pairs
    assert pair.percent_change == pytest.approx(34.409, abs=0.001)
    assert (pair.verdict, pair.method, pair.ratio_low) == ("cannot tell", None, None)
    assert pair.flags == ("different model versions: 14.4.1 and 14.4.2",)
    assert set(pair.not_known) == {"machine", "threads", "compiler", "meteorology", "levels"}
    worst = max(pair.timers, key=lambda timer: timer.percent or 0)
    assert worst.name == "=> Photolysis"
    assert worst.candidate / worst.baseline == pytest.approx(10.63, abs=0.01)


def test_the_month_at_another_resolution_is_alone():
    (month,) = [s for s in SAMPLES if s.setup.simulation.resolution == "2x2.5"]
    assert POOLED is not None
    assert POOLED.spread_for(month) is None
    assert month.is_cold
    assert all(pair.candidate != month.label for e in EFFECTS for pair in e.pairs)


def test_no_effect_has_two_causes():
    assert {e.factor for e in EFFECTS} == {
        "container", "hyper-threading", "instance type", "machine", "model version"}  # fmt: skip
    assert all(pair.confounded == () for e in EFFECTS for pair in e.pairs)


def test_two_causes_are_named():
    by_label = {sample.label: sample for sample in SAMPLES}
    found = compare(by_label["c5.4xlarge, 8 threads"], by_label["c5.9xlarge, 36 threads"], POOLED)
    assert found.confounded == ("instance type", "hyper-threading")
    assert found.verdict == "faster"


def own_study():
    """The published runs, and two logs of another version: a slow container, slower disks."""
    results = list(published_runs())
    base = next(run for run in results if run.observed_instance_type == "c5.4xlarge"
                and run.factors["hyper-threading"] == "on")  # fmt: skip
    for container, wall in (("none", 3000.0), ("singularity", 3900.0)):
        for place, is_cold in enumerate((False, True, False)):
            changes = {"origin": "log", "model_version": "14.7.0", "is_cold": is_cold,
                       "factors": {**base.factors, "container": container},
                       "benchmark_run_id": f"2026110{place}T000000Z-{container[:8]}",
                       "timers": {"GEOS-Chem": wall, "Input": 1000.0 if is_cold else 50.0},
                       "wall_seconds": (wall + place + 950.0 * is_cold,)}  # fmt: skip
            results.append(base.model_copy(update=changes))
    smoke = base.model_copy(update={"benchmark_run_id": "20261109T000000Z-1", "is_smoke": True})
    return study_of([*results, smoke])


def test_what_holds_for_one_version_only_is_told_by_version():
    study = own_study()
    found = {finding.title: finding for finding in findings_of(study)}
    own = "fullchem at 4x5, 7 simulated days (gc-classic 14.7.0)"
    published = "fullchem at 4x5, 7 simulated days (gc-classic 12.1.1), published"
    containers = [found[f"container: none → singularity; {scope}"] for scope in (own, published)]
    assert [finding.summary[:5] for finding in containers] == ["+30.0", "No di"]
    assert "115 s more" in found[f"Cold input: read for the first time; {published}"].summary
    assert "950 s more" in found[f"Cold input: read for the first time; {own}"].summary
    assert "hyper-threading: off → on" in found, "no other version varied that"
    words = spread_in_words(study.pooled)
    assert f"Runs of one setup of {published} vary by 0.53 %" in words
    assert f"Runs of one setup of {own} vary by " in words


def test_one_scope_needs_not_be_named():
    study = study_of(published_runs())
    assert spread_in_words(study.pooled).startswith("Runs of one setup vary by 0.53 % (")
    titles = [finding.title for finding in findings_of(study)]
    assert titles[-1] == "Cold input: read for the first time"
    assert not any("fullchem" in title for title in titles)


def test_what_was_left_out_is_counted_by_its_reason():
    told = {cell.detail for group in own_study().groups for row in study_table(group, ())[1]
            for cell in row}  # fmt: skip
    assert "1 cold left out, 1 smoke left out" in told
