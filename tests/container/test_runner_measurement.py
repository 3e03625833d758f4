import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from geoschem_bench_runner.measurement import cgroup, memory, process_tree
from geoschem_bench_runner.measurement.process_tree import tree
from geoschem_bench_runner.measurement.running import run_measured

MIB = 1024 * 1024
BURN = """
import os, time
def burn(seconds):
    while time.process_time() < seconds: sum(range(10000))
child = os.fork()
burn(0.6)
if child: os.waitpid(child, 0)
"""
HOLD = """
import os, sys, time
child = os.fork()
held = bytearray(os.urandom(1)) * (80 * 1024 * 1024)
time.sleep(0.7)
if child: os.waitpid(child, 0)
"""
SHARE = """
import mmap, os, time
shared = mmap.mmap(-1, 120 * 1024 * 1024)
for _ in range(120): shared.write(b"x" * 1024 * 1024)
child = os.fork()
total = sum(shared[i] for i in range(0, len(shared), 4096))
time.sleep(0.7)
if child: os.waitpid(child, 0)
"""
BARE = "import os, time\nif os.fork(): os.wait()\nelse: time.sleep(0.5)"


def run(code):
    return run_measured([sys.executable, "-c", code], os.environ)


def test_cpu_seconds_are_the_systems():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    measured = run(BURN)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    system = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert measured.exit_code == 0
    assert measured.cpu.total == pytest.approx(system, rel=0.02)
    assert measured.cpu.total == pytest.approx(1.2, rel=0.1)  # two processes, 0.6 s each


def test_wall_seconds_are_the_clocks():
    start = time.monotonic()
    measured = run("import time; time.sleep(0.3)")
    assert 0.3 <= measured.wall_seconds <= time.monotonic() - start


@pytest.fixture
def no_cgroup(monkeypatch):
    """As where the cgroup holds others too: PSS is what counts, on every machine."""
    monkeypatch.setattr(cgroup, "peak_file", lambda: None)


@pytest.mark.usefixtures("no_cgroup")
def test_memory_is_that_of_all_processes_together():
    bare, held = run(BARE), run(HOLD)
    assert held.memory_method == memory.PSS
    extra = held.peak_memory_bytes - bare.peak_memory_bytes
    assert extra == pytest.approx(160 * MIB, rel=0.05)


@pytest.mark.usefixtures("no_cgroup")
def test_shared_memory_counts_once():
    bare, shared = run(BARE), run(SHARE)
    extra = shared.peak_memory_bytes - bare.peak_memory_bytes
    assert extra == pytest.approx(120 * MIB, rel=0.1)


def test_without_pss_the_method_has_another_name(monkeypatch):
    def refuse(pid):
        raise PermissionError(pid)

    monkeypatch.setattr(memory, "_pss", refuse)
    sampler = memory.TreeSampler(os.getpid())
    size, method = sampler.stop()
    assert method == memory.RSS != memory.PSS
    assert size is not None
    assert size > 10 * MIB


def test_memory_of_nothing_is_not_zero():
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert memory.TreeSampler(gone.pid).stop()[0] is None


def test_without_lists_of_children_the_tree_is_found_by_parents(monkeypatch):
    with subprocess.Popen(["sleep", "30"]) as child:
        listed = tree(os.getpid())
        monkeypatch.setattr(process_tree, "lists_children", lambda: False)
        assert sorted(tree(os.getpid())) == sorted(listed)
        assert child.pid in listed
        child.kill()


def test_the_end_of_standard_error_and_the_exit_code_are_kept():
    measured = run("import sys; print('out'); sys.stderr.write('x' * 9000 + 'why'); sys.exit(7)")
    assert (measured.exit_code, measured.output) == (7, b"out\n")
    assert measured.errors.endswith("why")
    assert len(measured.errors) == 8000


def test_a_signal_is_a_negative_exit_code():
    assert run("import os; os.kill(os.getpid(), 9)").exit_code == -signal.SIGKILL


def test_an_exception_ends_the_whole_tree():
    started: list[int] = []
    others = set(tree(os.getpid()))  # children of other tests

    def watch():
        while len(started) < 2:
            started[:] = [pid for pid in tree(os.getpid()) if pid not in others]
        os.kill(os.getpid(), signal.SIGALRM)

    def interrupt(number, frame):
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, interrupt)
    watcher = threading.Thread(target=watch)
    try:
        watcher.start()
        with pytest.raises(TimeoutError):
            run("import os, time; os.fork(); time.sleep(60)")
    finally:
        watcher.join()
        signal.signal(signal.SIGALRM, previous)
    assert len(started) == 2
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in started) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(alive(pid) for pid in started)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def cgroup_folder(root, inner="", procs=(), peak=None):
    folder = root / inner
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in procs))
    if peak is not None:
        (folder / "memory.peak").write_text(f"{peak}\n")
    return folder


def test_a_cgroup_counts_only_if_it_is_ours_alone(tmp_path):
    folder = cgroup_folder(tmp_path, procs=[10, 11])
    cgroup_folder(tmp_path, "below", procs=[12])
    assert cgroup.holds_only(folder, {10, 11, 12})
    assert not cgroup.holds_only(folder, {10, 11})
    cgroup_folder(tmp_path, "below", procs=[0])  # of another namespace
    assert not cgroup.holds_only(folder, {10, 11, 12})


def test_own_cgroup_is_found_and_version_1_is_not_taken(tmp_path):
    folder = cgroup_folder(tmp_path, "job/1", procs=[1])
    membership = tmp_path / "membership"
    membership.write_text("4:memory:/old\n0::/job/1\n")
    assert cgroup.own_cgroup(tmp_path, membership) == folder
    membership.write_text("4:memory:/old\n")
    assert cgroup.own_cgroup(tmp_path, membership) is None
    assert cgroup.own_cgroup(tmp_path, tmp_path / "missing") is None


def test_this_machines_shared_cgroup_is_not_taken_for_ours(monkeypatch, tmp_path):
    folder = cgroup_folder(tmp_path, procs=[1, os.getpid()], peak=123)
    monkeypatch.setattr(cgroup, "own_cgroup", lambda: folder)
    assert cgroup.peak_file() is None


def test_the_peak_of_our_own_cgroup_is_read(monkeypatch, tmp_path):
    folder = cgroup_folder(tmp_path, procs=[os.getpid()], peak="987654321")
    monkeypatch.setattr(cgroup, "own_cgroup", lambda: folder)
    peak = cgroup.peak_file()
    assert peak is not None
    (folder / "memory.peak").write_text("4321\n")  # the kernel's answer since the reset
    assert peak.read() == 4321


def test_kills_for_memory_are_counted(monkeypatch, tmp_path):
    folder = cgroup_folder(tmp_path)
    monkeypatch.setattr(cgroup, "own_cgroup", lambda: folder)
    assert cgroup.oom_kills() is None
    (folder / "memory.events").write_text("low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\n")
    assert cgroup.oom_kills() == 2
