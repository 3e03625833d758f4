"""`import geoschem_bench as gb`: light to load, and its frames say what is missing."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import geoschem_bench as gb
from geoschem_bench import frames
from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.frames.rows import COLUMNS
from geoschem_bench.pricing import PriceList, prices_of_2019
from geoschem_bench.reference import published_runs
from geoschem_bench.report.comparisons.tidy import COLUMNS as TIDY

LOGS = Path(__file__).parents[1] / "data" / "model_logs" / "gc-classic-14.7.0"
ONE_THREAD = str(LOGS / "tt-1day-synthetic-met-1thread-ok.log")
HEAVY = ("pandas", "numpy", "pydantic", "boto3", "matplotlib", "typer", "geoschem_bench.frames")


def test_import_is_light():
    code = f"import sys, geoschem_bench as gb; gb.__version__; print([m for m in {HEAVY} if m in sys.modules])"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_names_are_found_and_others_are_not():
    assert gb.results is frames.results
    assert gb.compare is frames.compare
    assert {"results", "compare", "__version__"} <= set(dir(gb))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        gb.__getattr__("nothing")


def test_one_row_for_each_published_run():
    found = gb.results("published")
    assert list(found.columns[: len(COLUMNS)]) == list(COLUMNS)
    assert len(found) == len(published_runs())
    assert set(found["origin"]) == {"published"}
    assert found["source"].notna().all()
    assert found["hours_per_sim_day"].dtype == "Float64"
    assert found["threads"].dtype == "Int64"
    assert found["is_cold"].dtype == "boolean"


def test_missing_is_na_and_never_zero():
    found = gb.results("published")
    assert found["usd_per_sim_day"].isna().all(), "no price was stored with them"
    assert found["usd_null_reason"].notna().all()
    pleiades = found[found["machine_class"].str.startswith("Pleiades").fillna(False)]
    assert pleiades["threads"].isna().all()
    assert pleiades["asypd"].isna().all()
    assert pleiades["chsy"].notna().all()
    assert not (found.select_dtypes("number") == 0).any().any()


def test_costs_of_that_time_are_the_papers():
    found = gb.results("published:c5.4xlarge", region="us-east-1", prices=prices_of_2019())
    plain = found[(found["threads"] == 16) & ~found["is_cold"]
                  & (found["factor: container"] == "none")]  # fmt: skip
    assert plain["usd_of_run"].item() == pytest.approx(1.07, abs=0.005)
    day = plain["usd_per_sim_day"].item()
    assert plain["usd_per_sim_month"].item() == pytest.approx(30 * day)
    assert plain["usd_per_sim_year"].item() == pytest.approx(365 * day)
    assert plain["price_usd_per_hour"].item() == 0.68
    assert plain["price_region"].item() == "us-east-1"


def test_no_price_says_why():
    found = gb.results("published:c5.4xlarge", region="us-east-1", prices=PriceList([]))
    assert found["usd_per_sim_day"].isna().all()
    assert found["usd_null_reason"].str.contains("No on_demand price of c5.4xlarge").all()


def test_timers_are_columns_when_asked_for():
    found = gb.results("published:14.4", ONE_THREAD, timers=True)
    assert found.at[0, "timer_seconds: => Photolysis"] == pytest.approx(691.712)
    assert found["timer_seconds: Unit conversions"].isna().tolist() == [True, True, False]
    assert "timer_seconds: GEOS-Chem" not in gb.results(ONE_THREAD)


def test_a_run_that_two_words_mean_is_one_row():
    assert len(gb.results("published", "published:c5")) == len(published_runs())


def test_logs_need_no_store(monkeypatch):
    monkeypatch.setitem(sys.modules, "geoschem_bench.cli.connection", None)
    assert gb.results(ONE_THREAD)["origin"].item() == "log"
    with pytest.raises(UserError, match=r"pip install 'geoschem-bench\[sandbox\]'"):
        gb.results("BENCHMARK")


def test_a_folder_warns_of_what_cannot_be_read():
    with pytest.warns(UserWarning, match="not read: ") as told:
        found = gb.results(str(LOGS))
    assert ["more" in str(warning.message) for warning in told] == [True]
    assert set(found["status"]) == {"succeeded", "failed"}
    assert found.loc[found["status"] == "failed", "hours_per_sim_day"].isna().all()


def test_a_path_is_a_word():
    assert len(gb.results(Path(ONE_THREAD))) == 1


def test_nothing_is_an_empty_frame_with_its_columns(monkeypatch):
    monkeypatch.setattr("geoschem_bench.frames.reading._results", lambda words: [])
    found = gb.results()
    assert len(found) == 0
    assert list(found.columns) == list(COLUMNS)


def test_compare_gives_tidy_rows():
    found = gb.compare("published:c4.4xlarge", part="8 threads", pool=["published"])
    assert list(found.columns) == list(TIDY)
    assert {name: str(kind) for name, kind in found.dtypes.items()} == TIDY
    hours = found[found["metric"] == "hours_per_sim_day"].iloc[0]
    assert hours["verdict"] == "faster"
    assert hours["low"] < hours["ratio"] < hours["high"] < 1
    assert hours["percent"] == pytest.approx(-13.33, abs=0.01)
    timers = found[found["metric"].str.startswith("timer_seconds: ")]
    assert len(timers) == 22
    assert timers["verdict"].isna().all()
    assert pd.isna(timers["low"]).all()


def test_compare_counts_cost_in_a_region():
    found = gb.compare("published:c4.4xlarge", part="8 threads", region="us-east-1")
    cost = found[found["metric"] == "usd_per_sim_month"].iloc[0]
    hours = found[found["metric"] == "hours_per_sim_day"].iloc[0]
    assert cost["ratio"] == pytest.approx(hours["ratio"]), "the same machine at the same price"
    assert '"usd_per_hour":0.796' in cost["baseline_price"]
    with pytest.warns(UserWarning, match="left out, as they did other work: c5.9xlarge"):
        without = gb.compare("published:c4.8xlarge", "published:c5.9xlarge")
    assert "usd_per_sim_month" not in set(without["metric"])


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: gb.results("published:zx81"), NotFoundError, "no published run"),
        (lambda: gb.results("published", spot=True), UserError, "spot=True needs the region"),
        (lambda: gb.results("published", prices=prices_of_2019()), UserError, "prices= needs"),
        (lambda: gb.compare("published:c5.9xlarge", ONE_THREAD), UserError, "the simulation diff"),
    ],
)
def test_errors_say_what_to_do(call, error, says):
    with pytest.raises(error, match=says):
        call()
