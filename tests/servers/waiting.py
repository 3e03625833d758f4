"""Waiting for a condition, never for a time."""

from geoschem_bench.servers.waiting import nothing, wait_until

__all__ = ["nothing", "wait_until"]
