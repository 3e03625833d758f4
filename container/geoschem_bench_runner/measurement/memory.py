"""Peak memory of a whole process tree.

Not `ru_maxrss`: that of children is the largest single process, a quarter of the truth for four
equal ones. The sum of RSS counts shared memory once per process, many times the truth; PSS divides
each shared page among those who map it.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from geoschem_bench_runner.measurement import cgroup
from geoschem_bench_runner.measurement.process_tree import PROC, tree

INTERVAL_SECONDS = 0.1
KIB = 1024
PSS = f"PSS of the process tree, sampled every {INTERVAL_SECONDS * 1000:.0f} ms"
RSS = PSS.replace("PSS", "RSS") + "; shared pages counted once per process"


class TreeSampler:
    """Samples the memory of a process tree in a thread until stopped."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._peaks = {PSS: 0, RSS: 0}
        self._pss_readable = True
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory-sampler", daemon=True)
        self._thread.start()

    def stop(self) -> tuple[int | None, str]:
        """Peak in bytes (None if no sample was got) and how it was measured."""
        self._stop.set()
        self._thread.join()
        method = PSS if self._pss_readable else RSS
        return self._peaks[method] or None, method

    def _watch(self) -> None:
        due = time.monotonic()
        while True:
            self._sample()
            due += INTERVAL_SECONDS
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return

    def _sample(self) -> None:
        pids = tree(self._root)
        if self._pss_readable:
            try:
                self._keep(PSS, sum(_pss(pid) for pid in pids))
                return
            except PermissionError:
                self._pss_readable = False
        self._keep(RSS, sum(_rss(pid) for pid in pids))

    def _keep(self, method: str, size: int) -> None:
        self._peaks[method] = max(self._peaks[method], size)


class PeakMemory:
    """Peak memory of one repetition, by the best means that this machine has."""

    def __init__(self, root: int) -> None:
        self._file = cgroup.peak_file()
        self._sampler = None if self._file else TreeSampler(root)

    def stop(self) -> tuple[int | None, str]:
        """Peak in bytes and the name of the method."""
        if self._file is not None:
            return self._file.read(), cgroup.METHOD
        assert self._sampler is not None  # noqa: S101 - one of the two, see above
        return self._sampler.stop()


def _pss(pid: int) -> int:
    """Bytes; 0 for a process that has ended. Raises PermissionError where it may not be read."""
    return _field(PROC / str(pid) / "smaps_rollup", "Pss:")


def _rss(pid: int) -> int:
    return _field(PROC / str(pid) / "status", "VmRSS:")


def _field(path: Path, name: str) -> int:
    try:
        for line in path.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * KIB
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0
