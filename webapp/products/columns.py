"""The columns of the variant grid: which fields, how they are shown, and how they are typed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from commerce_core.catalog.variant_fields import VARIANT_FIELDS, show_field


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Its words stand in the template.

    ``kind`` is text, code, money, whole, flag or status; ``show`` hides it on small screens.
    """

    field: str
    kind: str = "text"
    size: int = 8
    show: str = ""

    @property
    def is_number(self) -> bool:
        """Whether its values line up at the end."""
        return self.kind in {"money", "whole"}


VIEWS: Final[dict[str, tuple[Column, ...]]] = {
    "sell": (
        Column("sku", "code", 13, "md"),
        Column("barcode", "code", 13, "md"),
        Column("price", "money", 7),
        Column("compare_at_price", "money", 7, "md"),
        Column("cost", "money", 7, "lg"),
        Column("low_stock_threshold", "whole", 5, "lg"),
        Column("status", "status", 8, "md"),
    ),
    "ship": (
        Column("weight", "whole", 6),
        Column("length", "whole", 6, "md"),
        Column("width", "whole", 6, "md"),
        Column("height", "whole", 6, "md"),
        Column("hs_code", "code", 10, "md"),
        Column("origin_country", "code", 4, "md"),
        Column("customs_description", "text", 20, "lg"),
        Column("lead_time_days", "whole", 5, "lg"),
        Column("track_inventory", "flag", 4, "lg"),
    ),
}
"""The grid shows one of these at a time; all are saved in the same way."""
_CENTS: Final = 2
_FINE: Final = 4


def view_of(name: str) -> str:
    """Return the name of a view: ``name`` if it is one, else the first."""
    return name if name in VIEWS else next(iter(VIEWS))


def cell_text(value: Any, *, mark: str = ".") -> str:
    """Write a value as its cell shows it, ``mark`` before its decimals. "" for nothing.

    Two decimals, or four: three could be read as thousands.
    """
    if isinstance(value, Decimal):
        fine = value == value.quantize(Decimal("0.01"))
        places = _CENTS if fine else _FINE
        return f"{value:.{places}f}".replace(".", mark)
    return show_field(value)


def is_field(name: str) -> bool:
    """Tell whether variants have a field of this name."""
    return name in VARIANT_FIELDS
