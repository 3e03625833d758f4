"""`prices`: what instances cost by the hour, and from where the figures are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from geoschem_bench.catalog import Catalog, InstanceType, load_catalog
from geoschem_bench.cli.console import out, say, show_json, table_of
from geoschem_bench.cli.tariffs import known_region
from geoschem_bench.errors import NotFoundError, SettingsError, UserError
from geoschem_bench.pricing import (
    PRICES_VARIABLE,
    Price,
    PriceList,
    PurchaseOption,
    load_prices,
    read_prices,
    write_prices,
)
from geoschem_bench.wiring import region_of

app = typer.Typer(help="Prices of instance types, with their date and source.",
                  no_args_is_help=True)  # fmt: skip

_FILE = "prices.csv"


@dataclass(frozen=True)
class Row:
    """One price to show, or why there is none."""

    instance_type: str
    region: str
    purchase_option: PurchaseOption
    zone: str | None
    usd_per_hour: float | None
    usd_per_core_hour: float | None
    """Per physical core."""
    as_of: str | None
    source: str | None
    missing: str | None
    """Why there is no price, and the cure; None where there is one."""


@app.command()
def show(
    names: Annotated[
        list[str], typer.Argument(help="Instance types (c7g.4xlarge) or families (c7g).")
    ],
    region: Annotated[
        str | None, typer.Option(help="AWS region; default that of the environment.")
    ] = None,
    spot: Annotated[bool, typer.Option("--spot", help="Spot prices, by zone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show prices of instance types, by name or by family."""
    catalog, prices = load_catalog(), load_prices()
    types = {item.name: item for name in names for item in _matching(name, catalog)}
    where = known_region(region or region_of())
    rows = [row for item in types.values() for row in _rows(item, where, spot, prices, catalog)]
    if as_json:
        show_json([asdict(row) for row in rows])
        return
    _print_rows(rows)


@app.command()
def refresh(
    region: Annotated[
        list[str] | None, typer.Option(help="AWS region, repeatable; default: the environment's.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--type", help="Instance type or family, repeatable; default: all."),
    ] = None,
    spot: Annotated[bool, typer.Option("--spot", help="Take spot prices as well.")] = False,
    to: Annotated[
        Path | None,
        typer.Option(help=f"File to write or update; default: ${PRICES_VARIABLE}, or {_FILE}."),
    ] = None,
) -> None:
    """Take prices anew from AWS (needs credentials; free of charge)."""
    _refuse_the_sandbox()
    file = to or Path(os.environ.get(PRICES_VARIABLE, "").strip() or _FILE).expanduser()
    known = read_prices(file) if file.exists() else PriceList([])  # before the long wait
    names = _names(only) if only else None
    fresh: list[Price] = []
    for where in dict.fromkeys(region or [region_of()]):
        fresh += _fetch(where, names, spot)
    if not fresh:
        raise UserError("AWS listed no such price at all, and nothing was written; check the "
                        "names of regions and types")  # fmt: skip
    updated = known.updated(fresh)
    write_prices(file, updated)
    _tell_unlisted(names, fresh)
    say(f"{len(fresh)} prices taken, {len(updated)} in {file}; use them by\n"
        f"export {PRICES_VARIABLE}={file.absolute()}")  # fmt: skip


def _matching(name: str, catalog: Catalog) -> list[InstanceType]:
    """The type of this name, or the types of this family by size."""
    exact = catalog.get(name)
    chosen = [exact] if exact else [item for item in catalog if item.family == name]
    if not chosen:
        near = ", ".join(catalog.closest(name))
        raise NotFoundError(f"no instance type or family '{name}'; near it: {near or 'none'}")
    return sorted(chosen, key=lambda item: item.vcpus)


def _rows(
    item: InstanceType, region: str, spot: bool, prices: PriceList, catalog: Catalog
) -> list[Row]:
    """The type's prices: one on demand, or one by zone; a row without price where none is."""
    option: PurchaseOption = "spot" if spot else "on_demand"
    price = prices.price(item.name, region, option)
    found = prices.in_zones(item.name, region) if spot else [price] if price else []
    if found:
        return [_row(each, item) for each in found]
    why = prices.missing(item.name, region, option, catalog)
    return [Row(item.name, region, option, None, None, None, None, None, why)]


