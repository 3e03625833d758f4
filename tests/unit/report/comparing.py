"""Comparisons for the tests of this folder."""

from pathlib import Path

from geoschem_bench.recommendation import Tariff
from geoschem_bench.report.comparisons import compare_results
from geoschem_bench.selection import choose
from tests.unit.factories import make_model_result

LOGS = Path(__file__).parents[2] / "data" / "model_logs"
GOOD = LOGS / "gc-classic-14.7.0" / "tt-1day-synthetic-met"
ONE_THREAD, TWO_THREADS = (f"{GOOD}-{name}-ok.log" for name in ("1thread", "2threads"))
GCHP = str(LOGS / "gchp-samples" / "c24-1day-14.7.log")


def no_stores():
    raise AssertionError("nothing stored is asked for")


def no_price(sample):
    return None, "no price in this test"


def results_of(*words):
    return [(word, choose(word, no_stores).results) for word in words]


def compared(*words, price_of=no_price, part=None, pool=()):
    """Logs and published runs by their words."""
    added = [result for _, results in results_of(*pool) for result in results]
    return compare_results(results_of(*words), price_of, part=part, pool=added)


def made(baseline, candidate, price_of=no_price):
    """Two lists of results, as if each were a word; those of B are of a later month."""
    later = [
        run.model_copy(
            update={"benchmark_run_id": run.benchmark_run_id.replace("202611", "202612")}
        )
        for run in candidate
    ]
    return compare_results([("A", baseline), ("B", later)], price_of)


def runs(walls, **changes):
    """One model run for each time, of one benchmark."""
    return [
        make_model_result(
            benchmark_run_id=f"202611{day:02}T000000Z-0000000{day}", wall_seconds=(wall,), **changes
        )
        for day, wall in enumerate(walls, start=1)
    ]


def tariff(prices, region="us-east-1"):
    return Tariff(prices, region).price_of
