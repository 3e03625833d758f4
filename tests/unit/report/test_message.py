"""A run in a few lines, whatever its suite is called and its jobs have said."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.analysis import analyse
from geoschem_bench.report.message import SUBJECT_MOST, Message, RunFacts, compose
from tests.unit.factories import RUN, make_failure, make_model_result, make_result


def message(*results: Any, **fields: Any) -> Message:
    usual = {
        "suite": "nightly",
        "run_id": RUN,
        "state": "succeeded",
        "results": results,
        "analysis": analyse(list(results)) if results else None,
        "planned": len(results) or None,
    }
    return compose(RunFacts(**usual | fields))


def test_a_good_run_is_its_table_its_cost_and_its_link() -> None:
    result = make_model_result(
        benchmark_id="NIGHT-A", wall_seconds=(5040.0, 5040.0, 5292.0), cost_usd_per_sim_day=0.116
    )
    made = message(
        result,
        duration="2 h 13 min",
        money=["Cost of the run: 1.20 USD."],
        links=[("Report", "s3://b/runs/r/report.html"), ("In the browser", "https://x/")],
    )
    assert made.subject == "GEOS-Chem benchmarks: nightly: succeeded, 1 of 1 benchmark ok"
    assert made.text == (
        "Suite nightly: succeeded, 1 of 1 benchmark ok\n"
        f"Run {RUN}, after 2 h 13 min\n"
        "\n"
        "benchmark  state  h / sim day             USD / sim month\n"
        "NIGHT-A    ok     0.2000 (0.2000–0.2100)  3.48\n"
        "\n"
        "Cost of the run: 1.20 USD.\n"
        "\n"
        "Report: s3://b/runs/r/report.html\n"
        "In the browser: https://x/\n"
    )


def test_a_failure_comes_first_with_its_reason_and_no_number_is_made_up() -> None:
    made = message(make_result(), make_failure(message="too\nlong"), state="failed",
                   troubles=["the task publish failed"], planned=3)  # fmt: skip
    assert made.subject.endswith("failed, 1 of 3 benchmarks ok")
    troubles, table = made.text.index("What went wrong:"), made.text.index("benchmark  ")
    assert troubles < table
    assert "- timeout: PROXY-FULLCHEM-4x5-2T: too long\n- the task publish failed" in made.text
    assert "failed (timeout)  –" in made.text
    assert "USD" not in made.text  # the proxy costs nothing and says nothing of the model
    assert "The proxy ran" in made.text


def test_a_large_run_is_cut_and_says_so() -> None:
    results = [make_failure(benchmark_id=f"B-{n:03}", message="x" * 5000) for n in range(500)]
    made = message(*results)
    assert "and 490 more failed, see the report" in made.text
    assert "and 480 more, see the report" in made.text
    assert len(made.text.encode()) < 16_000  # Amazon SNS takes 256 kB


def test_a_run_without_anything_is_still_told_of() -> None:
    made = message(state="failed", troubles=["the run was ended before its plan was made"])
    assert made.subject == "GEOS-Chem benchmarks: nightly: failed"
    assert "before its plan was made" in made.text


@given(st.text(), st.text(), st.text())
def test_nothing_that_was_printed_breaks_a_line_or_a_subject(
    suite: str, state: str, said: str
) -> None:
    """Amazon SNS refuses a subject that is long, not ASCII or of two lines."""
    made = message(make_failure(message=said), suite=suite, state=state)
    assert len(made.subject) <= SUBJECT_MOST
    assert made.subject.isascii()
    assert made.subject.isprintable()
    calm = message(make_failure(message="said"), suite="s", state="t")
    assert len(made.text.split("\n")) == len(calm.text.split("\n"))
    assert not any(ord(char) < 32 for char in made.text.replace("\n", ""))
