"""Adopted queues and definitions → which benchmark goes where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch_resources import Definition, Environment, Queue
from geoschem_bench.aws.images import find_image
from geoschem_bench.aws.stack.differences import Difference
from geoschem_bench.catalog import ARCHITECTURES
from geoschem_bench.errors import UserError
from geoschem_bench.planning.routes import MULTINODE, SPOT_SUFFIX

_HINTS = {
    "arm64": ("arm64", "aarch64", "graviton"),
    "x86_64": ("x86", "amd64", "intel"),
}


def route_queues(
    queues: Sequence[Queue],
    environments: Mapping[str, Environment],
    architectures: Mapping[str, set[str]],
) -> tuple[dict[str, str], list[Difference]]:
    """GEOSCHEM_BENCH_QUEUES as a dict, and the queues that nothing can be sent to.

    Of several queues of one architecture the first takes what no type decides.
    """
    routes: dict[str, str] = {}
    spots = {queue.name: _spot(queue, environments) for queue in queues}
    alike = [(*architectures[queue.name], spots[queue.name]) for queue in queues]
    differences = []
    for queue in queues:
        found = tuple(architectures[queue.name])
        if len(found) != 1 or found[0] not in ARCHITECTURES:
            differences.append(_unroutable(queue, architectures[queue.name]))
            continue
        spot = spots[queue.name]
        if alike.count((*found, spot)) > 1:
            for name in _types(queue, environments):
                routes.setdefault(name + spot, queue.name)
        routes.setdefault(found[0] + spot, queue.name)
    return routes, differences


def route_definitions(
    account: Account, definitions: Mapping[str, Definition], architectures: Sequence[str]
) -> tuple[dict[str, str], list[Difference]]:
    """GEOSCHEM_BENCH_JOB_DEFINITIONS as a dict, and what is in the way.

    Args:
        account: Whose registry is asked for an image's architectures.
        definitions: By what the person wrote, `NAME` or `arm64=NAME`.
        architectures: Of the adopted queues.
    """
    routes: dict[str, str] = {}
    unclear = []
    single = [text for text, each in definitions.items() if not each.is_multinode]
    for text, definition in definitions.items():
        keys = _keys(account, text, definition, architectures, is_only=len(single) == 1)
        if not keys:
            unclear.append(definition.name)
        for key in keys:
            routes.setdefault(key, definition.name)
    differences = list(_unclear(unclear))
    differences += _without_definition(set(architectures) - set(routes), unclear)
    return routes, differences


def _keys(
    account: Account,
    text: str,
    definition: Definition,
    architectures: Sequence[str],
    *,
    is_only: bool,
) -> list[str]:
    key, equals, _ = text.partition("=")
    if equals:
        if key not in (*ARCHITECTURES, MULTINODE):
            allowed = ", ".join((*ARCHITECTURES, MULTINODE))
            raise UserError(f"--job-definition {text}: '{key}' is none of {allowed}")
        return [key]
    if definition.is_multinode:
        return [MULTINODE]
    built_for = find_image(account, definition.image).architectures
    if built_for:
        return sorted(built_for)
    hinted = [
        architecture
        for architecture, words in _HINTS.items()
        if any(word in f"{definition.name} {definition.image}".lower() for word in words)
    ]
    if len(hinted) == 1:
        return hinted
    return list(architectures) if is_only else []


def _types(queue: Queue, environments: Mapping[str, Environment]) -> Iterator[str]:
    for name in queue.environments:
        if name in environments:
            yield from (each for each in environments[name].types if "." in each)


def _spot(queue: Queue, environments: Mapping[str, Environment]) -> str:
    """What its routes have behind them: nothing, unless all behind it is spot."""
    known = [environments[name] for name in queue.environments if name in environments]
    return SPOT_SUFFIX if known and all(each.is_spot for each in known) else ""


def _unroutable(queue: Queue, architectures: set[str]) -> Difference:
    return Difference(
        f"queue {queue.name}",
        f"it leads to {' and '.join(sorted(architectures)) or 'no architecture'}",
        "a benchmark of one architecture may land on the other",
        "one queue per architecture: aws batch update-job-queue --job-queue "
        f"{queue.name} --compute-environment-order order=1,computeEnvironment=ONE",
        is_fatal=True,
    )


def _unclear(names: Sequence[str]) -> Iterator[Difference]:
    for name in names:
        yield Difference(
            f"definition {name}",
            "its architecture is not known, from its image or its name",
            "an image of the wrong architecture fails with 'exec format error'",
            f"say it: --job-definition arm64={name}",
            is_fatal=True,
        )


def _without_definition(architectures: set[str], unclear: Sequence[str]) -> Iterator[Difference]:
    for architecture in sorted(architectures) if not unclear else ():
        yield Difference(
            f"architecture {architecture}",
            "none of the job definitions is for it",
            "its queue has nothing to run",
            f"name one: --job-definition {architecture}=NAME",
            is_fatal=True,
        )
