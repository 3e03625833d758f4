"""A suite in real containers: DAG, image, S3, table, report."""

import json
import os

import pytest

from tests.aws.sandbox.containers.engines import an_engine
from tests.e2e.conftest import REPOSITORY, SUITES, Program
from tests.images.engine import DECLINED, NATIVE, NONE_HERE, find_engine, said_by


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program, with a sandbox whose jobs are containers of the image as people build it."""
    if os.environ.get(DECLINED) == "1":
        pytest.skip(f"{DECLINED}=1 is set")
    engine = find_engine()
    assert engine is not None, NONE_HERE
    script = str(REPOSITORY / "container" / "build.sh")
    said_by([script, "--engine", engine.name, "--platform", f"linux/{NATIVE}"], engine.environment)
    started = Program(tmp_path_factory.mktemp("state"))
    with an_engine() as url:
        started.environment["DOCKER_HOST"] = url
        up = started("sandbox", "up", "--containers")
        assert up.returncode == 0, up.stderr
        yield started
        started("sandbox", "down")


@pytest.fixture(scope="module")
def ended(program):
    return program("run", str(SUITES / "quick.yaml"))


def results_of(program):
    (report,) = (program.state / "reports").iterdir()
    found = json.loads((report / "results.json").read_text())["results"]
    return report, {result["benchmark_id"]: result for result in found}


def test_the_suite_is_measured_in_a_container(program, ended):
    report, results = results_of(program)
    measured = results["QUICK-TRANSPORT"]
    assert measured["status"] == "succeeded", ended.stderr
    assert min(measured["peak_memory_gib"]) > 0
    assert (report / "report.html").is_file()
    manifests = [
        json.loads(path.read_bytes())
        for path in (program.state / "sandbox").rglob("*QUICK-TRANSPORT*manifest.json")
    ]
    assert [each["environment"]["image"] for each in manifests] == ["geos-chem:latest"]


def test_what_fails_in_a_container_says_why(program, ended):
    _, results = results_of(program)
    assert ended.returncode == 1
    assert results["QUICK-GCHP"]["reason"] == "misconfigured"
    assert "the proxy cannot stand in" in results["QUICK-GCHP"]["message"]


def test_nothing_of_it_stays(program, ended):
    listed = program("sandbox", "status").stdout
    assert "container" in listed
    assert not list((program.state / "sandbox" / "scratch").glob("*"))
