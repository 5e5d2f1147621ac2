"""Stock that cannot oversell. Functions take a session, flush, and never commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.lazy import lazy_exports

if TYPE_CHECKING:
    from commerce_core.inventory.allocations import (
        allocate_reservation,
        allocate_stock,
        deallocate_stock,
        fill_backorders,
        list_allocations,
    )
    from commerce_core.inventory.baskets import (
        BasketLine,
        BasketReservation,
        Shortage,
        reserve_basket,
    )
    from commerce_core.inventory.expiry import expire_reservations, next_expiry
    from commerce_core.inventory.facts import (
        SetAside,
        adjust_stock,
        receive_stock,
        restock,
        set_aside_stock,
        ship_allocation,
        ship_stock,
    )
    from commerce_core.inventory.flash_sale import ReserveAnswer, ReserveRequest, reserve_many
    from commerce_core.inventory.hold_models import Allocation, Reservation, ReservationStatus
    from commerce_core.inventory.kits import KitComponent, define_kit, kit_available
    from commerce_core.inventory.ledger import Cause
    from commerce_core.inventory.locations import create_location
    from commerce_core.inventory.models import (
        MovementKind,
        StockLevel,
        StockLocation,
        StockMovement,
        StockPolicy,
    )
    from commerce_core.inventory.policies import find_policy, set_stock_policy
    from commerce_core.inventory.queries import (
        find_level,
        get_location,
        list_levels,
        list_locations,
        stock_history,
    )
    from commerce_core.inventory.reservations import (
        extend_reservation,
        get_reservation,
        list_expiring,
        release_reservation,
        reserve_stock,
    )
    from commerce_core.inventory.strategies import (
        ByPriority,
        FewestSplits,
        HighestStock,
        Nearest,
        PreferredLocation,
        RoutingRequest,
        Strategy,
    )
    from commerce_core.inventory.verification import Difference, verify_ledger

__all__ = [
    "Allocation",
    "BasketLine",
    "BasketReservation",
    "ByPriority",
    "Cause",
    "Difference",
    "FewestSplits",
    "HighestStock",
    "KitComponent",
    "MovementKind",
    "Nearest",
    "PreferredLocation",
    "Reservation",
    "ReservationStatus",
    "ReserveAnswer",
    "ReserveRequest",
    "RoutingRequest",
    "SetAside",
    "Shortage",
    "StockLevel",
    "StockLocation",
    "StockMovement",
    "StockPolicy",
    "Strategy",
    "adjust_stock",
    "allocate_reservation",
    "allocate_stock",
    "create_location",
    "deallocate_stock",
    "define_kit",
    "expire_reservations",
    "extend_reservation",
    "fill_backorders",
    "find_level",
    "find_policy",
    "get_location",
    "get_reservation",
    "kit_available",
    "list_allocations",
    "list_expiring",
    "list_levels",
    "list_locations",
    "next_expiry",
    "receive_stock",
    "release_reservation",
    "reserve_basket",
    "reserve_many",
    "reserve_stock",
    "restock",
    "set_aside_stock",
    "set_stock_policy",
    "ship_allocation",
    "ship_stock",
    "stock_history",
    "verify_ledger",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "allocations": (
            "allocate_reservation",
            "allocate_stock",
            "deallocate_stock",
            "fill_backorders",
            "list_allocations",
        ),
        "baskets": ("BasketLine", "BasketReservation", "Shortage", "reserve_basket"),
        "expiry": ("expire_reservations", "next_expiry"),
        "facts": (
            "SetAside",
            "adjust_stock",
            "receive_stock",
            "restock",
            "set_aside_stock",
            "ship_allocation",
            "ship_stock",
        ),
        "flash_sale": ("ReserveAnswer", "ReserveRequest", "reserve_many"),
        "hold_models": ("Allocation", "Reservation", "ReservationStatus"),
        "kits": ("KitComponent", "define_kit", "kit_available"),
        "ledger": ("Cause",),
        "locations": ("create_location",),
        "models": ("MovementKind", "StockLevel", "StockLocation", "StockMovement", "StockPolicy"),
        "policies": ("find_policy", "set_stock_policy"),
        "queries": ("find_level", "get_location", "list_levels", "list_locations", "stock_history"),
        "reservations": (
            "extend_reservation",
            "get_reservation",
            "list_expiring",
            "release_reservation",
            "reserve_stock",
        ),
        "strategies": (
            "ByPriority",
            "FewestSplits",
            "HighestStock",
            "Nearest",
            "PreferredLocation",
            "RoutingRequest",
            "Strategy",
        ),
        "verification": ("Difference", "verify_ledger"),
    },
)
