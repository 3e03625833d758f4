"""Logs and published runs as a person uses them: import, recommend, report, demo."""

import gzip
import json
from pathlib import Path

import pytest

from tests.e2e.conftest import REPOSITORY, Program

LOGS = REPOSITORY / "tests" / "data" / "model_logs" / "gc-classic-14.7.0"
GOOD = LOGS / "tt-1day-synthetic-met-2threads-ok.log"
SAMPLE = REPOSITORY / "docs" / "sample-report"
STATES = {
    "tt-1day-synthetic-met-1thread-ok.log": "succeeded",
    "tt-1day-synthetic-met-2threads-ok.log": "succeeded",
    "tt-history-error-rc139.log": "misconfigured",
    "tt-missing-input-rc159-with-timers.log": "input_data",
    "tt-no-input-rc139.log": "input_data",
    "tt-no-omp-stacksize-rc139.log": "model_crashed",
    "tt-wetdep-error-rc159.log": "model_crashed",
}


@pytest.fixture(scope="module")
def imported(program):
    """All logs of the project, imported once."""
    return program("import", str(LOGS), "--synthetic-input", "--json")


def test_good_and_bad_logs_are_told_apart(imported):
    assert imported.returncode == 1
    outcomes = {Path(item["log"]).name: item for item in json.loads(imported.stdout)}
    found = {name: (item["result"]["reason"] or item["state"]) for name, item in outcomes.items()
             if item["result"]}  # fmt: skip
    assert found == STATES
    refused = {name: item["refused"] for name, item in outcomes.items() if item["refused"]}
    assert "dry run" in refused["dryrun_transport_tracers_1day.log.gz"]
    assert "2 of runs that succeeded, 5 of runs that failed" in imported.stderr


@pytest.mark.usefixtures("imported")
def test_importing_again_stores_nothing_new(program):
    again = program("import", str(GOOD), "--synthetic-input")
    assert (again.returncode, "1 stored before" in again.stderr) == (0, True), again.stderr


@pytest.mark.usefixtures("imported")
def test_what_is_stored_is_found_by_name(program):
    done = program("report", "imported")
    assert done.returncode == 0, done.stderr
    page = Path(done.stdout.split("Report: ")[1].strip()).read_text()
    assert "tt-wetdep-error" in page
    assert "Smoke runs" in page


def test_the_same_log_twice_in_one_import_is_stored_once(program, tmp_path):
    for name in ("one.log", "two.log"):
        (tmp_path / name).write_bytes(GOOD.read_bytes().replace(b"105.974", b"205.974"))
    done = program("import", str(tmp_path))
    assert (done.returncode, "1 stored, 1 stored before" in done.stderr) == (0, True), done.stderr


