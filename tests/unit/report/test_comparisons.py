"""What a comparison says, and the files that hold it: read the golden ones as a person would."""

import json
from pathlib import Path

import pytest

from geoschem_bench.pricing import PriceList, load_prices, prices_of_2019
from geoschem_bench.report.comparisons import (
    comparisons_json,
    gcpy_table,
    headline,
    markdown,
    notes,
    sections,
    summary,
    title,
)
from tests.unit.report.comparing import (
    GCHP,
    ONE_THREAD,
    TWO_THREADS,
    compared,
    made,
    results_of,
    runs,
    tariff,
)

GOLDEN = Path(__file__).parents[2] / "data" / "comparisons"
CASES = {
    "logs-14.7": lambda: compared(ONE_THREAD, TWO_THREADS),
    "published-12.1.1": lambda: compared(
        "published:c4.8xlarge", "published:c5.9xlarge", pool=["published"],
        price_of=tariff(prices_of_2019()),
    ),
    "gchp-14.7": lambda: made(
        runs([100.0], application="gchp", resolution="c24", timers={"All": 100.0, "--Run": 80.0}),
        runs([90.0], application="gchp", resolution="c24", threads=1,
             timers={"All": 90.0, "--Run": 72.0, "----EXTDATA": 4.5}),
    ),
    "published-all": lambda: compared("published", part="c4.4xlarge, 8"),
}  # fmt: skip


def golden(name, text):
    """To renew after a wanted change: delete the file, run once, read the difference."""
    path = GOLDEN / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path} was not there and has been written; read it and commit it")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["logs-14.7", "published-12.1.1", "gchp-14.7"])
def test_gcpy_as_golden(name):
    golden(f"{name}.gcpy.txt", gcpy_table(CASES[name]().pairs))


@pytest.mark.parametrize("name", ["logs-14.7", "published-12.1.1", "published-all"])
def test_markdown_as_golden(name):
    found = CASES[name]()
    golden(f"{name}.md", markdown(found.pairs, found.pooled))


def test_two_logs_that_print_no_threads():
    """1 and 2 threads: the logs do not say so, and nothing may be put down to them."""
    found = compared(ONE_THREAD, TWO_THREADS)
    assert "cannot tell: 1 run each, and no spread between such runs" in summary(found.pairs)
    assert "+11.9 %" in summary(found.pairs)
    told = notes(found.pairs, found.pooled)
    assert "smoke: not to be generalised" in told
    assert "not known, so that they may differ: machine, threads" in told
    assert found.pairs[0].comparison.differences == ()


def test_the_same_timers_as_in_the_published_table_of_gcpy():
    """GCPy's pull request 332 shows 14.4.1 and 14.4.2 in this format."""
    table = gcpy_table(compared("published:14.4.1", "published:14.4.2").pairs)
    assert "%%% Ref = machine not known, version 14.4.1" in table
    row = next(line for line in table.splitlines() if line.startswith("=> Photolysis"))
    assert row == f"{'=> Photolysis':<22}  {691.712:>18.3f}  {7353.315:>18.3f}   {963.06:>12.3f} *"


@pytest.mark.parametrize(
    ("baseline", "candidate", "says"),
    [
        ([100, 101, 99], [80, 81, 79], "faster: −20.0 % of the time (95 % interval −2"),
        ([100, 101, 99], [120, 121, 119], "slower: +20.0 % of the time (95 % interval +1"),
        ([100, 110, 90], [101, 111, 91], "no difference shown: +1.0 % of the time (95 %"),
        ([100], [120], "cannot tell: 1 run each, and no spread between such runs is known"),
        ([100, 101, 99], [120, 121], "no spread between such runs is known"),
    ],
)
def test_verdict_in_words(baseline, candidate, says):
    if len(baseline) == 3 and len(candidate) == 2:  # a spread of another setup is learnt from both
        says = "slower: +"
    found = made(runs(baseline), runs(candidate, threads=8))
    assert says in headline(found.pairs[0])


def test_a_clock_as_coarse_as_the_time_is_long():
    changes = {"wall_clock": "stamps", "wall_uncertainty_seconds": 60.0}
    found = made(runs([50, 51, 52], **changes), runs([40, 41, 42], threads=8, **changes))
    assert "a clock may be as wrong as the time is long" in headline(found.pairs[0])


def test_several_candidates_are_counted():
    found = compared("published", part="c4.4xlarge, 8")
    assert summary(found.pairs) == "10 candidates against c4.4xlarge, 8 threads: 10 faster"
    assert [section.title for section in sections(found.pairs)] == [
        "Times", "Cost and CPMIP's measures",
    ]  # fmt: skip


def test_each_cost_names_its_price():
    found = compared("published:c4.8xlarge", "published:c5.9xlarge",
                     price_of=tariff(load_prices()))  # fmt: skip
    (pair,) = found.pairs
    assert pair.candidate.cost.usd.value == pytest.approx(30 * 1.53 * 4030.448 / 3600 / 7)
    cost = next(s for s in sections(found.pairs) if s.title.startswith("Cost"))
    assert "1.53 USD/h, us-east-1, on demand, of 20" in cost.rows[1][3]
    assert pair.cost_ratio == pytest.approx(
        pair.candidate.cost.usd.value / pair.baseline.cost.usd.value
    )


