"""What is no log of one run is refused in a sentence: quickly, and never otherwise than so."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoschem_bench.errors import UserError
from geoschem_bench.model_logs import (
    LogError,
    ModelRun,
    open_log,
    read_log,
    read_timers_json,
)
from tests.unit.model_logs.writing import REAL, good_log, header, read, read_or_refuse

GOOD = good_log()
TIMERS_MARK = "G E O S - C H E M   T I M E R S"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"GCHP\0", "is a binary file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "is a binary file"),
        (b"Hello\n", "is no log of a GEOS-Chem run"),
        (b"\n", "is no log of a GEOS-Chem run"),
        (b"GEOS AGCM Date: 2014/01/01  Time: 22:15:00\n", "is no log of a GEOS-Chem run"),
        (b"x" * (1024**2 + 1), "a line longer than 1 MiB"),
        (GOOD.encode() + b"x" * (1024**2 + 1) + b"\n", "a line longer than 1 MiB"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-20], "damaged or cut off gzip"),
        (gzip.compress(GOOD.encode(), mtime=0)[:200] + b"rubbish", "damaged or cut off gzip"),
        (gzip.compress(GOOD.encode(), mtime=0) + b"rubbish", "damaged or cut off gzip"),
        (b"\x1f\x8b", "damaged or cut off gzip"),
        (header()[:200].encode(), "before it says what was simulated"),
        (header().replace("20190701 000000", "20190231 000000").encode(), "before it says"),
        (header()[:200].encode() + b"\nGEOS-Chem ERROR: no geoschem_config.yml\n",
         "its error is: GEOS-Chem ERROR: no geoschem_config.yml"),
    ],
)  # fmt: skip
def test_refused(raw, why):
    with pytest.raises(LogError, match=why) as caught:
        read(raw)
    assert caught.value.where == "a.log"


def test_a_line_of_just_a_mebibyte_is_a_line():
    assert read(GOOD + "x" * 1024**2 + "\n").reason is None


def test_two_runs_are_named_by_their_lines():
    with pytest.raises(
        LogError, match=r"holds 2 runs, starting at lines 1, \d+; split it"
    ) as error:
        read(GOOD + GOOD)
    assert f"1, {GOOD.count(chr(10)) + 1};" in str(error.value)


def test_two_runs_are_found_over_the_borders_of_chunks():
    filler = "a line of a log\n" * 200_000
    with pytest.raises(LogError, match="starting at lines 1, ") as error:
        read(GOOD + filler + GOOD)
    assert f" {(GOOD + filler).count(chr(10)) + 1};" in str(error.value)


@pytest.mark.parametrize("tail", [b"\0", b"x", b"\n", b"no end of line\n"])
def test_a_bomb_ends_quickly(tail):
    bomb = gzip.compress(GOOD.encode() + tail * (200_000_000 // len(tail)), 6)
    start = time.perf_counter()
    with pytest.raises(LogError):
        read(bomb)
    assert time.perf_counter() - start < 5


def test_reading_takes_little_memory():
    packed = gzip.compress(GOOD.encode() * 2 + (b"x" * 1_000_000 + b"\n") * 12)
    tracemalloc.start()
    with pytest.raises(LogError, match="holds 2 runs"):
        read(packed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize(
    "nasty",
    [
        "x" + " " * 60_000 + "y",
        "  " + "a : " * 200_000,
        "Mem/Swap Used (MB) at " * 40_000,
        "OMP_NUM_THREADS " * 60_000,
        "Killed emory oom " * 60_000,
        "*" * 1_000_000,
        "*" * 500_000 + " S T A R T I N G" + "G E O" * 100_000,
        "Elapsed (wall clock) time (h:mm:ss or m:ss): 1" + " " * 500_000 + ":",
        "GCHP Throughput(days/day)[" * 30_000,
        "Integer*4 Resource Parameter: NX:" + "9" * 900_000,
        "CAP: " + " " * 900_000 + "Current Time",
    ],
    ids=lambda line: line.strip()[:12],
)
def test_no_line_is_slow(nasty):
    start = time.perf_counter()
    read_or_refuse(f"{GOOD}{TIMERS_MARK}\n{nasty}\n\tCommand being timed: x\n{nasty}\n".encode())
    read_or_refuse(f"GCHP\nReport on process: 0\n{nasty}\nTimes for x\n{nasty}\n".encode())
    assert time.perf_counter() - start < 2


def test_no_timers_file_is_slow():
    start = time.perf_counter()
    with pytest.raises(LogError):
        read_timers_json(b"}, }" + b" " * 900_000 + b"x", "t.json")
    assert time.perf_counter() - start < 2


def test_the_limit_on_size_holds_for_plain_files_too(monkeypatch):
    monkeypatch.setattr("geoschem_bench.model_logs.opening.MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(LogError, match="is larger than"):
        read(GOOD)


def test_gzip_is_told_by_its_bytes_and_may_have_parts(tmp_path):
    half = len(GOOD) // 2
    path = tmp_path / "plain.by.name"
    path.write_bytes(b"".join(gzip.compress(part.encode()) for part in (GOOD[:half], GOOD[half:])))
    with open_log(path) as stream:
        assert read_log(stream, path.name) == read(GOOD)


class Trickle(io.RawIOBase):
    """Gives few bytes at a time, as a socket may; cannot seek."""

    def __init__(self, raw: bytes) -> None:
        self.rest = raw

    def read(self, size: int = -1) -> bytes:
        size = min(size, 7) if size >= 0 else 7
        data, self.rest = self.rest[:size], self.rest[size:]
        return data


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_stream_may_give_what_it_likes(pack):
    raw = GOOD.encode()
    assert read_log(Trickle(pack(raw)), "a.log") == read(raw)  # type: ignore[arg-type]


def test_the_error_pickles_and_is_the_users():
    error = LogError("a.log", "is empty")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy)) == (LogError, "a.log: is empty")
    assert isinstance(error, UserError)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=4000))
def test_random_bytes_raise_nothing_else(raw):
    for data in (raw, b"\x1f\x8b" + raw, GOOD.encode() + raw):
        assert isinstance(read_or_refuse(data), ModelRun | None)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 70_398), st.integers(0, 255), st.integers(0, 70_399))
def test_a_real_log_with_wrong_bytes_raises_nothing_else(at, byte, until):
    raw = bytearray((REAL / "tt-1day-synthetic-met-1thread-ok.log").read_bytes())
    raw[at] = byte
    assert isinstance(read_or_refuse(bytes(raw[: max(until, 2000)])), ModelRun | None)


def test_a_file_that_is_not_there_is_no_log_error(tmp_path):
    with pytest.raises(FileNotFoundError), open_log(tmp_path / "none.log"):
        pass


def test_nothing_is_left_open(tmp_path):
    path = tmp_path / "a.log"
    path.write_text(GOOD)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - as many as there are
    with open_log(path) as stream:
        read_log(stream, "a.log")
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
