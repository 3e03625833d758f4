"""Logs of 100 MB: what reading one takes, against taking its checksum and counting its lines."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
REAL = (REPOSITORY / "tests" / "data" / "model_logs" / "gc-classic-14.7.0"
        / "tt-1day-synthetic-met-1thread-ok.log")  # fmt: skip
BYTES = 100_000_000
ROUNDS = 3
READ = """
import sys
from pathlib import Path
from geoschem_bench.model_logs import open_log, read_log
path = Path(sys.argv[1])
with open_log(path) as stream:
    assert read_log(stream, path.name).reason is None
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(int(peak.split()[1]) / 1000)
"""
"""Prints the peak memory of the whole interpreter, MB."""


def classic() -> bytes:
    """The real log, its day of time stepping repeated."""
    log = REAL.read_bytes()
    start, end = log.index(b"---> DATE"), log.index(b"     - CLEANUP")
    return log[:start] + log[start:end] * (BYTES // (end - start)) + log[end:]


def gchp() -> bytes:
    """A start, a step every ten minutes of model time, and the closing line."""
    start = (
        b" GCHP\n       CAP: Read CAP restart properly, Current Date =   2019/07/01\n"
        b"       CAP:                            Current Time =   00/00/00\n"
    )
    closing = b"           MAPL: INFO: Model Throughput:       48.008 days per day\n"
    first, ten_minutes = datetime(2019, 7, 1, tzinfo=UTC), timedelta(minutes=10)
    count = BYTES // len(_step(first))
    steps = (_step(first + number * ten_minutes) for number in range(1, count + 1))
    return start + b"".join(steps) + closing


def _step(now: datetime) -> bytes:
    """With its memory line and four others."""
    return (
        f" GCHP Date: {now:%Y/%m/%d}  Time: {now:%H:%M:%S}  Throughput(days/day)[Avg Tot Run]:"
        "          63.3         73.4        219.6  TimeRemaining(Est) 000:10:00   42.8% :  40.4% "
        f"Mem Comm:Used\n{' ' * 70}Mem/Swap Used (MB) at MAPL_Cap:TimeLoop=  1.104E+05  0.000E+00\n"
        + " Character Resource Parameter: some_name:some_value\n"
        * 4
    ).encode()


def rows() -> Iterator[tuple[str, str, str, str]]:
    """One for each model."""
    for name, raw in (("GC-Classic", classic()), ("GCHP", gchp())):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.log"
            path.write_bytes(raw)
            yield _row(name, path)


def _row(name: str, path: Path) -> tuple[str, str, str, str]:
    from geoschem_bench.model_logs import open_log, read_log

    ours, plain = [], []
    for _ in range(ROUNDS):
        start = time.monotonic()
        with open_log(path) as stream:
            read_log(stream, path.name)
        ours.append(time.monotonic() - start)
        start = time.monotonic()
        hashlib.sha256(path.read_bytes())
        path.read_bytes().count(b"\n")
        plain.append(time.monotonic() - start)
    done = subprocess.run(
        [sys.executable, "-c", READ, path], check=True, capture_output=True, text=True
    )
    return (
        f"read a {name} log of 100 MB",
        "its SHA-256 and its number of lines",
        f"{min(ours):.2f} s, {float(done.stdout):.0f} MB of memory in all",
        f"{min(ours) / min(plain):.1f}",
    )
