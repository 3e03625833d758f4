import pytest

from geoschem_bench.analysis import analyse
from geoschem_bench.report import head_rows, head_table
from tests.unit.factories import make_failure, make_model_result, make_result


def row(result, *others):
    columns, rows = head_table([result, *others], analyse([result, *others]))
    return dict(zip(columns, rows[0], strict=True))


def why(result, column):
    columns, rows = head_rows([result], analyse([result]))
    return rows[0].cells[columns.index(column)].why


def test_a_proxy_leads_with_seconds():
    assert row(make_result()) == {
        "benchmark": "PROXY-TRANSPORT-4x5-1T",
        "state": "ok (smoke)",
        "threads": "1",
        "seconds": "10.10 (10.00–10.20)",
        "CPU %": "97",
        "memory GiB": "0.500",
        "speed-up": "–",
    }


def test_a_model_run_leads_with_hours_and_dollars():
    result = make_model_result(wall_seconds=(5040.0, 5040.0, 5292.0), cost_usd_per_sim_day=0.116)
    columns, rows = head_table([result], analyse([result]))
    assert columns[3:5] == ["h / sim day", "USD / sim month"]
    assert rows[0][3:5] == ["0.2000 (0.2000–0.2100)", "3.48"]


def test_a_proxy_beside_model_runs_has_dashes_and_says_why():
    results = [make_result(null_reason=None, benchmark_id="A"), make_model_result()]
    columns, rows = head_rows(results, analyse(results))
    cells = dict(zip(columns, rows[0].cells, strict=True))
    for column in ("h / sim day", "USD / sim month"):
        assert cells[column].text == "–"
        assert "not GEOS-Chem's" in cells[column].why


def test_a_failure_is_dashes_and_never_zero():
    shown = row(make_failure())
    assert shown["state"] == "failed (timeout)"
    assert {shown[c] for c in ("threads", "seconds", "CPU %", "memory GiB", "speed-up")} == {"–"}
    assert why(make_failure(), "seconds") == "PROXY-FULLCHEM-4x5-2T failed: timeout"


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"cpu_efficiency": None}, "CPU %"),
        ({"peak_memory_gib": ()}, "memory GiB"),
        ({"wall_seconds": (), "cpu_seconds": ()}, "seconds"),
        ({}, "speed-up"),
    ],
)
def test_every_dash_has_its_reason(changes, column):
    assert row(make_result(**changes))[column] == "–"
    assert why(make_result(**changes), column)


def test_speedup_beside_the_ideal():
    results = [make_result(threads=1), make_result(threads=2, wall_seconds=(5.5, 5.5))]
    _, rows = head_table(results, analyse(results))
    assert [r[-1] for r in rows] == ["1 (base)", "1.84 (of 2)"]


def test_fewer_threads_than_asked_for_are_said():
    assert row(make_result(threads=2, threads_requested=8))["threads"] == "2 (asked 8)"


def test_one_repetition_has_no_extremes():
    assert row(make_result(wall_seconds=(10.0,)))["seconds"] == "10.00 (one repetition)"
