"""The short way through a suite file gives what the long way gives, or is not taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.errors import SuiteError
from geoschem_bench.suite.plain_yaml import NotPlainError, is_flat, plain_data
from geoschem_bench.suite.yaml_source import MAX_DEPTH, MAX_NODES, read_yaml
from tests.unit.suite.writing import CONFIGS


def short(text: str, most_nodes: int = MAX_NODES, most_levels: int = MAX_DEPTH) -> Any:
    """By the short way."""
    node = yaml.CSafeLoader(text).get_single_node()
    assert node is not None
    return plain_data(text, node, most_nodes, most_levels)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_suite_of_ours_goes_the_short_way(path: Path) -> None:
    assert short(path.read_text()) == yaml.safe_load(path.read_text())


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text("abcXYZ019 .-", max_size=9)
    | st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text("abcxyz_", min_size=1, max_size=5), inner, max_size=3),
    max_leaves=20,
)  # fmt: skip


@given(plain, st.booleans())
def test_any_plain_data_is_read_as_yaml_reads_it_or_left_to_the_long_way(
    data: Any, flow: bool
) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow)
    try:
        found = short(text)
    except NotPlainError:
        return
    assert found == yaml.safe_load(text)
    assert repr(found) == repr(yaml.safe_load(text))  # 1 is not True, nor 1.0


@pytest.mark.parametrize(
    "text",
    [
        "a: !!str 5", "a: &x 5\nb: *x", "a: {<<: {b: 1}}", "a: 1\na: 2", "? [a]\n: 1",
        "a: 010", "a: 0x1f", "a: 1:30", "a: 2026-11-22", "a: yes", "a: .inf", "a: 1_000",
        f"a: {10**17}",
    ],
)  # fmt: skip
def test_what_must_be_looked_at_closely_is_not_plain(text: str) -> None:
    with pytest.raises(NotPlainError):
        short(text)


def test_what_is_too_large_or_too_deep_is_not_plain() -> None:
    assert short("a: [1, 2]", most_nodes=4) == {"a": [1, 2]}
    with pytest.raises(NotPlainError):
        short("a: [1, 2]", most_nodes=3)
    with pytest.raises(NotPlainError):
        short("a: [[[1]]]", most_levels=3)


@pytest.mark.parametrize("deep", ["[" * 60, "- " * 60, "? " * 60, "{a: " * 60])
def test_nothing_nested_deeply_looks_flat(deep: str) -> None:
    """The C reader crashes Python itself on what is nested too deeply."""
    assert not is_flat(f"phase_1:\n {deep}", most=50)


def test_a_file_that_is_nested_too_deeply_is_refused_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "deep.yaml"
    path.write_text("a: " + "[" * 5000 + "]" * 5000)
    with pytest.raises(SuiteError, match="levels deep"):
        read_yaml(path)
