import csv
import io
import json
from pathlib import Path

import pytest

from tests.unit.factories import make_failure, make_model_result, make_result
from tests.unit.report.reports import report_of

GOLDEN = Path(__file__).parent / "golden"


def rows(*results):
    return list(csv.DictReader(io.StringIO(report_of(results).csv.decode())))


def golden_run():
    return [
        make_result(threads=1),
        make_result(threads=2, wall_seconds=(5.5, 5.0, 6.0)),
        make_failure(),
        make_failure(benchmark_id="PROXY-TRANSPORT-4x5-2T"),
        make_result(threads=2, submission=2, wall_seconds=(5.0, 5.0, 5.0)),
        make_model_result(wall_seconds=(5040.0, 5040.0, 5040.0)),
    ]


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_golden_files(kind):
    """To renew after a wanted change: delete the file, run once, read the difference."""
    made, path = getattr(report_of(golden_run()), kind), GOLDEN / f"results.{kind}"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(made)
        pytest.fail(f"{path} was not there and has been written; read it and commit it")
    assert made.decode() == path.read_text(encoding="utf-8")


def test_a_missing_number_is_an_empty_cell_and_null():
    (row,) = rows(make_failure())
    for column in ("wall_seconds_median", "threads", "cost_usd_per_sim_day", "hours_per_sim_day"):
        assert row[column] == ""
    document = json.loads(report_of([make_failure()]).json)
    assert document["analysis"]["measures"][0]["wall_seconds"] is None
    assert document["results"][0]["threads"] is None


def test_spread_and_repetitions_are_columns():
    (row,) = rows(make_result(wall_seconds=(10.0, 11.0, 12.0)))
    assert (row["wall_seconds_median"], row["wall_seconds_n"]) == ("11.0", "3")
    assert row["wall_seconds_repetitions"] == "10.0 11.0 12.0"
    assert row["timer_seconds: transport"] == "8.0"


def test_earlier_submissions_are_rows_marked_so():
    found = rows(make_result(submission=1), make_result(submission=2))
    assert [(row["submission"], row["is_latest"]) for row in found] == [
        ("2", "true"), ("1", "false")]  # fmt: skip


@pytest.mark.parametrize(
    "first", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u3000=", "\ufeff=", "\uff1d"]
)
def test_text_that_a_spreadsheet_would_run_is_quoted(first):
    formula = first + 'HYPERLINK("http://evil","x")'
    (row,) = rows(make_failure(message=formula, description=formula))
    assert row["message"].startswith("'")
    assert "HYPERLINK" in row["message"]


def test_a_timer_named_like_a_formula_is_quoted_too():
    (row,) = rows(make_result(timers={'=1+1"': 3.0}))
    assert row['timer_seconds: =1+1"'] == "3.0", "behind a prefix it is no formula"


def test_text_with_quotes_commas_and_lines_survives():
    text = 'a "b", c\nd; é \N{EN DASH}'
    (row,) = rows(make_failure(message=text))
    assert row["message"] == text


def test_nan_is_refused():
    with pytest.raises(ValueError, match="finite"):
        report_of([make_result(wall_seconds=(float("nan"),))])
