"""What a reader must know of a comparison: cautions, methods, prices, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from geoschem_bench.analysis import PooledSpread, Sample, ScopeSpread
from geoschem_bench.report.comparisons.pairs import Pair, Side
from geoschem_bench.report.comparisons.wording import line

_INTERVALS = {
    "log_t": "Student's t on the logarithms",
    "order_statistics": "order statistics",
}
_MOST_SOURCES = 3


def notes(pairs: Sequence[Pair], pooled: PooledSpread | None) -> list[str]:
    """Sentences without a full stop, each once."""
    sides = [pairs[0].baseline, *(pair.candidate for pair in pairs)]
    told = (_cautions(pairs), _of_runs(sides), _methods(pairs, pooled), _missing(sides),
            _prices(sides), _sources(sides))  # fmt: skip
    return list(dict.fromkeys(note for group in told for note in group))


def _cautions(pairs: Sequence[Pair]) -> Iterator[str]:
    """Of each comparison; by the candidate's name where it does not hold for all."""
    told = [
        *((line(flag), pair.candidate) for pair in pairs for flag in pair.comparison.flags),
        *((_confounded(pair.comparison.confounded), pair.candidate) for pair in pairs),
        *((_unknown(pair.comparison.not_known), pair.candidate) for pair in pairs),
    ]
    for text, names in _by_text(told):
        yield text if len(names) == len(pairs) else f"{'; '.join(names)}: {text}"


def _confounded(factors: Sequence[str]) -> str:
    if not factors:
        return ""
    *some, last = map(line, factors)
    both = f"{', '.join(some)} and {last}"
    return f"{both} differ at once: the change can be put down to none of them alone"


def _unknown(factors: Sequence[str]) -> str:
    named = ", ".join(map(line, factors))
    return f"not known, so that they may differ: {named}" if named else ""


def _of_runs(sides: Sequence[Side]) -> Iterator[str]:
    """What is noted of the runs themselves, and which of them do not count."""
    said = ((line(note), side) for side in sides for run in side.sample.runs for note in run.notes)
    for note, names in _by_text(said):
        yield f"{_names(names, sides)}: {note}"
    for text, names in _by_text((text, side) for side in sides for text in _left_out(side.sample)):
        yield f"{_names(names, sides)}: {text}"


def _left_out(sample: Sample) -> Iterator[str]:
    if cold := len(sample.left_out_as_cold):
        runs = "run was" if cold == 1 else "runs were"
        yield f"{cold} cold {runs} left out beside the warm ones"
    if smoke := len(sample.left_out_as_smoke):
        runs = "run was" if smoke == 1 else "runs were"
        yield f"{smoke} smoke {runs} left out beside those that may be generalised"


def _methods(pairs: Sequence[Pair], pooled: PooledSpread | None) -> Iterator[str]:
    methods = {pair.comparison.method for pair in pairs}
    if "welch" in methods:
        yield "intervals of change: 95 %, Welch's t on the logarithms of the times"
    estimates = [side.seconds for pair in pairs for side in (pair.baseline, pair.candidate)]
    own = {_INTERVALS[e.method] for e in estimates if e.method in _INTERVALS}
    if own:
        yield f"intervals of times: 95 %, {' or '.join(sorted(own))}"
    if pooled:
        yield from _pooled(_used(pairs, pooled))


def _used(pairs: Sequence[Pair], pooled: PooledSpread) -> list[ScopeSpread]:
    """Spreads that an interval of these pairs is of."""
    found: dict[ScopeSpread, None] = {}
    for pair in pairs:
        for side in (pair.baseline, pair.candidate):
            spread = pooled.spread_for(side.sample)
            if spread and "pooled" in (pair.comparison.method, side.seconds.method):
                found[spread] = None
    return list(found)


def _pooled(used: Sequence[ScopeSpread]) -> Iterator[str]:
    for spread in used:
        setups = f"{spread.samples} setup{'' if spread.samples == 1 else 's'}"
        scope = f" of {line(spread.label)}" if len(used) > 1 else ""
        yield (
            f"intervals of fewer than three runs{scope}: 95 %, by the spread between repeated runs "
            f"of {setups} ({spread.runs} runs, standard deviation {100 * spread.sigma:.2g} %)"
        )


def _missing(sides: Sequence[Side]) -> Iterator[str]:
    costs = ((line(side.cost.why), side) for side in sides if side.cost.why)
    for why, names in _by_text(costs):
        yield f"no cost of {_names(names, sides)}: {why}"
    # a smoke run has neither for the same reason, which is said above
    others = ((side.cpmip_why, side) for side in sides
              if side.cpmip_why and side.cpmip_why != side.cost.why)  # fmt: skip
    for why, names in _by_text(others):
        yield f"no SYPD, CHSY and ASYPD of {_names(names, sides)}: {why}"


def _prices(sides: Sequence[Side]) -> Iterator[str]:
    prices = [side.cost.price for side in sides if side.cost.price]
    if prices:
        yield "cost: price × time of a simulated month of 30 days, without storage and transfer"
    for source in dict.fromkeys(price.source for price in prices):
        types = dict.fromkeys(price.instance_type for price in prices if price.source == source)
        yield f"price of {', '.join(types)}: {line(source)}"
    kinds = {side.cpmip.core_kind for side in sides if side.cpmip and side.cpmip.core_kind}
    if any(side.cpmip for side in sides):
        cores = f", CHSY by {' or '.join(sorted(kinds))}" if kinds else ""
        queue = "" if any(s.cpmip and s.cpmip.asypd for s in sides) else "; ASYPD needs the wait "\
            "in the queue, which is not known"  # fmt: skip
        yield f"SYPD, CHSY, ASYPD: CPMIP's names, years of 365 days{cores}{queue}"


def _sources(sides: Sequence[Side]) -> Iterator[str]:
    for source, names in _by_text((_source(side), side) for side in sides):
        if names != [source]:  # a log that is called by its name
            yield f"source of {_names(names, sides)}: {source}"


def _source(side: Side) -> str:
    shown = [line(source) for source in side.sources[:_MOST_SOURCES]]
    more = len(side.sources) - len(shown)
    text = "; ".join([*shown, *([f"and {more} more"] if more else [])])
    return f"published by others: {text}" if side.is_published else text


def _names(names: Sequence[str], sides: Sequence[Side]) -> str:
    if len(names) == len(sides):
        return "both" if len(sides) == 2 else "all"
    return "; ".join(names)


def _by_text(told: Iterable[tuple[str, Side]]) -> Iterator[tuple[str, list[str]]]:
    """Each text once, with the names of those that it is said of; blank ones left out."""
    found: dict[str, dict[str, None]] = {}
    for text, side in told:
        found.setdefault(text, {})[line(side.sample.label)] = None
    return ((text, list(names)) for text, names in found.items() if text)
