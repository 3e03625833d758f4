"""One price, and whoever can tell prices."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Protocol

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

PurchaseOption = Literal["on_demand", "spot"]

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
"""As AWS spells instance types, regions and zones; nothing that could break a line of a CSV."""


def _day(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("is not of the form 2026-07-20")
    return text


def _sentence(text: str) -> str:
    if not text.strip() or text != text.strip() or not text.isprintable():
        raise ValueError("is not one line of text")
    return text


class Price(BaseModel):
    """What one instance costs by the hour: Linux, shared tenancy, without storage and transfer."""

    model_config = ConfigDict(frozen=True)

    instance_type: _Name
    region: _Name
    purchase_option: PurchaseOption
    usd_per_hour: float = Field(gt=0, allow_inf_nan=False)
    """USD per instance-hour, so per node."""
    source: Annotated[str, AfterValidator(_sentence)]
    """Where it is from: words and address."""
    as_of: Annotated[str, AfterValidator(_day)] | None = None
    """ISO date on which it was listed or in force; None only where the source has no date."""
    zone: _Name | None = None
    """Availability zone of a spot price: they differ by tens of percent. None on demand."""

    @model_validator(mode="after")
    def _only_spot_has_a_zone(self) -> Price:
        if self.zone is not None and self.purchase_option != "spot":
            raise ValueError("zone is given for an on-demand price, which is the same in all zones")
        return self

    def age_days(self, today: date) -> int | None:
        """Days since `as_of`; None where the source has no date."""
        return (today - date.fromisoformat(self.as_of)).days if self.as_of else None


class PriceSource(Protocol):
    """Whoever can tell the price of an instance type."""

    def price(self, instance_type: str, region: str, purchase_option: str) -> Price | None:
        """The price, or None where it is not known; never another region's or option's."""
        ...

    def missing(self, instance_type: str, region: str, purchase_option: str) -> str:
        """Why there is no such price, and the cure, in a sentence for a person."""
        ...
