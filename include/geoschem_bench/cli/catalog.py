"""`catalog`: what is known of instance types."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from geoschem_bench import units
from geoschem_bench.catalog import (
    CATALOG_VARIABLE,
    InstanceType,
    load_catalog,
    write_catalog,
)
from geoschem_bench.cli.console import out, say, show_json, table_of
from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.wiring import region_of

app = typer.Typer(help="Instance types: architecture, cores, memory, regions.",
                  no_args_is_help=True)  # fmt: skip


@app.command()
def show(
    names: Annotated[
        list[str], typer.Argument(help="Instance types (c7g.4xlarge) or families (c7g).")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show instance types, by name or by family."""
    catalog = load_catalog()
    found: list[InstanceType] = []
    for name in names:
        exact = catalog.get(name)
        chosen = [exact] if exact else [item for item in catalog if item.family == name]
        if not chosen:
            near = ", ".join(catalog.closest(name))
            raise NotFoundError(f"no instance type or family '{name}'; near it: {near or 'none'}")
        found += sorted(chosen, key=lambda item: item.vcpus)
    if as_json:
        show_json([asdict(item) for item in found])
        return
    columns = ("type", "architecture", "processor", "vCPUs", "cores", "GiB", "network", "sold as",
               "regions")  # fmt: skip
    out.print(table_of(columns, [_row(item) for item in found]))
    say(f"Taken on {catalog.taken_on} from {catalog.source}")


def _row(item: InstanceType) -> list[object]:
    return [
        item.name,
        item.architecture,
        " ".join(filter(None, (item.maker, item.processor_family))),
        item.vcpus,
        item.physical_cores,
        f"{item.memory_mib / units.MIB_PER_GIB:g}",
        item.network,
        ", ".join(item.usage_classes),
        len(item.regions),
    ]


@app.command()
def refresh(
    to: Annotated[Path, typer.Option(help="File to write.")] = Path("instance_types.json.gz"),
    region: Annotated[
        list[str] | None, typer.Option(help="Only these regions; all that the account may use.")
    ] = None,
) -> None:
    """Take the catalogue anew from EC2 (needs credentials; some minutes for all regions)."""
    from geoschem_bench.aws.clients import make_client
    from geoschem_bench.aws.ec2 import enabled_regions, fetch_catalog

    regions = region or enabled_regions(make_client("ec2", region_of()))
    say(f"Asking EC2 in {len(regions)} regions")
    today = datetime.now(UTC).date()
    catalog = fetch_catalog(lambda name: make_client("ec2", name), regions, today)
    if not len(catalog):
        raise UserError("EC2 named no instance type at all; nothing was written")
    write_catalog(to, catalog)
    say(f"{len(catalog)} types written to {to}; use them by {CATALOG_VARIABLE}={to}")