def test_many_logs_of_which_some_are_broken(tmp_path):
    """A hundred here; each broken one is named, the rest is read."""
    text = GOOD.read_bytes()
    for number in range(100):
        broken = number % 27 == 0
        body = text[: len(text) // 2] if broken else text.replace(b"105.974", b"%3d.974" % number)
        (tmp_path / f"run{number:03}.log.gz").write_bytes(gzip.compress(body))
    done = Program(tmp_path / "state")("import", str(tmp_path), "--dry-run")
    assert done.returncode == 1
    assert "96 of runs that succeeded, 4 of runs that failed" in done.stderr
    assert done.stderr.count("cut off") == 4
    assert "… and 56 more" in done.stderr


def test_the_guides_first_lines_leave_a_store_that_can_be_asked(tmp_path):
    """Undated prices once made every later question fail."""
    program = Program(tmp_path / "state")
    week = tmp_path / "GC.log"
    text = GOOD.read_bytes().replace(b"20190102 000000", b"20190108 000000")
    week.write_bytes(text.replace(b"2019/01/02  UTC: 00:00", b"2019/01/08  UTC: 00:00"))
    try:
        told = program("import", str(week), "--instance-type", "C7G.4xlarge", "--threads", "16",
                       "--region", "us-west-2", "--on-demand")  # fmt: skip
        assert told.returncode == 0, told.stderr
        for question in (("recommend",), ("recommend", "--from-log", str(week)),
                         ("report", "imported")):  # fmt: skip
            done = program(*question)
            assert done.returncode == 0, done.stderr
        assert "only instance type measured" in program("recommend", "imported").stdout
        again = program("import", str(week), "--region", "eu-west-1")
        assert again.returncode == 0, again.stderr
        assert "Prices of eu-west-1" in program("recommend", "imported").stderr
    finally:
        program("sandbox", "down")


def test_a_word_that_means_nothing_stops_no_other(tmp_path):
    done = Program(tmp_path / "state")("import", str(GOOD), "nothere.log", "--dry-run")
    assert done.returncode == 1
    assert "nothere.log: there is no such file or folder" in done.stderr
    assert "1 of runs that succeeded" in done.stderr


def test_names_and_texts_that_steer_terminals_are_shown_as_text(tmp_path):
    text = GOOD.read_bytes().replace(b": TransportTracers", b": [/x]evil\x1b[31m")
    (tmp_path / "evil\x1b[31m.log").write_bytes(text)
    (tmp_path / "caf\udce9.log").write_bytes(GOOD.read_bytes())
    program = Program(tmp_path / "state")
    for command in (("import", "--dry-run"), ("recommend",), ("report",)):
        done = program(command[0], str(tmp_path), *command[1:])
        assert "Traceback" not in done.stderr
        assert "mistake of the program" not in done.stderr
        assert "\x1b[31m" not in done.stdout + done.stderr


def test_recommend_answers_for_the_published_week(tmp_path):
    program = Program(tmp_path)
    done = program("recommend", "published:12.1.1", "--region", "us-east-1", "--deadline-hours",
                   "1.3", "--json")  # fmt: skip
    week = json.loads(done.stdout)[0]
    answers = {answer["question"]: answer["choice"] for answer in week["answers"]}
    assert answers == {"fastest": "c5.9xlarge", "cheapest": "c5.4xlarge",
                       "cheapest within 1.3 h": "c5.9xlarge"}  # fmt: skip
    assert all(proof["price"]["as_of"] and proof["benchmark_run_ids"] for proof in week["evidence"])
    assert "c7g" in week["not_tested"]


def test_recommend_from_a_log_takes_its_simulation_and_never_mixes_versions(program):
    done = program("recommend", "published", "--from-log", str(LOGS / "tt-no-input-rc139.log"))
    assert "Nobody measured fullchem at 4x5 (gc-classic 14.7.0)" in done.stderr
    assert "gc-classic 12.1.1), published by others" in done.stdout
    nothing = program("recommend", "published", "--from-log", str(GOOD))
    assert nothing.returncode == 2
    assert "nobody measured TransportTracers at 4x5" in nothing.stderr


def test_the_sample_report_is_what_the_program_makes_today(tmp_path):
    done = Program(tmp_path)("demo", "--made-at", "2026-11-22", "--to", str(tmp_path / "report"))
    assert done.returncode == 0, done.stderr
    for name in ("report.html", "results.csv", "results.json"):
        made = (tmp_path / "report" / name).read_bytes()
        assert made == (SAMPLE / name).read_bytes(), f"{name} differs: make sample-report"
    answer = done.stdout.split("Report: ")[0].strip()
    assert "Fastest: c5.9xlarge" in answer
    assert "Cheapest: c5.4xlarge" in answer
    assert answer in (REPOSITORY / "README.md").read_text(), "the README's first screen is old"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["import", "nothere.log"], 2, "there is no such file or folder"),
        (["import", str(GOOD), "--dry-run", "--factor", "docker"], 2, "write name=value"),
        (["import", str(GOOD), "--dry-run", "--id", "a b"], 2, "letters, digits and hyphens"),
        (["import", str(GOOD), "--dry-run", "--instance-type", "c5.4xlarg"], 2, "c5.4xlarge"),
        (["recommend", "published", "--days", "-3"], 2, "--days -3: a number above 0 is needed"),
        (["recommend", "published", "--instances", "3"], 2, "only with --deadline-hours"),
        (["recommend", "published", "--region", "mars-1"], 2, "no region of AWS"),
        (
            ["import", str(GOOD), "--dry-run", "--instance-type", "c7g.4xlarge", "--threads", "64"],
            2,
            "c7g.4xlarge has 16 vCPUs",
        ),
        (["recommend", "published:nobody"], 2, "no published run is called so"),
        (["report", "published", "nothere"], 2, "no file, run or benchmark is called so"),
    ],
    ids=lambda value: " ".join(value[:1] + value[2:]) if isinstance(value, list) else "",
)
def test_mistakes_are_one_message(program, arguments, code, says):
    done = program(*arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert says in done.stderr.replace("\n", " ")
