"""Which files are logs, and what belongs to them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from geoschem_bench.errors import LogError, NotFoundError
from geoschem_bench.model_logs import FoundLog, Listings, find_logs, group_logs, open_log


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_folder_with_all_below_it_in_order(tmp_path):
    put(tmp_path, "b/GC.log", "a/log.20190701", "a/slurm-1.out", "c/GC.log.gz", "RunGCC.txt",
        "a/GC.log.1", "notes.md", "b/HEMCO.log", "b/geoschem_config.yml", "README.txt")  # fmt: skip
    found, others = find_logs(tmp_path)
    assert [str(log.path.relative_to(tmp_path)) for log in found] == [
        "RunGCC.txt", "a/GC.log.1", "a/log.20190701", "a/slurm-1.out", "b/GC.log", "c/GC.log.gz",
    ]  # fmt: skip
    assert others == 4


def test_what_lies_beside_the_only_log_belongs_to_it(tmp_path):
    put(tmp_path, "run/gchp.20190701_0000z.log", "run/allPEs.log", "run/log.dryrun",
        "run/gcclassic_timers.json", "run/HEMCO.log")  # fmt: skip
    log = FoundLog(
        tmp_path / "run/gchp.20190701_0000z.log",
        tmp_path / "run/gcclassic_timers.json",
        tmp_path / "run/allPEs.log",
    )
    assert find_logs(tmp_path) == ([log, FoundLog(tmp_path / "run/log.dryrun")], 1)
    assert find_logs(log.path) == ([log], 0)


def test_beside_two_logs_nobody_can_tell_whose_they_are(tmp_path):
    put(tmp_path, "a.log", "b.log", "gcclassic_timers.json", "allPEs.log")
    assert find_logs(tmp_path) == ([FoundLog(tmp_path / "a.log"), FoundLog(tmp_path / "b.log")], 2)


@pytest.mark.parametrize("dry_run", [[], ["log.dryrun"]])
def test_timers_without_a_log_stand_for_it(tmp_path, dry_run):
    put(tmp_path, "gcclassic_timers.json", "allPEs.log", "sub/GC.log", *dry_run)
    found, others = find_logs(tmp_path)
    names = ["gcclassic_timers.json", *dry_run, "sub/GC.log"]
    assert found == [FoundLog(tmp_path / name) for name in names]
    assert others == 1


@pytest.mark.parametrize("root", ["", "s3://b/", "/tmp/", "a.log/"])
def test_names_are_grouped_by_their_folder_alone(root):
    names = ["1/allPEs.log", "1/x.log", "10/gcclassic_timers.json", "10/y.out", "z.log"]
    assert group_logs(root + name for name in names) == [
        (f"{root}1/x.log", None, f"{root}1/allPEs.log"),
        (f"{root}10/y.out", f"{root}10/gcclassic_timers.json", None),
        (f"{root}z.log", None, None),
    ]


def test_a_file_is_itself_whatever_its_name(tmp_path):
    put(tmp_path, "run-of-monday", "GC.log")
    assert find_logs(tmp_path / "run-of-monday") == ([FoundLog(tmp_path / "run-of-monday")], 0)


def test_links_in_a_loop_end(tmp_path):
    put(tmp_path, "a/GC.log")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    (tmp_path / "a/gone.log").symlink_to(tmp_path / "nowhere")
    found, others = find_logs(tmp_path)
    assert [log.path for log in found] == [tmp_path / "a/GC.log"]
    assert others == 1


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "a.log")
    assert find_logs(tmp_path) == ([], 1)
    for path in (tmp_path / "a.log", Path("/dev/null")):
        with pytest.raises(LogError, match="is no regular file"):
            find_logs(path)
        with pytest.raises(LogError, match="is no regular file"), open_log(path):
            pass


def test_a_listing_serves_all_files_of_a_folder(tmp_path, monkeypatch):
    names = [f"{number}.log" for number in range(5)]
    put(tmp_path, *names)
    listed, iterdir = [], Path.iterdir

    def watched(path):
        listed.append(path)
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", watched)
    listings: Listings = {}
    found = [find_logs(tmp_path / name, listings)[0] for name in names]
    assert found == [[FoundLog(tmp_path / name)] for name in names]
    assert listed == [tmp_path]


def test_what_is_not_there_is_an_error(tmp_path):
    with pytest.raises(NotFoundError, match=r"a\.log: there is no such file or folder"):
        find_logs(tmp_path / "none" / "a.log")
