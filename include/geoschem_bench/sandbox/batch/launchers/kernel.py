"""What the kernel wrote down about a container."""

from __future__ import annotations

import os
from collections.abc import Iterator

_RECORD_BYTES = 8192


def was_out_of_memory(container: str) -> bool:
    """Whether the kernel killed a process of this container for the memory it took.

    Engines say so themselves, but podman does not hear of it under cgroups of version 1. False
    where the kernel's log may not be read: then the exit code is all there is.
    """
    try:
        log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return any(b"oom-kill:" in each and container.encode() in each for each in _records(log))
    finally:
        os.close(log)


def _records(log: int) -> Iterator[bytes]:
    """One read gives one record. EPIPE says that the kernel has overwritten the next ones."""
    while True:
        try:
            yield os.read(log, _RECORD_BYTES)
        except BrokenPipeError:
            continue
        except OSError:  # EAGAIN: that was all
            return
