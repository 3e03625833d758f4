"""`matrix:` and `exclude:`: which benchmarks they make, in which order, under which ids."""

from __future__ import annotations

from itertools import product

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from geoschem_bench.suite.matrix import MatrixProblem, expand
from tests.unit.suite.writing import ENTRY, load, problems_of, suite_text, with_lines


def test_the_last_key_turns_fastest(tmp_path):
    entry = with_lines("""\
id: "{simulation_type}-{hardware.threads}"
matrix:
  simulation_type: [fullchem, aerosol]
  hardware.threads: [4, 8]
""")
    suite = load(tmp_path, suite_text(entry))
    assert [b.id for b in suite.benchmarks] == [
        "fullchem-4",
        "fullchem-8",
        "aerosol-4",
        "aerosol-8",
    ]
    assert [b.hardware.threads for b in suite.benchmarks] == [4, 8, 4, 8]


def test_a_rule_of_one_key_excludes_all_its_combinations(tmp_path):
    entry = with_lines("""\
id: "{simulation_type}-{hardware.threads}"
matrix: {simulation_type: [fullchem, aerosol], hardware.threads: [4, 8]}
exclude:
  - {simulation_type: aerosol}
  - {simulation_type: fullchem, hardware.threads: 8}
""")
    assert [b.id for b in load(tmp_path, suite_text(entry)).benchmarks] == ["fullchem-4"]


def test_values_become_letters_digits_and_dashes_in_ids(tmp_path):
    entry = with_lines("""\
id: X-{hardware.instance_type}-{domain.resolution}-{duration.days}
matrix:
  hardware.instance_type: [c7g.4xlarge]
  domain.resolution: [2x2.5]
  duration.days: [0.25]
""")
    (benchmark,) = load(tmp_path, suite_text(entry)).benchmarks
    assert benchmark.id == "X-c7g-4xlarge-2x2-5-0-25"


def test_a_swept_key_needs_no_place_outside_the_matrix(tmp_path):
    entry = """\
id: "{hardware.instance_type}"
simulation_type: fullchem
domain: {resolution: 4x5}
duration: {days: 7}
matrix: {hardware.instance_type: [c7g.4xlarge, c7i.4xlarge]}
"""
    assert len(load(tmp_path, suite_text(entry)).benchmarks) == 2


def test_one_wrong_value_points_at_the_matrix_once(tmp_path):
    entry = with_lines("""\
id: "{simulation_type}-{hardware.threads}"
matrix:
  simulation_type: [fullchem, fulchem]
  hardware.threads: [4, 8, 64]
""")
    problems = problems_of(tmp_path, suite_text(entry))
    assert [(p.line, p.key) for p in problems] == [
        (8, "phase_1[0].matrix.simulation_type"),
        (9, "phase_1[0].matrix.hardware.threads"),
    ]


def test_a_mistake_outside_the_matrix_is_told_once(tmp_path):
    entry = with_lines("""\
id: "{hardware.threads}"
levels: 48
matrix: {hardware.threads: [1, 2, 3, 4, 5, 6, 7, 8]}
""")
    (problem,) = problems_of(tmp_path, suite_text(entry))
    assert problem.key == "phase_1[0].levels"


def test_ids_that_differ_in_punctuation_only_are_one(tmp_path):
    entry = with_lines("""\
id: "A-{run_directory}"
matrix: {run_directory: [a.b, a-b]}
""")
    (problem,) = problems_of(tmp_path, suite_text(entry))
    assert "'A-a-b' twice" in problem.message


@pytest.mark.parametrize(("count", "makes"), [(1000, 1000), (1001, 0)])
def test_at_most_a_thousand(count, makes):
    entry = {"id": "{repetitions}", "matrix": {"repetitions": list(range(count))}}
    if makes:
        assert len(expand(entry)) == makes
    else:
        with pytest.raises(MatrixProblem, match="over 1000 benchmarks"):
            expand(entry)


def test_a_gigantic_product_is_refused_without_building_it():
    values = list(range(100))
    axes = {f"a{n}": values for n in range(30)}
    with pytest.raises(MatrixProblem, match="over 1000"):
        expand({"id": "".join(f"{{{key}}}" for key in axes), "matrix": axes})


def test_an_entry_without_matrix_is_itself():
    entry = yaml.safe_load(ENTRY)
    assert expand(entry) == [entry]


axes_of_values = st.dictionaries(
    st.sampled_from(["hardware.threads", "domain.resolution", "warmups", "x", "duration.days"]),
    st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True),
    min_size=1,
    max_size=4,  # 256 at most: beyond a thousand it is refused
)


@settings(max_examples=60, deadline=None)
@given(axes=axes_of_values, data=st.data())
def test_as_many_as_the_product_less_the_excluded(axes, data):
    points = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    excluded = data.draw(st.lists(st.sampled_from(points), unique_by=str, max_size=len(points) - 1))
    entry = {"id": "-".join(f"{{{key}}}" for key in axes), "matrix": axes, "exclude": excluded}
    made = expand(entry)
    assert len(made) == len(points) - len(excluded)
    assert len({benchmark["id"] for benchmark in made}) == len(made)
    kept = [point for point in points if point not in excluded]
    assert [b["id"] for b in made] == ["-".join(map(str, p.values())) for p in kept]
