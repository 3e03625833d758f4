"""Words that mean logs, on disk and in S3: the same files tell the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from geoschem_bench.errors import LogError, NotFoundError
from geoschem_bench.selection import LogFile, logs_at, read
from tests.unit.records.fakes import MemoryObjects

DATA = Path(__file__).parents[2] / "data" / "model_logs"
CLASSIC, GCHP = DATA / "gc-classic-14.7.0", DATA / "gchp-samples"
FILES = {
    "run1/gchp.log": GCHP / "c24-1day-14.7.log",
    "run1/allPEs.log": GCHP / "c24-1day-14.7-allPEs.log",
    "run1/sub/GC.log": CLASSIC / "tt-1day-synthetic-met-1thread-ok.log",
    "run1/sub/gcclassic_timers.json": CLASSIC / "gcclassic_timers-ok.json",
    "run1/left/gcclassic_timers.json": CLASSIC / "gcclassic_timers-ok.json",
    "run1/notes.md": GCHP / "README.md",
    "run10/gchp.log": GCHP / "c24-1day-ok.log",
    "x.log": CLASSIC / "tt-1day-synthetic-met-1thread-ok.log",
    "x.log.gz": CLASSIC / "dryrun_transport_tracers_1day.log.gz",
}


@pytest.fixture
def objects():
    store = MemoryObjects()
    store.objects = {f"s3://b/{name}": source.read_bytes() for name, source in FILES.items()}
    return store


@pytest.fixture
def folder(tmp_path):
    for name, source in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes())
    return tmp_path


@pytest.mark.parametrize("word", ["run1", "run1/", "run1/gchp.log", "x.log", "x.log.gz", "run10",
                                  "run1/left", "run1/left/gcclassic_timers.json", ""])  # fmt: skip
def test_s3_and_disk_mean_the_same(objects, folder, word):
    def below(name: str | None, root: str) -> str | None:
        return name and name.removeprefix(root)

    (stored, others), (local, others_on_disk) = (
        logs_at([f"s3://b/{word}"], objects),
        logs_at([f"{folder}/{word}"]),
    )
    assert others == others_on_disk
    assert [
        tuple(below(part, "s3://b/") for part in (log.name, log.timers_json, log.all_pes))
        for log in stored
    ] == [
        tuple(below(part, f"{folder}/") for part in (log.name, log.timers_json, log.all_pes))
        for log in local
    ]
    for in_s3, on_disk in zip(stored, local, strict=True):
        if ".gz" not in in_s3.name:
            assert read(in_s3, objects) == read(on_disk)


def test_a_gchp_run_in_s3_has_its_profile(objects):
    (gchp, *_), others = logs_at(["s3://b/run1"], objects)
    assert gchp == LogFile("s3://b/run1/gchp.log", all_pes="s3://b/run1/allPEs.log")
    run = read(gchp, objects)
    assert (run.wall_seconds, run.wall_clock, run.nodes) == (900.0, "throughput", 2)
    assert others == 1


def test_an_s3_word_takes_in_nothing_outside_it(objects):
    def names(word):
        return [log.name for log in logs_at([word], objects)[0]]

    assert names("s3://b/run10") == ["s3://b/run10/gchp.log"]
    assert "s3://b/run10/gchp.log" not in names("s3://b/run1")
    assert names("s3://b/x.log") == ["s3://b/x.log"]
    assert names("s3://b") == names("s3://b/")
    with pytest.raises(NotFoundError, match="no log is there"):
        names("s3://b/run")


def test_the_mark_of_an_s3_folder_is_no_file(objects):
    objects.objects["s3://b/run10/"] = b""
    logs, others = logs_at(["s3://b/run10/"], objects)
    assert ([log.name for log in logs], others) == (["s3://b/run10/gchp.log"], 0)


def test_without_a_store_s3_is_refused():
    with pytest.raises(NotFoundError, match="S3 is not connected"):
        logs_at(["s3://b/x.log"])
    for name in ("s3://b/x.log", "s3://b/gcclassic_timers.json"):
        with pytest.raises(LogError, match="S3 is not connected"):
            read(LogFile(name))


def test_many_files_list_their_folder_once(tmp_path, monkeypatch):
    store = MemoryObjects()
    names = [f"{number}.log" for number in range(20)]
    for name in names:
        (tmp_path / name).touch()
        store.objects[f"s3://b/run/{name}"] = b""
    listed: list[object] = []
    iterdir, of_store = Path.iterdir, store.list

    def watched(list_all):
        def call(where):
            listed.append(where)
            return list_all(where)

        return call

    monkeypatch.setattr(Path, "iterdir", watched(iterdir))
    monkeypatch.setattr(store, "list", watched(of_store))
    assert len(logs_at([str(tmp_path / name) for name in names])[0]) == 20
    assert listed == [tmp_path]
    assert len(logs_at([f"s3://b/run/{name}" for name in names], store)[0]) == 20
    assert listed.count("s3://b/run/") == 1


def test_timers_alone_are_read(folder):
    (log,), others = logs_at([str(folder / "run1" / "left")])
    assert (log.file_name, others) == ("gcclassic_timers.json", 0)
    assert read(log).wall_seconds == 94.668


def test_what_is_searched_is_named(tmp_path):
    with pytest.raises(NotFoundError, match=r"looked for \*\.log, .*\*\.txt.*gcclassic_timers"):
        logs_at([str(tmp_path)])


def test_a_pipe_is_refused_and_waits_for_nobody(tmp_path):
    os.mkfifo(tmp_path / "fi.log")
    os.mkfifo(tmp_path / "t.json")
    for name in ("fi.log", "t.json"):
        with pytest.raises(LogError, match="is no regular file"):
            logs_at([str(tmp_path / name)])
        with pytest.raises(LogError, match="is no regular file"):
            read(LogFile(str(tmp_path / name)))
