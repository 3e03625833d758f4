"""The processes of a job: finding all of them, and ending them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence

import psutil

from geoschem_bench.errors import SandboxError

JOB_ID = "AWS_BATCH_JOB_ID"
_KILL_SECONDS = 30.0
_PAUSE_SECONDS = 0.02


def processes_of(job_id: str, leader: int | None = None) -> list[psutil.Process]:
    """Every live process of a job.

    A child may have made a session of its own, which hides it from the leader's; it may have
    cleared its environment, which hides it from a search by job id. So both are searched, and
    the children of what they find.
    """
    found = {process.pid: process for process in _marked(job_id, leader)}
    for process in list(found.values()):
        found.update({child.pid: child for child in _children(process)})
    return [process for process in found.values() if _is_alive(process)]


def kill_all(job_id: str, leader: int | None = None, known: Sequence[psutil.Process] = ()) -> None:
    """Kills a job's processes and returns when none is left.

    Args:
        job_id: The job.
        leader: Its first process, if it is known.
        known: Processes found earlier, whose parents may have ended since.

    Raises:
        SandboxError: some outlived SIGKILL, as processes stuck in the kernel do.
    """
    deadline = time.monotonic() + _KILL_SECONDS
    while left := {*processes_of(job_id, leader), *filter(_is_alive, known)}:
        if time.monotonic() > deadline:
            pids = ", ".join(str(process.pid) for process in left)
            raise SandboxError(f"job {job_id}: processes {pids} do not end on SIGKILL; see `ps`")
        # Parents first: a shell would otherwise report the death of its child, or start another.
        for process in sorted(left, key=lambda each: (each.create_time(), each.pid)):
            _kill(process)
        time.sleep(_PAUSE_SECONDS)


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def _marked(job_id: str, leader: int | None) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            in_session = leader is not None and os.getsid(process.pid) == leader
            if in_session or process.environ().get(JOB_ID) == job_id:
                yield process
        except (psutil.Error, OSError):  # ended meanwhile, or another user's
            continue


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _is_alive(process: psutil.Process) -> bool:
    """A zombie does nothing any more and only its parent can remove it."""
    try:
        status = process.status()
        return process.is_running() and status not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False