def _row(price: Price, item: InstanceType) -> Row:
    return Row(
        instance_type=price.instance_type,
        region=price.region,
        purchase_option=price.purchase_option,
        zone=price.zone,
        usd_per_hour=price.usd_per_hour,
        usd_per_core_hour=price.usd_per_hour / item.physical_cores,
        as_of=price.as_of,
        source=price.source,
        missing=None,
    )


def _print_rows(rows: Sequence[Row]) -> None:
    columns = ("type", "region", "option", "zone", "USD/h", "USD/core-h", "listed on", "source")
    sources = list(dict.fromkeys(row.source for row in rows if row.source))
    if sources:
        out.print(table_of(columns, [_cells(row, sources) for row in rows if row.source]))
        say("USD/core-h: per physical core. Linux, without storage and transfer.")
    for number, source in enumerate(sources, start=1):
        say(f"[{number}] {source}")
    _tell_age(rows)
    _tell_missing(rows)


def _cells(row: Row, sources: Sequence[str | None]) -> list[object]:
    return [
        row.instance_type,
        row.region,
        row.purchase_option,
        row.zone,
        f"{row.usd_per_hour:g}",
        f"{row.usd_per_core_hour:.4f}",
        row.as_of or "undated",
        f"[{sources.index(row.source) + 1}]",
    ]


def _tell_age(rows: Iterable[Row]) -> None:
    """How old the oldest price is, and whether some are undated."""
    shown = [row for row in rows if row.source]
    days = sorted(row.as_of for row in shown if row.as_of)
    if days:
        age = (datetime.now(UTC).date() - date.fromisoformat(days[0])).days
        say(f"The oldest date is {age} days ago.")
    if len(days) < len(shown):
        say("Undated: the source does not say of which day they are.")


def _tell_missing(rows: Iterable[Row]) -> None:
    """Each reason once, with the other types that it holds for."""
    alike: dict[str, list[Row]] = {}
    for row in rows:
        if row.missing:
            alike.setdefault(row.missing.replace(row.instance_type, "…"), []).append(row)
    for first, *others in alike.values():
        names = ", ".join(row.instance_type for row in others)
        say(f"{first.missing} Likewise: {names}." if others else f"{first.missing}")


def _refuse_the_sandbox() -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_PRICING", "AWS_ENDPOINT_URL_EC2"):
        if os.environ.get(name):
            raise SettingsError(
                f"{name} is {os.environ[name]}: prices come from AWS itself, the sandbox has none; "
                f"unset {name}, with credentials of AWS, and try again"
            )


def _names(only: Sequence[str]) -> list[str]:
    """Types asked for. One that the catalogue does not know yet may be known to AWS."""
    catalog = load_catalog()
    names: list[str] = []
    for name in only:
        unknown = "." in name and name not in catalog
        names += [name] if unknown else [item.name for item in _matching(name, catalog)]
    return list(dict.fromkeys(names))


def _fetch(region: str, names: Sequence[str] | None, spot: bool) -> list[Price]:
    from geoschem_bench.aws.clients import make_client
    from geoschem_bench.aws.pricing import PRICE_LIST_REGION, fetch_on_demand, fetch_spot

    now = datetime.now(UTC)
    client = make_client("pricing", PRICE_LIST_REGION)
    prices = fetch_on_demand(client, region, names, now.date(), say)
    if spot:
        say(f"{region}: spot prices")
        prices += fetch_spot(make_client("ec2", region), region, names, now)
    return prices


def _tell_unlisted(names: Sequence[str] | None, fresh: Sequence[Price]) -> None:
    unlisted = sorted(set(names or ()) - {price.instance_type for price in fresh})
    if unlisted:
        say(f"AWS lists no price in these regions of: {', '.join(unlisted)}")
