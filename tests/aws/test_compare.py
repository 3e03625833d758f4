"""`compare` as it is typed: words, formats, files, exit codes."""

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import geoschem_bench as gb
from geoschem_bench.cli.compare import compare
from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.report.comparisons.tidy import COLUMNS
from tests.unit.factories import make_failure, make_model_result

LOGS = Path(__file__).parents[1] / "data" / "model_logs" / "gc-classic-14.7.0"
ONE_THREAD, TWO_THREADS = (
    str(LOGS / f"tt-1day-synthetic-met-{name}-ok.log") for name in ("1thread", "2threads")
)
C4, C5 = "published:c4.8xlarge", "published:c5.9xlarge"
OLD, NEW = "20261101T010000Z-0ddba115", "20261102T000000Z-0badbeef"
FAST, SLOW = (100.0, 101.0, 99.0), (110.0, 111.0, 109.0)


@pytest.fixture(autouse=True)
def _region(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def typed(*words):
    """As the program runs it; errors of ours come out as they are, for `main` to show."""
    app = typer.Typer()
    app.command()(compare)
    done = CliRunner().invoke(app, words)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture(scope="module")
def stored(box):
    """Two runs of one benchmark; the second one is slower, and one of its benchmarks failed."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in box.environment().items():
            patch.setenv(name, value)
        from geoschem_bench import wiring

        settings = wiring.read_settings()
        for run, walls in ((OLD, FAST), (NEW, SLOW)):
            wiring.object_store(settings).put(f"s3://{settings.bucket}/runs/{run}/plan.json", b"{}")
            wiring.results_store(settings).put([
                make_model_result(benchmark_id="GCC-C7G", benchmark_run_id=run, wall_seconds=walls),
                make_failure(benchmark_id="GCC-DEAD", benchmark_run_id=run),
            ])  # fmt: skip


@pytest.mark.usefixtures("stored", "doors")
class TestStored:
    def test_two_runs_of_one_benchmark(self):
        done = typed(f"{OLD}/GCC-C7G", f"{NEW}/GCC-C7G")
        assert done.exit_code == 0
        assert "slower: +10.0 % of the time (95 % interval +" in done.stdout
        assert f"({NEW}/GCC-C7G)" in done.stdout
        assert "repetitions of one run: the spread between instances" in done.stdout

    @pytest.mark.parametrize(
        ("words", "options", "code"),
        [
            ((OLD, NEW), ["--fail-on", "slower"], 1),
            ((OLD, NEW), ["--fail-on", "slower", "--threshold", "5"], 1),
            ((OLD, NEW), ["--fail-on", "slower", "--threshold", "9.9"], 0),
            ((NEW, OLD), ["--fail-on", "slower"], 0),
            ((OLD, NEW), [], 0),
        ],
    )
    def test_fail_on_slower(self, words, options, code):
        done = typed(*(f"{run}/GCC-C7G" for run in words), *options)
        assert done.exit_code == code, done.stderr
        assert ("slower by more than" in done.stderr) == (code == 1)

    def test_a_run_by_its_end_leaves_failures_out(self):
        assert "slower" in typed("0ddba115", "0badbeef").stdout

    def test_a_failed_benchmark_says_why(self):
        with pytest.raises(NotFoundError, match="no run in it has a time to compare: Job attempt"):
            typed(f"{OLD}/GCC-DEAD", f"{NEW}/GCC-C7G")

    def test_unknown_words(self):
        with pytest.raises(NotFoundError, match="20261101T000000Z-0badcaff: no file, run or bench"):
            typed("20261101T000000Z-0badcaff", C4)

    def test_frames_read_what_is_stored(self):
        found = gb.results()
        ours = found[found["benchmark_run_id"].isin([OLD, NEW])]
        assert len(ours) == 4
        assert "published" not in set(found["origin"])
        dead = ours[ours["status"] == "failed"]
        assert dead["wall_seconds"].isna().all()
        assert (dead["n"] == 0).all()
        assert len(gb.results("GCC-C7G", f"{OLD}/GCC-C7G")) == 2


def test_the_table_of_two_logs():
    done = typed(ONE_THREAD, TWO_THREADS)
    assert done.exit_code == 0
    for text in ("cannot tell", "smoke: not to be generalised", "machine, threads", "+429.2 %"):
        assert text in done.stdout
    assert "run each side three times or more" in done.stderr


def test_cannot_tell_fails_nobody():
    assert typed(ONE_THREAD, TWO_THREADS, "--fail-on", "slower").exit_code == 0


def test_costs_by_region_and_option():
    assert "1.53 USD/h, us-east-1, on demand" in typed(C4, C5).stdout
    assert "1.53 USD/h, eu-west-1" not in typed(C4, C5, "--region", "eu-west-1").stdout
    done = typed(C4, C5, "--spot")
    assert "spot price of c5.9xlarge in us-east-1 is listed" in done.stdout


def test_pool_learns_the_spread():
    done = typed(ONE_THREAD, TWO_THREADS, "--pool", "published")
    assert "cannot tell" in done.stdout, "the spread of another simulation says nothing"
    assert "of 11 setups (22 runs" in typed(C4, C5, "--pool", "published").stdout


@pytest.mark.parametrize("form", ["table", "json", "gcpy", "markdown", "csv"])
def test_a_file_holds_what_the_terminal_shows(form, tmp_path):
    shown = typed(C4, C5, "--format", form).stdout
    done = typed(C4, C5, "--format", form, "--output", str(tmp_path / "out"))
    written = (tmp_path / "out").read_bytes().decode()
    assert done.stdout == ""
    assert "Written: " in done.stderr
    if form == "table":  # another width
        assert "c5.9xlarge against c4.8xlarge: faster" in written
    else:
        assert written == shown
    assert typed(C4, C5, "--format", form, "--output", "-").stdout == shown


def test_json_and_csv_are_read_by_programs():
    document = json.loads(typed(C4, C5, "--format", "json").stdout)
    assert document["comparisons"][0]["verdict"] == "faster"
    rows = list(csv.DictReader(io.StringIO(typed(C4, C5, "--format", "csv").stdout)))
    assert list(rows[0]) == list(COLUMNS)


def test_parquet_comes_back_with_its_types(tmp_path):
    path = tmp_path / "timers.parquet"
    typed(C4, C5, "--format", "parquet", "--output", str(path))
    found = pd.read_parquet(path, dtype_backend="numpy_nullable")
    assert {name: str(kind) for name, kind in found.dtypes.items()} == COLUMNS
    idle = found[found["metric"] == "timer_seconds: => Binary punch diagnostics"].iloc[0]
    assert pd.isna(idle["candidate"])


def test_parquet_without_pyarrow_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install 'geoschem-bench\[parquet\]'"):
        typed(C4, C5, "--format", "parquet", "--output", str(tmp_path / "x"))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([C4, C5, "--format", "parquet"], "give --output FILE"),
        ([C4, C5, "--threshold", "5"], "give --fail-on slower too"),
        ([C4, C5, "--output", "/nowhere/at/all"], "--output /nowhere/at/all: No such file"),
        (["published:zx81", C5], "no published run is called so"),
        ([C4, ONE_THREAD], "the simulation differs"),
        ([str(LOGS / "createRunDir-carbon.log"), C5], "is no log of a GEOS-Chem run"),
    ],
)
def test_mistakes_are_told(words, says):
    with pytest.raises(UserError, match=says):
        typed(*words)
