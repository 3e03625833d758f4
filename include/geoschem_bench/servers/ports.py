"""Ports of this computer's loopback: which are free, and who has one that is not."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

import psutil

HOST = "127.0.0.1"
_LOWEST, _HIGHEST = 20_000, 32_000
"""Below those that the kernel gives to outgoing connections (Linux: from 32768), which could take
a server's port while it is down."""
_TRIES = 100
_NEXT = 50


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as listener:
        # As servers do: what is left of closed connections keeps nobody away
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen()
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nobody listens on, away from those that people choose."""
    for _ in range(_TRIES):
        port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311 - no secret
        if is_free(port):
            return port
    raise OSError(f"no free port found between {_LOWEST} and {_HIGHEST} in {_TRIES} tries")


def next_free(port: int) -> int:
    """A free port near this one, else any."""
    near = range(port + 1, min(port + _NEXT, 2**16))
    return next((each for each in near if is_free(each)), 0) or free_port()


def listeners(port: int) -> list[int]:
    """Processes that listen there, on any address; only those that the system tells of."""
    with suppress(psutil.Error, OSError):
        return [
            each.pid
            for each in psutil.net_connections("tcp")
            if each.status == psutil.CONN_LISTEN and tuple(each.laddr)[1:2] == (port,) and each.pid
        ]
    return []


def who_listens(port: int) -> str:
    """`nginx (process 123)`; `another process` where the system does not tell."""
    with suppress(psutil.Error):
        for pid in listeners(port):
            return f"{psutil.Process(pid).name()} (process {pid})"
    return "another process"
