"""Keeping calls to the sandbox away from a person's proxy, which cannot reach our loopback."""

from __future__ import annotations

from collections.abc import Mapping

_LOOPBACK = ("127.0.0.1", "localhost")
_NAMES = ("no_proxy", "NO_PROXY")
"""Some programs read the one, some the other, some both with a preference."""


def without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that make programs in this environment call loopback directly."""
    given = ",".join(environment.get(name, "") for name in _NAMES)
    hosts = [host.strip() for host in given.split(",") if host.strip()]
    # A lone asterisk means every host; in a list most programs no longer understand it.
    joined = "*" if "*" in hosts else ",".join(dict.fromkeys([*hosts, *_LOOPBACK]))
    return dict.fromkeys(_NAMES, joined)
