import pytest

from geoschem_bench.report.formats import (
    duration,
    moment,
    number,
    percent,
    plain,
    short,
    span,
    variation,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0, "0"), (0.012345, "0.0123"), (1, "1.00"), (12.345, "12.3"),
     (12345.6, "12,346"), (1e-9, "1.00e-09"), (9.999, "10.0")],
)  # fmt: skip
def test_numbers(value, shown):
    assert number(value) == shown


def test_missing_numbers_are_dashes():
    assert (percent(None), span(None, 1.0), duration(None), moment(None)) == ("–",) * 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2026-11-22T05:51:20+02:00", "2026-11-22 03:51 UTC"), ("2026-11-22", "2026-11-22 00:00"),
     ("yesterday", "yesterday")],
)  # fmt: skip
def test_moments(text, shown):
    assert moment(text) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(45, "45.0 s"), (1800, "30 min"), (9000, "2.5 h")])
def test_durations(seconds, shown):
    assert duration(seconds) == shown


def test_text_of_others_without_escapes_and_half_characters():
    assert plain("\x1b[31mred\x1b[0m \x00 \ud800 tab\tline\r\n") == "red � � tab\tline\n"


@pytest.mark.parametrize(
    ("cv", "shown"), [(None, "–"), (0.0, "< 0.01"), (6.6e-15, "< 0.01"), (1.234, "1.2")]
)
def test_variation_shows_no_rounding_noise(cv, shown):
    assert variation(cv) == shown


def test_long_names_are_cut_to_one_line():
    assert short("a\nb") == "a b"
    assert short("x" * 100, 10) == "x" * 9 + "…"
