"""Stock that cannot oversell. Functions take a session, flush, and never commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.lazy import lazy_exports

if TYPE_CHECKING:
    from commerce_core.inventory.allocations import (
        allocate_stock,
        deallocate_stock,
        list_allocations,
    )
    from commerce_core.inventory.availability import Availability, available_now, list_availability
    from commerce_core.inventory.backorders import fill_backorders
    from commerce_core.inventory.baskets import (
        BasketLine,
        BasketReservation,
        Shortage,
        reserve_basket,
    )
    from commerce_core.inventory.blockers import stock_blockers
    from commerce_core.inventory.conversions import allocate_reservation, allocate_reservations
    from commerce_core.inventory.count_models import CountStatus, StockCount, StockCountLine
    from commerce_core.inventory.counts import (
        cancel_count,
        count_stock,
        list_count_lines,
        post_count,
        start_count,
    )
    from commerce_core.inventory.expiry import expire_reservations, next_expiry
    from commerce_core.inventory.facts import (
        SetAside,
        adjust_stock,
        receive_stock,
        restock,
        set_aside_stock,
        write_off_stock,
    )
    from commerce_core.inventory.flash_sale import ReserveAnswer, ReserveRequest, reserve_many
    from commerce_core.inventory.hold_models import Allocation, Reservation, ReservationStatus
    from commerce_core.inventory.kit_models import KitComponent
    from commerce_core.inventory.kits import define_kit, kit_available
    from commerce_core.inventory.lead_times import LeadTime, observed_lead_time
    from commerce_core.inventory.ledger import Cause
    from commerce_core.inventory.locations import create_location
    from commerce_core.inventory.lowness import is_low_variant, low_variants
    from commerce_core.inventory.models import (
        MovementKind,
        StockLevel,
        StockLocation,
        StockMovement,
        StockPolicy,
    )
    from commerce_core.inventory.past import Explanation, PastLevel, explain, stock_as_of
    from commerce_core.inventory.policies import find_policy, set_stock_policy
    from commerce_core.inventory.purchasing import (
        cancel_purchase_order,
        create_purchase_order,
        create_supplier,
        list_purchase_order_lines,
        place_purchase_order,
        receive_purchase_order,
    )
    from commerce_core.inventory.purchasing_models import (
        PurchaseOrder,
        PurchaseOrderLine,
        PurchaseReceipt,
        PurchaseStatus,
        Supplier,
    )
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
        release_reservations,
        reserve_stock,
    )
    from commerce_core.inventory.shipping import ship_allocation, ship_stock
    from commerce_core.inventory.stock_file import (
        StockFileResult,
        apply_stock_file,
        preview_stock_file,
        stock_file_flow,
    )
    from commerce_core.inventory.stock_file_rows import (
        RowProblem,
        StockFile,
        StockFileRow,
        read_stock_file,
    )
    from commerce_core.inventory.stock_file_rules import (
        RowOutcome,
        RowResult,
        StockFileSemantics,
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
    from commerce_core.inventory.transfer_arrivals import cancel_transfer, receive_transfer
    from commerce_core.inventory.transfer_models import (
        StockTransfer,
        StockTransferLine,
        TransferStatus,
    )
    from commerce_core.inventory.transfer_rows import list_transfer_lines
    from commerce_core.inventory.transfers import create_transfer, send_transfer, transfer_stock
    from commerce_core.inventory.verification import Difference, verify_ledger, verify_promises

__all__ = [
    "Allocation",
    "Availability",
    "BasketLine",
    "BasketReservation",
    "ByPriority",
    "Cause",
    "CountStatus",
    "Difference",
    "Explanation",
    "FewestSplits",
    "HighestStock",
    "KitComponent",
    "LeadTime",
    "MovementKind",
    "Nearest",
    "PastLevel",
    "PreferredLocation",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseReceipt",
    "PurchaseStatus",
    "Reservation",
    "ReservationStatus",
    "ReserveAnswer",
    "ReserveRequest",
    "RoutingRequest",
    "RowOutcome",
    "RowProblem",
    "RowResult",
    "SetAside",
    "Shortage",
    "StockCount",
    "StockCountLine",
    "StockFile",
    "StockFileResult",
    "StockFileRow",
    "StockFileSemantics",
    "StockLevel",
    "StockLocation",
    "StockMovement",
    "StockPolicy",
    "StockTransfer",
    "StockTransferLine",
    "Strategy",
    "Supplier",
    "TransferStatus",
    "adjust_stock",
    "allocate_reservation",
    "allocate_reservations",
    "allocate_stock",
    "apply_stock_file",
    "available_now",
    "cancel_count",
    "cancel_purchase_order",
    "cancel_transfer",
    "count_stock",
    "create_location",
    "create_purchase_order",
    "create_supplier",
    "create_transfer",
    "deallocate_stock",
    "define_kit",
    "expire_reservations",
    "explain",
    "extend_reservation",
    "fill_backorders",
    "find_level",
    "find_policy",
    "get_location",
    "get_reservation",
    "is_low_variant",
    "kit_available",
    "list_allocations",
    "list_availability",
    "list_count_lines",
    "list_expiring",
    "list_levels",
    "list_locations",
    "list_purchase_order_lines",
    "list_transfer_lines",
    "low_variants",
    "next_expiry",
    "observed_lead_time",
    "place_purchase_order",
    "post_count",
    "preview_stock_file",
    "read_stock_file",
    "receive_purchase_order",
    "receive_stock",
    "receive_transfer",
    "release_reservation",
    "release_reservations",
    "reserve_basket",
    "reserve_many",
    "reserve_stock",
    "restock",
    "send_transfer",
    "set_aside_stock",
    "set_stock_policy",
    "ship_allocation",
    "ship_stock",
    "start_count",
    "stock_as_of",
    "stock_blockers",
    "stock_file_flow",
    "stock_history",
    "transfer_stock",
    "verify_ledger",
    "verify_promises",
    "write_off_stock",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "allocations": ("allocate_stock", "deallocate_stock", "list_allocations"),
        "availability": ("Availability", "available_now", "list_availability"),
        "backorders": ("fill_backorders",),
        "baskets": ("BasketLine", "BasketReservation", "Shortage", "reserve_basket"),
        "blockers": ("stock_blockers",),
        "conversions": ("allocate_reservation", "allocate_reservations"),
        "count_models": ("CountStatus", "StockCount", "StockCountLine"),
        "counts": ("cancel_count", "count_stock", "list_count_lines", "post_count", "start_count"),
        "expiry": ("expire_reservations", "next_expiry"),
        "facts": (
            "SetAside",
            "adjust_stock",
            "receive_stock",
            "restock",
            "set_aside_stock",
            "write_off_stock",
        ),
        "flash_sale": ("ReserveAnswer", "ReserveRequest", "reserve_many"),
        "hold_models": ("Allocation", "Reservation", "ReservationStatus"),
        "kit_models": ("KitComponent",),
        "kits": ("define_kit", "kit_available"),
        "lead_times": ("LeadTime", "observed_lead_time"),
        "ledger": ("Cause",),
        "locations": ("create_location",),
        "lowness": ("is_low_variant", "low_variants"),
        "models": ("MovementKind", "StockLevel", "StockLocation", "StockMovement", "StockPolicy"),
        "past": ("Explanation", "PastLevel", "explain", "stock_as_of"),
        "policies": ("find_policy", "set_stock_policy"),
        "purchasing": (
            "cancel_purchase_order",
            "create_purchase_order",
            "create_supplier",
            "list_purchase_order_lines",
            "place_purchase_order",
            "receive_purchase_order",
        ),
        "purchasing_models": (
            "PurchaseOrder",
            "PurchaseOrderLine",
            "PurchaseReceipt",
            "PurchaseStatus",
            "Supplier",
        ),
        "queries": ("find_level", "get_location", "list_levels", "list_locations", "stock_history"),
        "reservations": (
            "extend_reservation",
            "get_reservation",
            "list_expiring",
            "release_reservation",
            "release_reservations",
            "reserve_stock",
        ),
        "shipping": ("ship_allocation", "ship_stock"),
        "stock_file": (
            "StockFileResult",
            "apply_stock_file",
            "preview_stock_file",
            "stock_file_flow",
        ),
        "stock_file_rows": ("RowProblem", "StockFile", "StockFileRow", "read_stock_file"),
        "stock_file_rules": ("RowOutcome", "RowResult", "StockFileSemantics"),
        "strategies": (
            "ByPriority",
            "FewestSplits",
            "HighestStock",
            "Nearest",
            "PreferredLocation",
            "RoutingRequest",
            "Strategy",
        ),
        "transfer_arrivals": ("cancel_transfer", "receive_transfer"),
        "transfer_models": ("StockTransfer", "StockTransferLine", "TransferStatus"),
        "transfer_rows": ("list_transfer_lines",),
        "transfers": ("create_transfer", "send_transfer", "transfer_stock"),
        "verification": ("Difference", "verify_ledger", "verify_promises"),
    },
)
