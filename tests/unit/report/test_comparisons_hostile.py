"""Names and numbers of others: tables stay tables, whatever they hold."""

import csv
import io
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoschem_bench.report.comparisons import gcpy_table, markdown, tidy_csv, tidy_rows
from tests.unit.report.comparing import made, runs

seconds = st.floats(min_value=0, max_value=1e7)
names = st.text(min_size=1, max_size=40)
timers = st.dictionaries(names, seconds, min_size=1, max_size=6)
EVIL = "<img src=x onerror=alert(1)>|**@maintainer** [x](http://evil) `_a_` \\|\n\n# h\x1b[31m"


def pair_of(ours, theirs, **changes):
    return made(runs([100.0], timers=ours, **changes), runs([90.0], timers=theirs, threads=8)).pairs


def parsed(table):
    """As GCPy's columns: what stands right of the name are three numbers and perhaps a star."""
    found = []
    for row in table.split("-" * 79 + "\n")[1].splitlines():
        bare = row.removesuffix(" *")
        name, *numbers = bare.rsplit(None, 3)
        found.append((name, *map(float, numbers), bare != row))
    return found


@settings(deadline=None)
@given(ours=timers, theirs=timers)
def test_a_gcpy_table_reads_back(ours, theirs):
    rows = parsed(gcpy_table(pair_of(ours, theirs)))
    wanted = {**ours, **theirs}
    assert len(rows) == len(wanted)
    for timer, (_, ref, dev, percent, star) in zip(wanted, rows, strict=True):
        one, other = ours.get(timer, math.nan), theirs.get(timer, math.nan)
        assert _same(ref, one)
        assert _same(dev, other)
        change = (other - one) / one * 100 if one > 0 else math.nan
        assert _same(percent, change)
        assert star == (abs(change) >= 10)


def _same(shown, value):
    if math.isnan(value):
        return math.isnan(shown)
    return shown == pytest.approx(value, abs=0.00051, rel=1e-12)


def test_widths_are_gcpys():
    row = gcpy_table(pair_of({"Transport": 12.0}, {"Transport": 13.0})).splitlines()[-1]
    assert row == "Transport                           12.000              13.000          8.333"


@pytest.mark.parametrize(("dev", "star"), [(90.0, True), (110.0, True), (90.1, False)])
def test_ten_percent_is_marked_and_less_is_not(dev, star):
    table = gcpy_table(pair_of({"HEMCO": 100.0}, {"HEMCO": dev}))
    assert table.rstrip().endswith("*") == star


def test_a_timer_that_did_not_run_spoils_no_other():
    rows = parsed(gcpy_table(pair_of({"A": 1.0, "B": 2.0}, {"B": 2.0, "C": 3.0})))
    assert [name for name, *_ in rows] == ["A", "B", "C"]
    assert rows[1][1:4] == (2.0, 2.0, 0.0)
    assert math.isnan(rows[0][2])
    assert math.isnan(rows[2][1])


@settings(deadline=None)
@given(name=names, label=names)
def test_markdown_tables_keep_their_columns(name, label):
    pairs = pair_of({name: 1.0}, {name: 2.0}, machine_class=label, observed_instance_type=None)
    for block in re.findall(r"(?:^\|.*\n)+", markdown(pairs, None), re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in block.splitlines()}
        assert len(widths) == 1


def test_markdown_holds_no_markup_of_others():
    changes = {"machine_class": EVIL, "observed_instance_type": None, "notes": (EVIL,)}
    text = markdown(pair_of({EVIL: 1.0}, {EVIL: 2.0}, **changes), None)
    assert "\\<img src=x onerror=alert(1)\\>\\|\\*\\*" in text
    assert not re.search(r"(?<!\\)<", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "@maintainer" not in text
    assert "\x1b" not in text
    assert not re.search(r"^# h", text, re.MULTILINE)


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", " =", "\ufeff=", "\uff1d"])
def test_csv_cells_are_no_formulas(first):
    formula = first + 'HYPERLINK("http://evil","x")'
    made_csv = tidy_csv(pair_of({"A": 1.0}, {"A": 2.0}, machine_class=formula,
                                observed_instance_type=None, source=formula))  # fmt: skip
    for row in csv.DictReader(io.StringIO(made_csv.decode())):
        for name in ("baseline_name", "baseline_source"):
            assert row[name].startswith("'")


@settings(deadline=None)
@given(name=names, source=names)
def test_csv_reads_back(name, source):
    pairs = pair_of({name: 1.5}, {name: 3.0}, source=source)
    rows = list(csv.DictReader(io.StringIO(tidy_csv(pairs).decode(), newline="")))
    assert len(rows) == len(tidy_rows(pairs))
    timer = rows[-1]
    assert timer["metric"].startswith("timer_seconds: ")
    assert (timer["baseline"], timer["candidate"], timer["percent"]) == ("1.5", "3.0", "100.0")
    assert timer["low"] == "", "missing numbers are empty"
