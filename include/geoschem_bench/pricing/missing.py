"""Why a price is not there, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from geoschem_bench.catalog import Catalog, InstanceType, load_catalog


def why_missing(
    instance_type: str,
    region: str,
    purchase_option: str,
    elsewhere: Sequence[str],
    catalog: Catalog | None = None,
) -> str:
    """The reason, from what is sold where, and the cure.

    Args:
        instance_type: As AWS spells it.
        region: As AWS spells it.
        purchase_option: on_demand or spot.
        elsewhere: Regions for which such a price is listed.
        catalog: What is sold where; by default the catalogue in force.
    """
    if instance_type == "local":
        return "This computer (local) has no price by the hour: AWS bills nothing for it."
    catalog = load_catalog() if catalog is None else catalog
    known = catalog.get(instance_type)
    unsold = _unsold(known, region, purchase_option, catalog) if known else None
    return unsold or _unlisted(instance_type, region, purchase_option, elsewhere, known, catalog)


def _unsold(known: InstanceType, region: str, purchase_option: str, catalog: Catalog) -> str | None:
    """Why AWS does not sell it so; None where it does."""
    if purchase_option == "spot" and "spot" not in known.usage_classes:
        return f"{known.name} is never sold as spot: use on_demand."
    if region not in known.regions:
        return (
            f"{known.name} is not sold in {region} (as of {catalog.taken_on}), but in "
            f"{', '.join(known.regions)}: choose another region or type."
        )
    return None


def _unlisted(
    name: str,
    region: str,
    purchase_option: str,
    elsewhere: Sequence[str],
    known: InstanceType | None,
    catalog: Catalog,
) -> str:
    spot = " --spot" if purchase_option == "spot" else ""
    cure = f"`geoschem-bench prices refresh --region {region} --type {name}{spot}`"
    if known is None:
        near = ", ".join(catalog.closest(name)) or "none"
        return (
            f"No price of {name} is listed, and the catalogue of {catalog.taken_on} has no such "
            f"type (near it: {near}): check the name, or ask AWS with {cure}."
        )
    only = f" (only in {', '.join(elsewhere)})" if elsewhere else ""
    return (
        f"No {purchase_option} price of {name} in {region} is listed{only}: "
        f"take it from AWS with {cure}."
    )
