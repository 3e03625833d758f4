"""Whatever lies in a file: a suite, or SuiteError; nothing else, ever."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoschem_bench.catalog import normalise_architecture
from geoschem_bench.errors import SettingsError, SuiteError
from geoschem_bench.suite import PHASES, complete_benchmark, load_suite, names
from geoschem_bench.suite.models import Benchmark, SuiteHeader

ANY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

KEYS = st.sampled_from(
    [*PHASES, "suite", *Benchmark.model_fields, *SuiteHeader.model_fields, "matrix", "exclude",
     "days", "resolution", "type", "region", "instance_type", "nodes", "hardware.threads", "<<"]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.dates()
    | st.sampled_from(["A", "A-{hardware.threads}", "gchp", "proxy", "local", "4x5", "c24",
                       "nested", "fullchem", "c7g.4xlarge", "hpc7g.16xlarge", "spot"])
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
SUITES = st.fixed_dictionaries(
    {phase: st.lists(st.dictionaries(KEYS, TREES, max_size=10), max_size=2) for phase in PHASES},
    optional={"suite": TREES},
)


def read(path, content: bytes) -> None:
    path.write_bytes(content)
    problems = None
    try:
        load_suite(path)
    except SuiteError as error:
        problems = error.problems
    assert problems is None or all(problem.message for problem in problems)
    assert problems != ()


@ANY
@given(content=st.binary(max_size=300))
def test_any_bytes(tmp_path, content):
    read(tmp_path / "s.yaml", content)


@ANY
@given(content=st.text(alphabet="phase_1:[]{}&*!<|>-'\"#%@`,? \n\t0.9eE~ä", max_size=80))
def test_any_text_of_yaml_signs(tmp_path, content):
    read(tmp_path / "s.yaml", content.encode())


@ANY
@given(tree=TREES)
def test_any_tree(tmp_path, tree):
    read(tmp_path / "s.yaml", yaml.safe_dump(tree, allow_unicode=True).encode())


@ANY
@given(suite=SUITES)
def test_anything_within_phases(tmp_path, suite):
    read(tmp_path / "s.yaml", yaml.safe_dump(suite).encode())


@ANY
@given(tree=st.dictionaries(KEYS, TREES))
def test_any_config_json(tree):
    said = "configJson: "
    try:
        complete_benchmark(tree)
    except SettingsError as error:
        said = str(error)
    assert "configJson: " in said


@ANY
@given(text=st.text(max_size=12) | st.sampled_from([*names.SIMULATIONS, "transport", "co2"]),
       version=st.none() | st.sampled_from(["14.4.0", "14.7.0", "x"]))  # fmt: skip
def test_simulations_normalise_once(text, version):
    once = names.normalise_simulation(text, version)
    assert once is None or names.normalise_simulation(once, version) == once


@ANY
@given(text=st.from_regex(r"[cC]?\d{1,3}(\.\d+)?(x\d(\.\d+)?)?", fullmatch=True))
def test_resolutions_normalise_once(text):
    once = names.normalise_resolution(text)
    assert once is None or names.normalise_resolution(once) == once


@pytest.mark.parametrize("text", ["arm64", "aarch64", "AMD64", "x86_64", "x86-64"])
def test_architectures_normalise_once(text):
    once = normalise_architecture(text)
    assert once is not None
    assert normalise_architecture(once) == once
