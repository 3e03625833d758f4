"""Which instance type someone meant who typed a name that does not exist."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

_WORTH_SHOWING = 0.6
"""Below this likeness a suggestion says nothing about what was meant."""
_FAMILIES = 12
"""Families looked into."""
_LONGEST_NAME = 64
"""Longer input is no mistyped name, and comparing it would take long."""


def closest_names(typed: str, names: Iterable[str], count: int) -> list[str]:
    """The likeliest names, best first, at most `count`; empty when nothing is near.

    Likeness of the letters, more for the right family (`c7g.5xlarge` means a c7g), less the
    further the sizes are apart (and `c7g.4xlarge` rather than `c7g.xlarge`).
    """
    wanted = _tidy(typed)
    if not wanted or len(wanted) > _LONGEST_NAME or count <= 0:
        return []
    family, _, size = wanted.partition(".")
    names = list(names)
    # every name shares `.xlarge`, so the families are what tells them apart, and they are few
    families = {name.partition(".")[0] for name in names}
    near = {family, *get_close_matches(family, families, n=_FAMILIES, cutoff=0.4)}
    matcher = SequenceMatcher(b=wanted, autojunk=False)
    ranked = []
    for name in names:
        matcher.set_seq1(name)
        own_family, _, own_size = name.partition(".")
        if own_family not in near:
            continue
        likeness = matcher.ratio()
        if own_family != family and likeness < _WORTH_SHOWING:
            continue
        score = likeness + 0.4 * (own_family == family) - 0.12 * _doublings(size, own_size)
        ranked.append((-round(score, 6), name))
    return [name for _, name in sorted(ranked)[:count]]


def _tidy(typed: str) -> str:
    """Lower case, a dot between family and size, `xl` written out."""
    text = re.sub(r"[\s_]+", "", typed.lower())
    if "." not in text:
        text = re.sub(r"-?(?=(\d+-?)?x?l(arge)?$)", ".", text, count=1)
    return re.sub(r"(\.\d*)xl$", r"\1xlarge", text)


def _doublings(one: str, other: str) -> float:
    """How many times one size must be doubled to be the other; 3 where only one has a number."""
    first, second = _multiple(one), _multiple(other)
    if first and second:
        return abs(math.log2(first / second))
    return 3.0 if first or second else 0.0


def _multiple(size: str) -> int:
    """Size as a multiple of `xlarge`: 4 for `4xlarge`, 0 for anything smaller or odd."""
    found = re.match(r"(\d{0,3})x", size)
    return int(found[1] or 1) if found else 0
