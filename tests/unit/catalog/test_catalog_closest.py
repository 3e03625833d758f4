"""Suggestions for mistyped instance types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.catalog import load_catalog


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("c7g.4xlrge", "c7g.4xlarge"),
        ("C7G.4XLarge", "c7g.4xlarge"),
        ("c7g4xlarge", "c7g.4xlarge"),
        ("c7g-4xlarge", "c7g.4xlarge"),
        ("c7g.4xl", "c7g.4xlarge"),
        ("c7g.xl", "c7g.xlarge"),
        (" c7g .4xlarge", "c7g.4xlarge"),
        ("c7g.5xlarge", "c7g.4xlarge"),
        ("c8g.32xlarge", "c8g.24xlarge"),
        ("hpc7g.48xlarge", "hpc7g.16xlarge"),
        ("hpc6a.96xlarge", "hpc6a.48xlarge"),
        ("hpc6a.16xlarge", "hpc6a.48xlarge"),
        ("c7i-flex.4xlrage", "c7i-flex.4xlarge"),
        ("c7i.metal48xl", "c7i.metal-48xl"),
        ("m7g-metal", "m7g.metal"),
        ("c7g.medum", "c7g.medium"),
    ],
)
def test_the_likeliest_intention_comes_first(typed, meant):
    assert load_catalog().closest(typed)[0] == meant


def test_a_family_alone_gives_its_own_types():
    assert all(name.startswith("c7g.") for name in load_catalog().closest("c7g"))


@pytest.mark.parametrize("typed", ["", "   ", "banana", "x" * 100_000])
def test_what_is_like_nothing_gives_nothing(typed):
    assert load_catalog().closest(typed) == []


def test_it_gives_at_most_as_many_as_asked():
    catalog = load_catalog()
    assert catalog.closest("c7g.4xlrge", count=0) == []
    assert len(catalog.closest("c7g.4xlrge", count=1)) == 1
    assert len(catalog.closest("c7g.4xlrge")) == 3


@pytest.mark.parametrize("index", range(0, 1386, 11))
def test_an_exact_name_is_its_own_best_suggestion(index):
    catalog = load_catalog()
    name = list(catalog)[index % len(catalog)].name
    assert catalog.closest(name, 1) == [name]


@given(st.text(max_size=80))
def test_any_text_gives_only_names_that_exist(typed):
    catalog = load_catalog()
    assert all(name in catalog for name in catalog.closest(typed))
