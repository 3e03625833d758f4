"""The error tree: every class pickles, prints and says what it carries."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from geoschem_bench import errors
from geoschem_bench.errors import GeosChemBenchError, Problem, Reason, SuiteError, UserError

ARGUMENTS = {
    "RefusedError": ("file.log", "is empty"),
    "LogError": ("file.log", "is empty"),
    "ManifestError": ("s3://bucket/manifest.json", "is no valid JSON"),
    "BenchmarkError": (Reason.TIMEOUT, "the limit of 60 s passed"),
    "SuiteError": (Path("a.yaml"), [Problem("a.yaml", 3, "phase_1[0].id", "is missing")]),
}
"""Of the classes that take more than a message."""


def tree(root: type[GeosChemBenchError]) -> list[type[GeosChemBenchError]]:
    """`root` and all below it that `errors` defines, each once."""
    below = [child for sub in root.__subclasses__() for child in tree(sub)]
    ours = [child for child in below if child.__module__ == errors.__name__]
    return list(dict.fromkeys([root, *ours]))


@pytest.mark.parametrize("kind", tree(GeosChemBenchError), ids=lambda kind: kind.__name__)
def test_every_error_survives_pickling(kind):
    error = kind(*ARGUMENTS.get(kind.__name__, ("what happened",)))
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is kind
    assert str(copy) == str(error) != ""
    assert vars(copy) == vars(error)


def test_every_exception_of_the_module_is_in_the_tree_and_drawn():
    defined = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert defined == set(tree(GeosChemBenchError))
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in defined)


@pytest.mark.parametrize(
    "kind", [errors.SuiteError, errors.SettingsError, errors.NotFoundError, errors.LogError]
)
def test_what_a_person_can_mend_is_a_user_error(kind):
    assert issubclass(kind, UserError)


def test_exit_codes_are_each_of_one_meaning():
    codes = [*errors.EXIT_CODES.values(), errors.EXIT_USAGE, errors.EXIT_OWN_ERROR, 0]
    assert len(set(codes)) == len(codes)
    assert all(0 <= code < 126 for code in codes)  # beyond are the shell's and signals


def test_the_reasons_are_the_closed_list_of_the_design():
    assert [reason.value for reason in Reason] == [
        "capacity", "quota", "spot_interrupted", "misconfigured", "wrong_instance", "image",
        "input_data", "storage", "timeout", "out_of_memory", "model_crashed", "cancelled",
        "unknown",
    ]  # fmt: skip


def test_problems_are_sorted_and_told_once():
    late, early = Problem("a.yaml", 9, "b", "x"), Problem("a.yaml", 2, "a", "y")
    error = SuiteError(Path("a.yaml"), [late, early, late])
    assert error.problems == (early, late)
    assert str(error) == "a.yaml: 2 problems\n  a.yaml:2: a: y\n  a.yaml:9: b: x"


def test_one_problem_is_no_plural():
    assert str(SuiteError(Path("a"), [Problem("a", 0, "", "is empty")])) == (
        "a: 1 problem\n  a: is empty"
    )