def test_a_missing_price_says_why():
    found = compared("published:c4.8xlarge", "published:c5.9xlarge", price_of=tariff(PriceList([])))
    told = "\n".join(notes(found.pairs, found.pooled))
    assert "no cost of c4.8xlarge: No on_demand price of c4.8xlarge in us-east-1 is listed" in told
    assert found.pairs[0].cost_ratio is None


def test_a_smoke_run_has_no_cost_and_a_proxy_no_hours():
    (pair,) = compared(ONE_THREAD, TWO_THREADS, price_of=tariff(load_prices())).pairs
    assert pair.baseline.cost.usd is None
    assert pair.baseline.cost.why == "smoke: too short or too synthetic to be extrapolated"
    proxy = {"workload": "proxy", "application": "proxy", "is_smoke": True}
    found = made(runs([10, 11, 12], **proxy), runs([8, 9, 10], threads=2, **proxy))
    assert found.pairs[0].baseline.hours_per_sim_day is None
    assert "proxy: its seconds are not GEOS-Chem's" in "\n".join(notes(found.pairs, None))
    assert next(sections(found.pairs)).columns[3] == "seconds"


def test_nodes_count_in_the_cost():
    (pair,) = made(runs([100.0] * 3, nodes=2, simulated_days=7.0), runs([100.0] * 3, threads=8),
                   price_of=lambda sample: (next(iter(prices_of_2019())), None)).pairs  # fmt: skip
    assert pair.baseline.cost.usd.value == pytest.approx(2 * pair.candidate.cost.usd.value)
    assert pair.price_ratio == 0.5


def test_cold_runs_and_notes_of_the_runs_are_told():
    found = compared("published:c4.8xlarge", "published:c5.9xlarge")
    told = notes(found.pairs, found.pooled)
    assert "both: 1 cold run was left out beside the warm ones" in told
    assert any(note.startswith("source of both: published by others: Zhuang") for note in told)
    versions = compared("published:14.4.1", "published:14.4.2")
    assert any("performance bug in photolysis" in note for note in notes(versions.pairs, None))


def test_smoke_runs_that_were_left_out_are_told():
    good, smoke = runs([100.0, 101.0])
    smoke = smoke.model_copy(update={"is_smoke": True})
    found = made([good, smoke], runs([80.0], threads=8))
    told = notes(found.pairs, found.pooled)
    words = "1 smoke run was left out beside those that may be generalised"
    assert any(note.endswith(words) for note in told)
    assert not any("cold" in note for note in told)
    assert (
        found.pairs[0].baseline.cost.why != "smoke: too short or too synthetic to be extrapolated"
    )


def test_two_versions_of_few_runs_are_judged_by_the_spread_of_neither():
    versions = [runs([100.0 + n, 101.0 + n], model_version=f"14.{n}.0") for n in (7, 8)]
    found = made(*versions)
    assert "2 runs each, of two versions or origins, which need three" in headline(found.pairs[0])
    told = [note for note in notes(found.pairs, found.pooled) if "fewer than three runs" in note]
    assert [note.split(": 95")[0] for note in told] == [
        f"intervals of fewer than three runs of fullchem at 4x5, 7 simulated days "
        f"(gc-classic 14.{n}.0)" for n in (7, 8)]  # fmt: skip


def test_factors_that_differ_at_once_are_named():
    found = made(
        runs([100, 101, 99]), runs([80, 81, 79], threads=8, compiler="ifort", model_version="14.0")
    )
    told = "\n".join(notes(found.pairs, found.pooled))
    assert "model version, compiler and threads differ at once" in told


def test_json_has_numbers_and_nulls():
    found = compared(ONE_THREAD, TWO_THREADS)
    document = json.loads(comparisons_json(found.pairs, found.pooled, "1.2.3"))
    (comparison,) = document["comparisons"]
    assert comparison["ratio"] == pytest.approx(105.974 / 94.668)
    assert comparison["ratio_low"] is None
    assert comparison["percent_interval"] is None
    assert comparison["baseline_side"]["sources"] == ["tt-1day-synthetic-met-1thread-ok.log"]
    assert comparison["baseline_side"]["usd_per_sim_month"] is None
    assert document["pooled_spread"] is None


def test_a_real_gchp_log_is_compared_with_itself_made_slower():
    ((_, (run,)),) = results_of(GCHP)
    slow = run.model_copy(update={"timers": {k: 1.2 * v for k, v in run.timers.items()},
                                  "benchmark_run_id": "20261101T000000Z-aaaaaaaa"})  # fmt: skip
    table = gcpy_table(made([run], [slow]).pairs)
    assert "%%% GCHP Benchmark Timing Information" in table
    rows = table.split("-" * 79 + "\n")[1].splitlines()
    assert len(rows) == len(run.timers)
    assert all(row.endswith("20.000 *") for row in rows)


def test_the_title_has_the_version_only_where_both_share_it():
    assert title(compared(ONE_THREAD, TWO_THREADS).pairs) == (
        "TransportTracers at 4x5, 1 simulated day (gc-classic 14.7.0)"
    )
    assert "14.4" not in title(compared("published:14.4.1", "published:14.4.2").pairs)
