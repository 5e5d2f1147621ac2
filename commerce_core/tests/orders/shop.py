"""A shop with goods, and short words for what is done to its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.flows import run_flow
from commerce_core.inventory import StockLevel
from commerce_core.money import Money
from commerce_core.orders.baskets import Checkout, CheckoutLine
from commerce_core.orders.checkout import place_order
from commerce_core.orders.event_models import OrderEvent
from commerce_core.orders.gateways import calls
from commerce_core.orders.models import Order, OrderLine
from commerce_core.testing import make_location, make_variant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.orders.gateways import PaymentGateway
    from commerce_core.tests.databases import Database

ACTOR = "ann"
ADDRESS = {
    "name": "Ann Example",
    "line1": "Street 1",
    "postal_code": "20095",
    "city": "Hamburg",
    "country": "DE",
}


def stock(database: Database, sku: str, on_hand: int, *, code: str = "HAM") -> Variant:
    """Put goods at 19.90 EUR on a shelf."""

    def step(session: Session) -> Variant:
        return make_variant(
            session, sku=sku, on_hand=on_hand, location=make_location(session, code=code)
        )

    return database.run(step)


def basket(wanted: Mapping[Variant, int], **more: Any) -> Checkout:
    """Return a checkout of variant → pieces."""
    lines = [CheckoutLine(variant, pieces) for variant, pieces in wanted.items()]
    return Checkout(lines, **{"shipping_address": ADDRESS, **more})


def place(
    database: Database,
    wanted: Mapping[Variant, int],
    *,
    gateway: PaymentGateway | None = None,
    key: str | None = None,
    actor: str = ACTOR,
    pay_within: Any = None,
    **more: Any,
) -> Order:
    """Place an order of variant → pieces."""
    flow = place_order(
        basket(wanted, **more),
        actor=actor,
        gateway=gateway,
        idempotency_key=key,
        pay_within=pay_within,
    )
    return run_flow(database.factory, flow, perform=calls(gateway) if gateway else None)


def read_order(database: Database, order: Order) -> Order:
    return database.run(lambda s: s.get_one(Order, order.id, populate_existing=True))


def lines_of(database: Database, order: Order) -> list[OrderLine]:
    query = select(OrderLine).filter_by(order_id=order.id).order_by(OrderLine.position)
    return database.run(lambda s: list(s.scalars(query)))


def counts(line: OrderLine) -> dict[str, int]:
    """Return what is counted of a line, but for what is 0."""
    names = ("cancelled", "allocated", "fulfilled", "shipped", "delivered", "returned", "lost")
    return {name: getattr(line, name) for name in names if getattr(line, name)}


def shelf(database: Database, variant: Variant) -> tuple[int, int, int]:
    """Return (on hand, allocated, reserved) of a variant over all locations."""
    query = select(StockLevel).filter_by(variant_id=variant.id)
    levels = database.run(lambda s: list(s.scalars(query)))
    return (
        sum(level.on_hand for level in levels),
        sum(level.allocated for level in levels),
        sum(level.reserved for level in levels),
    )


def story(database: Database, order: Order) -> list[str]:
    """Return what happened to an order: triggers, refused ones with their rule."""
    query = select(OrderEvent).filter_by(order_id=order.id).order_by(OrderEvent.id)
    events = database.run(lambda s: list(s.scalars(query)))
    return [e.trigger if e.refusal is None else f"{e.trigger}!{e.refusal}" for e in events]


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")
