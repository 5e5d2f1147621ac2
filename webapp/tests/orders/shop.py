"""Orders of the small stock shop: placed through the library, as a shop would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.catalog import get_variant
from commerce_core.customers.models import Customer
from commerce_core.money import Money
from commerce_core.orders.baskets import Checkout, CheckoutLine
from commerce_core.orders.event_models import OrderEvent
from commerce_core.orders.gateways import MANUAL
from commerce_core.orders.models import Order, OrderLine
from commerce_core.orders.placement import Terms, place_in_books

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

SHIRT, POT, THROW = "ALM-CHA-S", "OEL-SAG", "MOO-FOG"
ADDRESS = {
    "name": "Hanna Lindqvist",
    "line1": "Osterstraße 114",
    "postal_code": "20255",
    "city": "Hamburg",
    "country": "DE",
}


def ensure_customer(session: Session, name: str = "Hanna Lindqvist") -> Customer:
    number = name.lower().replace(" ", ".")
    found = session.scalars(select(Customer).filter_by(number=number)).first()
    if found is None:
        found = Customer(number=number, name=name, email=f"{number}@example.com")
        session.add(found)
        session.flush()
    return found


def place(
    session: Session,
    wanted: Mapping[str, int] | None = None,
    *,
    number: str | None = None,
    unpaid: bool = False,
    allow_partial: bool = False,
    address: Mapping[str, Any] | None = ADDRESS,
    channel: str = "web",
    customer: str = "Hanna Lindqvist",
) -> Order:
    """Place an order of SKU → pieces; it is processing unless it is ``unpaid``."""
    pieces = wanted or {SHIRT: 2, POT: 1}
    lines = [
        CheckoutLine(get_variant(session, sku=sku), count, price=Money.of("29.90", "EUR"))
        for sku, count in pieces.items()
    ]
    checkout = Checkout(
        lines,
        shipping_address=address,
        number=number,
        channel=channel,
        customer=ensure_customer(session, customer),
    )
    terms = Terms(MANUAL if unpaid else None)
    return place_in_books(
        session, checkout, actor="shop", terms=terms, allow_partial=allow_partial
    ).order


async def placed(browser: Browser, *args: Any, **options: Any) -> int:
    """Place an order as somebody else; return its id."""
    order: Order = await browser.database.transact(place, *args, **options)
    return order.id


async def read(browser: Browser, number: int) -> Order:
    async with browser.database.reads() as session:
        return await session.get_one(Order, number)


async def lines_of(browser: Browser, number: int) -> list[OrderLine]:
    query = select(OrderLine).filter_by(order_id=number).order_by(OrderLine.position)
    async with browser.database.reads() as session:
        return list(await session.scalars(query))


async def story(browser: Browser, number: int) -> list[str]:
    """Return what happened: triggers, refused ones with their rule."""
    query = select(OrderEvent).filter_by(order_id=number).order_by(OrderEvent.id)
    async with browser.database.reads() as session:
        events = list(await session.scalars(query))
    return [e.trigger if e.refusal is None else f"{e.trigger}!{e.refusal}" for e in events]


async def do(
    browser: Browser, number: int, verb: str, *, folder: str = "steps", **fields: str
) -> httpx.Response:
    """Send the form of a verb, with the version that the order has now unless told otherwise."""
    version = fields.pop("version", None) or str((await read(browser, number)).version)
    return await browser.post(f"/orders/{number}/{folder}/{verb}", {"version": version, **fields})
