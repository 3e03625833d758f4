"""Small parts of the image that need no engine."""

from __future__ import annotations

import io
import runpy
import subprocess

import numpy as np
import pytest

from geoschem_bench_runner.image import image_facts, installed
from geoschem_bench_runner.proxy import final_fields
from tests.images.engine import ROOT, copied_paths, why_arm64

SLIM = runpy.run_path(str(ROOT / "container" / "slim.py"), run_name="slim")


def test_outside_an_image_its_facts_are_unknown():
    facts = image_facts({})
    assert facts.pop("operating_system")
    assert set(facts.values()) == {None}
    assert "numpy" in installed()


def test_inside_they_are_what_the_build_wrote():
    facts = image_facts(
        {"GEOSCHEM_BENCH_IMAGE_VERSION": "1.2.3", "GEOSCHEM_BENCH_IMAGE": "geos-chem:latest"}
    )
    assert (facts["version"], facts["name"], facts["target"]) == ("1.2.3", "geos-chem:latest", None)


def test_final_fields_are_the_same_each_time(capfdbinary):
    written = []
    for _ in range(2):
        final_fields.main()
        with np.load(io.BytesIO(capfdbinary.readouterr().out)) as fields:
            written.append(dict(fields))
    assert written[0]["tracers"].shape == (8, *final_fields.GRID.shape)
    for name, field in written[0].items():
        np.testing.assert_array_equal(written[1][name], field)


def test_slimming_drops_tests_and_the_other_services(tmp_path):
    for name in ("botocore/data/s3/a", "botocore/data/ec2/a", "numpy/tests/a", "numpy/_core/a"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    (tmp_path / "botocore/data/endpoints.json").write_text("")
    SLIM["slim"](tmp_path)
    left = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file())
    assert left == ["botocore/data/endpoints.json", "botocore/data/s3/a", "numpy/_core/a"]


def test_equal_libraries_become_links_to_one(tmp_path):
    for name, content in (("a.so", "1"), ("a.so.1", "1"), ("b.so", "2")):
        (tmp_path / name).write_text(content)
    SLIM["link_equal"](tmp_path.iterdir())
    assert (tmp_path / "a.so").readlink().name == "a.so.1"
    assert {file.name for file in tmp_path.iterdir() if not file.is_symlink()} == {"a.so.1", "b.so"}


@pytest.fixture
def repository(tmp_path):
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "container").mkdir()
    for name in ("container/a", "other"):
        (tmp_path / name).write_text("first")
        git("add", ".")
        git("commit", "-m", name)
    return tmp_path


def test_the_other_architecture_waits_for_a_change(repository):
    assert why_arm64({}, repository) == (
        False,
        "nothing in the image has changed since the previous commit",
    )


@pytest.mark.parametrize("name", ["container/a", "container/new"])
def test_a_change_that_is_not_committed_counts(repository, name):
    (repository / name).write_text("second")
    assert why_arm64({}, repository)[0]


def test_a_committed_change_counts(repository):
    (repository / "container/a").write_text("second")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *who, "commit", "-am", "x"], cwd=repository, check=True)
    assert why_arm64({}, repository) == (True, "container/a has changed")


def test_it_runs_where_nobody_can_tell_and_where_it_is_asked_for(tmp_path, repository):
    (tmp_path / "empty").mkdir()
    assert why_arm64({"GEOSCHEM_BENCH_ARM64": "1"}, repository)[0]
    subprocess.run(["git", "checkout", "HEAD~1"], cwd=repository, check=True, capture_output=True)
    assert why_arm64({}, repository) == (True, "git cannot say what has changed")


def test_the_dockerfile_copies_what_there_is():
    assert "include/geoschem_bench/suite" in copied_paths()
    assert all((ROOT / path).exists() for path in copied_paths())
