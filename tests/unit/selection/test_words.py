"""What a word of `compare`, `recommend` and `report` means."""

import gzip
from pathlib import Path

import pytest

from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.records import LogFacts, LogFiler
from geoschem_bench.selection import Stores, choose, everything, is_study, logs_at, read, read_all
from tests.unit.factories import RUN, make_result
from tests.unit.records.fakes import MemoryObjects, MemoryResults

LOGS = Path(__file__).parents[2] / "data" / "model_logs" / "gc-classic-14.7.0"
GOOD = LOGS / "tt-1day-synthetic-met-2threads-ok.log"


@pytest.fixture
def stores():
    objects, results = MemoryObjects(), MemoryResults()
    results.put([make_result(), make_result(threads=2)])
    objects.put(f"s3://bucket/runs/{RUN}/plan.json", b"{}")
    (log,), _ = logs_at([str(GOOD)])
    LogFiler("bucket", objects, results).file(read(log), log.file_name, LogFacts())
    return Stores("bucket", objects, results)


def nobody():
    raise AssertionError("no store is needed for this")


def ids(chosen):
    return [result.benchmark_id for result in chosen.results]


def test_published_runs_need_no_store():
    assert len(choose("published", nobody).results) == 25
    assert {r.machine_class for r in choose("published:c5.9xlarge", nobody).results} == {
        "c5.9xlarge"
    }
    assert {r.model_version for r in choose("published:14.4", nobody).results} == {
        "14.4.1",
        "14.4.2",
    }
    exact = "GCC-12-1-1-FULLCHEM-4x5-7D-c5-4xlarge-HT"
    assert {r.benchmark_id for r in choose(f"published:{exact}", nobody).results} == {exact}
    with pytest.raises(NotFoundError, match=r"there are: .*c5\.4xlarge"):
        choose("published:c99", nobody)


def test_a_log_needs_no_store():
    (result,) = choose(str(GOOD), nobody).results
    assert result.origin == "log"


def test_of_a_folder_what_cannot_be_read_is_told_apart(tmp_path):
    (tmp_path / "good.log.gz").write_bytes(gzip.compress(GOOD.read_bytes()))
    (tmp_path / "bad.log").write_text("nothing of the kind\n")
    chosen = choose(str(tmp_path), nobody)
    assert len(chosen.results) == 1
    assert ["bad.log" in str(error) for error in chosen.refused] == [True]
    (tmp_path / "good.log.gz").unlink()
    with pytest.raises(UserError, match=r"bad\.log"):
        choose(str(tmp_path), nobody)


def test_runs_and_benchmarks_of_the_store(stores):
    every = ["PROXY-TRANSPORT-4x5-1T", "PROXY-TRANSPORT-4x5-2T"]
    assert ids(choose(RUN, lambda: stores)) == every
    assert ids(choose("1a2b3c4d", lambda: stores)) == every
    assert ids(choose(every[1], lambda: stores)) == every[1:]
    assert ids(choose(f"{RUN}/{every[0]}", lambda: stores)) == every[:1]


def test_imported_logs_and_everything(stores):
    (log,) = choose("imported", lambda: stores).results
    assert log.origin == "log"
    assert len(everything(stores)) == 3


def test_a_word_that_means_nothing_is_answered_with_what_words_may_be(stores):
    with pytest.raises(NotFoundError, match=r"no file, run or benchmark .* `published`"):
        choose("c5.4xlarge", lambda: stores)


def test_a_folder_without_logs_says_what_was_looked_for(tmp_path):
    (tmp_path / "notes.md").write_text("no log")
    with pytest.raises(NotFoundError, match=r"no log is there \(looked for"):
        logs_at([str(tmp_path)])
    with pytest.raises(NotFoundError, match="no such file"):
        logs_at([str(tmp_path / "absent.log")])


def test_a_file_that_goes_away_stops_no_other(tmp_path):
    for name in ("one.log", "two.log"):
        (tmp_path / name).write_bytes(GOOD.read_bytes())
    logs, _ = logs_at([str(tmp_path)])
    (tmp_path / "one.log").unlink()
    outcomes = [type(run).__name__ for _, run in read_all(logs)]
    assert outcomes == ["LogError", "ModelRun"]


def test_which_words_make_a_study():
    assert is_study("published:c5")
    assert is_study("imported")
    assert is_study(str(GOOD))
    assert not is_study(RUN)
