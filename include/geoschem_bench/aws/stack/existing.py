"""Resources that were there before us: what can be used, and how it differs from ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch_resources import (
    Definition,
    Environment,
    Queue,
    active_definition,
    definition_names,
    environments_named,
    queue_names,
    queues_named,
)
from geoschem_bench.aws.refusals import asking
from geoschem_bench.aws.stack.differences import (
    Difference,
    of_definition,
    of_environment,
    of_queue,
)
from geoschem_bench.aws.stack.routing import route_definitions, route_queues
from geoschem_bench.aws.stack.stores import of_bucket, of_table
from geoschem_bench.catalog import Catalog, load_catalog
from geoschem_bench.errors import NotFoundError
from geoschem_bench.suite.names import likeliest


@dataclass(frozen=True)
class Wanted:
    """What is to be adopted, by the names that the person gave."""

    queues: Sequence[str]
    definitions: Sequence[str]
    """`NAME`, or `arm64=NAME`, `multinode=NAME`."""
    bucket: str
    table: str


@dataclass(frozen=True)
class Adoption:
    """What was found."""

    rows: tuple[tuple[str, str, str], ...]
    """Queue, environments with their types, architecture: for the person."""
    environment: Mapping[str, str]
    """What to set, unless something is fatal."""
    differences: tuple[Difference, ...]

    @property
    def fatal(self) -> tuple[Difference, ...]:
        """Those with which nothing works."""
        return tuple(each for each in self.differences if each.is_fatal)


def adopt(account: Account, wanted: Wanted, catalog: Catalog | None = None) -> Adoption:
    """Look at everything that was named.

    Raises:
        NotFoundError: a queue or definition is not there; which there are.
    """
    catalog = catalog or load_catalog()
    with asking(account.region, account.profile):
        queues = _queues(account, wanted.queues)
        names = [name for queue in queues for name in queue.environments]
        environments = environments_named(account.client("batch"), names)
        definitions = _definitions(account, wanted.definitions)
        differences = [*_of_batch(account, queues, environments, catalog)]
        differences += [d for each in definitions.values() for d in of_definition(each)]
        differences += [*of_bucket(account, wanted.bucket), *of_table(account, wanted.table)]
    by_queue = {queue.name: _architectures(queue, environments, catalog) for queue in queues}
    routes, unrouted = route_queues(queues, environments, by_queue)
    architectures = sorted({a for found in by_queue.values() for a in found if len(found) == 1})
    mapped, unmapped = route_definitions(account, definitions, architectures)
    return Adoption(
        rows=tuple(_row(queue, environments, by_queue[queue.name]) for queue in queues),
        environment=_environment(account, wanted, routes, mapped),
        differences=(*differences, *unrouted, *unmapped),
    )


def _queues(account: Account, names: Sequence[str]) -> list[Queue]:
    batch = account.client("batch")
    found = queues_named(batch, names)
    missing = [name for name in dict.fromkeys(names) if name not in found]
    if missing:
        there = queue_names(batch)
        raise NotFoundError(
            f"no job queue {', '.join(missing)} in {account.region}"
            f"{likeliest(missing[0], there)}; there are: {', '.join(there) or 'none'}"
        )
    return [found[name] for name in dict.fromkeys(names)]


def _definitions(account: Account, given: Sequence[str]) -> dict[str, Definition]:
    """By what the person wrote, so that `arm64=NAME` keeps its key."""
    batch = account.client("batch")
    found = {text: active_definition(batch, text.rpartition("=")[2]) for text in given}
    missing = [text.rpartition("=")[2] for text, each in found.items() if each is None]
    if missing:
        there = definition_names(batch)
        raise NotFoundError(
            f"no active job definition {', '.join(missing)} in {account.region}"
            f"{likeliest(missing[0], there)}; there are: {', '.join(there) or 'none'}"
        )
    return {text: each for text, each in found.items() if each is not None}


def _of_batch(
    account: Account,
    queues: Sequence[Queue],
    environments: Mapping[str, Environment],
    catalog: Catalog,
) -> list[Difference]:
    found = [d for queue in queues for d in of_queue(queue, environments)]
    for environment in environments.values():
        found += of_environment(account, environment, catalog)
    return found


def _architectures(
    queue: Queue, environments: Mapping[str, Environment], catalog: Catalog
) -> set[str]:
    there = [environments[name] for name in queue.environments if name in environments]
    return {a for environment in there for a in environment.architectures(catalog)}


def _row(
    queue: Queue, environments: Mapping[str, Environment], architectures: set[str]
) -> tuple[str, str, str]:
    parts = [
        f"{name}: {', '.join(environments[name].types)}"
        for name in queue.environments
        if name in environments
    ]
    return queue.name, "; ".join(parts), ", ".join(sorted(architectures))


def _environment(
    account: Account, wanted: Wanted, queues: Mapping[str, str], definitions: Mapping[str, str]
) -> dict[str, str]:
    found = {
        "GEOSCHEM_BENCH_BUCKET": wanted.bucket,
        "GEOSCHEM_BENCH_TABLE": wanted.table,
        "AWS_DEFAULT_REGION": account.region,
        "GEOSCHEM_BENCH_QUEUES": ",".join(f"{k}={v}" for k, v in queues.items()),
        "GEOSCHEM_BENCH_JOB_DEFINITIONS": ",".join(f"{k}={v}" for k, v in definitions.items()),
        "AWS_PROFILE": account.profile,
        "AWS_ENDPOINT_URL": account.endpoint_url,
    }
    return {name: value for name, value in found.items() if value}
