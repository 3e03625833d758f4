"""One spelling for each processor architecture."""

from __future__ import annotations

_SPELLINGS = {
    "arm64": "arm64",
    "aarch64": "arm64",
    "x86_64": "x86_64",
    "x86-64": "x86_64",
    "amd64": "x86_64",
    "x64": "x86_64",
}

ARCHITECTURES = tuple(dict.fromkeys(_SPELLINGS.values()))


def normalise_architecture(text: str) -> str | None:
    """`arm64` or `x86_64` for any usual spelling, in any case; None for anything else."""
    return _SPELLINGS.get(text.strip().lower())
