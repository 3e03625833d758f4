"""Ports that stay free until a server, or the next start of it, takes them."""

from geoschem_bench.servers.ports import HOST, free_port

__all__ = ["HOST", "free_port"]
