"""The pages of the index: escaped, alone, relative, and marked where nothing was billed."""

from datetime import UTC, datetime, timedelta

import pytest

from geoschem_bench.report import IndexedRun, RunEntry, build_index, build_local_index
from geoschem_bench.report.index.page import MOST_ROWS
from tests.unit.report.test_page import HOSTILE, Page

MADE_AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def entry(number=0, **fields):
    due = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=number)
    values = {
        "benchmark_run_id": f"{due:%Y%m%dT%H%M%SZ}-abcdef01",
        "suite": "nightly",
        "due": due.isoformat(),
        "state": "succeeded",
        "verdict": "2 of 2 benchmarks succeeded",
        "succeeded": 2,
        "failed": 0,
        "without_result": 0,
        "cost_usd": 1.5,
        "is_cost_complete": True,
        "is_sandbox": False,
        "is_proxy": False,
        "made_at": MADE_AT.isoformat(),
        "published_at": MADE_AT.isoformat(),
        "is_due": False,
    }
    return RunEntry.model_validate(values | fields)


def files(*entries, **more):
    runs = [IndexedRun(etag=str(n), entry=each) for n, each in enumerate(entries)]
    return build_index(runs, made_at=MADE_AT, version="0.1.0", **more).files


def test_the_newest_is_first_and_every_suite_has_its_own_pages():
    made = files(entry(1), entry(3), entry(2, suite="mini"), entry(0, suite=None))
    page = Page(made["index.html"])
    links = [link for link in page.attributes("href") if link.startswith("../runs/")]
    assert links == sorted(links, reverse=True)
    assert {"latest.html", "nightly/index.html", "mini/index.html"} < set(page.attributes("href"))
    assert "by hand" in page.words
    of_mini = Page(made["mini/index.html"])
    assert f"../../runs/{entry(2).benchmark_run_id}/report.html" in of_mini.attributes("href")
    assert "nightly" not in of_mini.words
    assert entry(3).benchmark_run_id in made["latest.html"].decode()
    assert entry(2).benchmark_run_id in made["mini/latest.html"].decode()


def test_only_the_pages_of_the_suites_asked_for_are_made():
    made = files(entry(1), entry(2, suite="mini"), suites={"mini", "gone"})
    assert set(made) == {
        "index.html", "index.json", "latest.html", "mini/index.html", "mini/latest.html"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_sandbox": True, "is_proxy": True, "cost_usd": None}, "nothing is billed"),
        ({"cost_usd": None}, "not known"),
        ({"cost_usd": 2.5, "is_cost_complete": False}, "at least"),
        ({"cost_usd": 0.0}, "0.00"),
        ({"state": "running", "cost_usd": None}, "not known yet"),
        ({"state": "running"}, "last heard of 2026-11-22 05:00 UTC"),
        ({"published_at": None}, "no report yet"),
    ],
)
def test_what_a_row_says(fields, words):
    assert words in Page(files(entry(**fields))["index.html"]).words


def test_proxy_and_sandbox_are_marked():
    words = Page(files(entry(is_sandbox=True, is_proxy=True))["index.html"]).words
    assert "proxy, sandbox" in words
    assert "did not run GEOS-Chem" in words
    assert "did not run GEOS-Chem" not in Page(files(entry())["index.html"]).words


def test_whatever_a_manifest_made_up_is_text():
    made = files(entry(suite=HOSTILE, verdict=HOSTILE), entry(1, suite="..", verdict=HOSTILE))
    assert set(made) == {"index.html", "index.json", "latest.html"}
    for name in ("index.html", "latest.html"):
        elements = [tag for tag, _ in Page(made[name]).elements]
        assert "script" not in elements
        assert "img" not in elements


def test_no_page_needs_anything_from_elsewhere():
    for name, body in files(entry(), entry(1)).items():
        if name.endswith(".html"):
            links = Page(body).attributes("href", "src")
            assert not [link for link in links if "//" in link or link.startswith("/")]


def test_very_many_runs_are_not_all_shown():
    made = files(*(entry(number) for number in range(MOST_ROWS + 2)))
    assert "2 older runs are not shown; index.json has all." in Page(made["index.html"]).words


def test_a_copy_leads_to_the_folders_beside_it():
    page = Page(build_local_index([entry(1)], 2, made_at=MADE_AT, version="0.1.0"))
    assert page.attributes("href") == [f"{entry(1).benchmark_run_id}/report.html"]
    assert "1 older run is not shown; geoschem-bench reports --last N copies more." in page.words
