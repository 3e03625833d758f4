"""Ports that stay free until a server, or the next start of it, takes them."""

from __future__ import annotations

import random
import socket

HOST = "127.0.0.1"
_LOWEST, _HIGHEST = 20_000, 32_000
"""Below those that the kernel gives to outgoing connections (Linux: from 32768), which could take
a server's port while it is down."""
_TRIES = 100


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    for _ in range(_TRIES):
        port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311 - no secret
        with socket.socket() as listener:
            try:
                listener.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port found between {_LOWEST} and {_HIGHEST} in {_TRIES} tries")
