"""Stock that cannot oversell. Functions take a session, flush, and never commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.lazy import lazy_exports

if TYPE_CHECKING:
    from commerce_core.inventory.ledger import Cause
    from commerce_core.inventory.locations import create_location
    from commerce_core.inventory.models import (
        MovementKind,
        StockLevel,
        StockLocation,
        StockMovement,
        StockPolicy,
    )
    from commerce_core.inventory.queries import (
        find_level,
        get_location,
        list_levels,
        list_locations,
        stock_history,
    )
    from commerce_core.inventory.verbs import (
        adjust_stock,
        receive_stock,
        set_stock_policy,
        ship_stock,
    )
    from commerce_core.inventory.verification import Difference, verify_ledger

__all__ = [
    "Cause",
    "Difference",
    "MovementKind",
    "StockLevel",
    "StockLocation",
    "StockMovement",
    "StockPolicy",
    "adjust_stock",
    "create_location",
    "find_level",
    "get_location",
    "list_levels",
    "list_locations",
    "receive_stock",
    "set_stock_policy",
    "ship_stock",
    "stock_history",
    "verify_ledger",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "ledger": ("Cause",),
        "locations": ("create_location",),
        "models": (
            "MovementKind",
            "StockLevel",
            "StockLocation",
            "StockMovement",
            "StockPolicy",
        ),
        "queries": (
            "find_level",
            "get_location",
            "list_levels",
            "list_locations",
            "stock_history",
        ),
        "verbs": (
            "adjust_stock",
            "receive_stock",
            "set_stock_policy",
            "ship_stock",
        ),
        "verification": (
            "Difference",
            "verify_ledger",
        ),
    },
)
