"""Every broken suite in tests/data: each mistake with its line, its key and its cure, no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geoschem_bench.errors import SuiteError
from geoschem_bench.suite import load_suite
from tests.unit.suite.writing import problems_of

BROKEN = sorted((Path(__file__).parents[2] / "data" / "suites" / "broken").glob("*.yaml"))

CURE = re.compile(
    r"allowed|known|write|did you mean|\bneed(s|ed)\b|put |drop|keep|correct|add it|it (must|may) |"
    r"mend|unique|must |exclude less|sweep less|its (keys|values): |name (the|one)|is it a suite"
)
"""Words of a message that say what is allowed or what to do."""


def expected_in(path: Path) -> list[tuple[int, str]]:
    """(line, key) of each `#! key, key` in the file."""
    found = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        _, mark, keys = line.partition("#! ")
        if mark:
            found += [(number, "" if key == "-" else key) for key in keys.split(", ")]
    return sorted(found)


def problems_in(path: Path):
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    return caught.value.problems


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_mistake_has_its_line_and_key(path):
    assert sorted((p.line, p.key) for p in problems_in(path)) == expected_in(path)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_message_names_what_is_allowed_or_what_to_do(path):
    assert [str(p) for p in problems_in(path) if not CURE.search(p.message)] == []


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_problem_prints_as_one_line_that_an_editor_can_jump_to(path):
    for problem in problems_in(path):
        text = str(problem)
        assert text.startswith(f"{path}:{problem.line}: ")
        assert "\n" not in text
        assert len(problem.message) < 500


def test_ten_mistakes_are_ten_problems():
    path = next(path for path in BROKEN if path.stem == "ten-mistakes")
    error = SuiteError(path, problems_in(path))
    assert len(error.problems) == 10
    assert str(error).splitlines()[0] == f"{path}: 10 problems"
    assert [p.line for p in error.problems] == sorted(p.line for p in error.problems)


def test_nothing_in_a_tag_is_run():
    assert problems_in(next(path for path in BROKEN if path.stem == "tags"))
    assert not Path("/tmp/owned").exists()


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"", 0, "is empty"),
        (b"# only a comment\n", 0, "is empty"),
        (b"\xef\xbb\xbf", 0, "is empty"),
        (b"phase_1: []\n\xff\xfe\x00", 2, "is not UTF-8"),
        (b"phase_1: []\nphase_2: \x00\n", 2, "control characters"),
        (b"\x89PNG\r\n\x1a\n", 1, "is not UTF-8"),
        (b"phase_1: []\nphase_2: [\nphase_3: []\n", 4, "sequence of line 2"),
        (b'phase_1: []\nphase_2: "open\nphase_3: []\n', 4, "scalar of line 2"),
        (b"#" * 10_000_000, 0, "larger than 1 MB"),
        (b"[" * 900_000, 1, "nested"),
        (b"- " * 400_000, 1, "nested"),
        (b"{a: " * 200_000, 1, "nested"),
        (b"? " * 400_000, 1, "nested"),
    ],
    ids=["empty", "comment", "byte-order-mark", "binary", "nul", "png", "open list", "open quote",
         "10 MB", "deep list", "deep dashes", "deep blocks", "deep keys"],
)  # fmt: skip
def test_what_is_no_suite_at_all(tmp_path, content, line, said):
    (problem,) = problems_of(tmp_path, content)
    assert problem.line == line
    assert said in problem.message
    assert CURE.search(problem.message)


def test_an_alias_bomb_is_refused_before_it_goes_off(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    (problem,) = problems_of(tmp_path, "\n".join(lines))
    assert "100,000 values" in problem.message


def test_an_alias_bomb_of_merge_keys_is_refused_too(tmp_path):
    lines = ["a0: &a0 {x: 1}"]
    merges = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 10)]
    (problem,) = problems_of(tmp_path, "\n".join(lines + merges))
    assert "100,000 values" in problem.message


@pytest.mark.parametrize("stem", ["my suite", "süd", "a.b", "a" * 65, "x;rm"])
def test_a_file_name_that_makes_no_dag_id(tmp_path, stem):
    text = "phase_1: []\nphase_2: []\nphase_3: []\nphase_4: []\n"
    (problem,) = problems_of(tmp_path, text, f"{stem}.yaml")
    assert "file's name" in problem.message
