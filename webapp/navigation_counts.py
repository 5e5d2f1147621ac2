"""How much waits in the areas of the house: the figures at the end of the sidebar's lines.

One statement for each page, over indexes of what is open; it never reads what is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commerce_core.clock import utc_now
from commerce_core.inventory.count_models import CountStatus, StockCount
from commerce_core.inventory.purchasing_models import PurchaseOrder, PurchaseStatus
from commerce_core.inventory.transfer_models import StockTransfer, TransferStatus
from commerce_core.orders.models import Order, OrderStatus
from commerce_core.orders.return_models import Return, ReturnStatus
from webapp.database import WebDatabase
from webapp.security import signed_in_user
from webapp.settings import Settings
from webapp.wire import RequestKind, kind_of

KEY: Final = "navigation_counts"
"""Where the figures of a request are: ``request.scope["state"][KEY]``."""
_MOVING: Final = (TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED)
_EXPECTED: Final = (PurchaseStatus.ORDERED, PurchaseStatus.PARTIALLY_RECEIVED)
_OPEN_ORDERS: Final = (OrderStatus.PENDING, OrderStatus.PROCESSING)
_OPEN_RETURNS: Final = (
    ReturnStatus.REQUESTED,
    ReturnStatus.APPROVED,
    ReturnStatus.IN_TRANSIT,
    ReturnStatus.PARTIALLY_RECEIVED,
    ReturnStatus.RECEIVED,
    ReturnStatus.INSPECTED,
)
MOST_COUNTED: Final = 1000
"""Nobody counts open orders beyond this."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in one area. Where something is ``late`` that is what the line says."""

    open: int
    late: int = 0


def count_waiting(session: Session, *, today: date) -> Mapping[str, Waiting]:
    """Return what waits by the address of its area. One statement."""
    expected = select(func.count()).where(PurchaseOrder.status.in_(_EXPECTED))
    open_orders = select(Order.id).where(Order.status.in_(_OPEN_ORDERS), ~Order.is_history)
    open_returns = select(Return.id).where(Return.status.in_(_OPEN_RETURNS))
    counts, transfers, orders, late, sold, coming_back = session.execute(
        select(
            select(func.count()).where(StockCount.status == CountStatus.OPEN).scalar_subquery(),
            select(func.count()).where(StockTransfer.status.in_(_MOVING)).scalar_subquery(),
            expected.scalar_subquery(),
            expected.where(PurchaseOrder.expected_on < today).scalar_subquery(),
            *(
                select(func.count())
                .select_from(query.limit(MOST_COUNTED).subquery())
                .scalar_subquery()
                for query in (open_orders, open_returns)
            ),
        )
    ).one()
    return {
        "/orders": Waiting(sold),
        "/returns": Waiting(coming_back),
        "/stock/counts": Waiting(counts),
        "/stock/transfers": Waiting(transfers),
        "/stock/purchase-orders": Waiting(orders, late),
    }


class NavigationCountsMiddleware(ASGIMiddleware):
    """Reads the figures for requests that want a whole page, and for nobody who is not here."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "no_session"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Read them before the handler runs, as everything else on its page."""
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        if kind_of(request) is RequestKind.PAGE and signed_in_user(request) is not None:
            settings: Settings = request.app.state.settings
            database: WebDatabase = request.app.state.database
            today = utc_now().astimezone(ZoneInfo(settings.time_zone)).date()
            async with database.reads() as session:
                waiting = await session.run_sync(count_waiting, today=today)
            scope["state"][KEY] = waiting
        await next_app(scope, receive, send)
