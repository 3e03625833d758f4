"""Many prices, of which the newest of each kind counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from geoschem_bench.catalog import Catalog
from geoschem_bench.pricing.missing import why_missing
from geoschem_bench.pricing.price import Price

_Key = tuple[str, str, str]


class PriceList:
    """Prices by instance type, region, purchase option and zone.

    Of several prices for the same four, the newest counts; an undated one counts as the oldest,
    and of two of one day the later row. Iterates sorted by region, option, type and zone.
    """

    def __init__(self, prices: Iterable[Price]) -> None:
        self._zones: dict[_Key, dict[str | None, Price]] = {}
        for price in sorted(prices, key=lambda price: price.as_of or ""):  # stable: later rows last
            self._zones.setdefault(_key(price), {})[price.zone] = price

    def __iter__(self) -> Iterator[Price]:
        every = (price for zones in self._zones.values() for price in zones.values())
        return iter(sorted(every, key=_order))

    def __len__(self) -> int:
        return sum(len(zones) for zones in self._zones.values())

    def price(
        self,
        instance_type: str,
        region: str,
        purchase_option: str,
        zone: str | None = None,
    ) -> Price | None:
        """The price, or None where none is listed.

        Spot prices differ between zones. Without `zone` the dearest zone's is given, a real
        price and no average, so that a budget holds wherever the instance starts.
        """
        zones = self._zones.get((instance_type, region, purchase_option), {})
        if zone is not None and purchase_option == "spot":
            return zones.get(zone)
        return max(zones.values(), key=lambda price: (price.usd_per_hour, price.zone or ""),
                   default=None)  # fmt: skip

    def in_zones(self, instance_type: str, region: str) -> list[Price]:
        """Spot prices of the type in each zone of the region, sorted by zone."""
        return sorted(self._zones.get((instance_type, region, "spot"), {}).values(), key=_order)

    def updated(self, fresh: Iterable[Price]) -> PriceList:
        """These prices, with those of the same type, region and option replaced by `fresh` ones.

        In all zones: a zone that has no price any more sells none.
        """
        fresh = list(fresh)
        replaced = {_key(price) for price in fresh}
        return PriceList([*(price for price in self if _key(price) not in replaced), *fresh])

    def missing(
        self,
        instance_type: str,
        region: str,
        purchase_option: str,
        catalog: Catalog | None = None,
    ) -> str:
        """Why there is no such price, and the cure, in a sentence for a person.

        Args:
            instance_type: As AWS spells it.
            region: As AWS spells it.
            purchase_option: on_demand or spot.
            catalog: What is sold where; by default the catalogue in force.
        """
        elsewhere = sorted(
            key[1] for key in self._zones if (key[0], key[2]) == (instance_type, purchase_option)
        )
        return why_missing(instance_type, region, purchase_option, elsewhere, catalog)


def _key(price: Price) -> _Key:
    return price.instance_type, price.region, price.purchase_option


def _order(price: Price) -> tuple[str, str, str, str]:
    return price.region, price.purchase_option, price.instance_type, price.zone or ""
