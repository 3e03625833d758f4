"""docs/reasons.md says what the code does."""

import re

import pytest

from geoschem_bench.errors import EXIT_CODES, Reason
from geoschem_bench.orchestration.retries import RETRIED
from geoschem_bench.records import cure_of
from geoschem_bench.records.failures import classify
from tests.airflow.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "reasons.md").read_text()
ROWS = {
    Reason(row[0].strip("`")): row[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `") and (row := [cell.strip() for cell in line.strip("|").split("|")])
}
"""Reason → meaning, what says so, exit code, how often it is tried again, cure."""
GATES = ("queue", "image", "input", "quota")


def test_each_reason_has_its_row_in_the_lists_own_order():
    assert list(ROWS) == list(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_a_row_is_what_the_code_does(reason):
    meaning, says, exit_code, retries, cure = ROWS[reason]
    assert meaning
    assert says
    assert exit_code == str(EXIT_CODES.get(reason, "–"))
    assert retries == str(RETRIED.get(reason, "–"))
    assert cure == cure_of(reason)


@pytest.mark.parametrize("reason", Reason)
def test_awss_words_on_the_page_are_read_as_that_reason(reason):
    quoted = [text for text in re.findall(r"`([^`]+)`", ROWS[reason][1]) if text not in GATES]
    assert [classify(None, [text], [text], None) for text in quoted] == [reason] * len(quoted)
