"""Two locations and a few variants with stock, for the tests of the stock pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.catalog.file_rows import read_product_file
from commerce_core.catalog.models import Variant
from commerce_core.inventory import reserve_stock
from commerce_core.inventory.counts import count_stock, start_count
from commerce_core.inventory.models import StockLevel, StockLocation
from commerce_core.inventory.purchasing import (
    create_purchase_order,
    create_supplier,
    place_purchase_order,
)
from commerce_core.inventory.transfers import create_transfer, send_transfer
from commerce_core.money import Money
from commerce_core.orders.baskets import Checkout, CheckoutLine
from commerce_core.orders.fulfilling import fulfill_order, ship_fulfillment
from commerce_core.orders.models import Order, OrderLine
from commerce_core.orders.placement import Terms, place_in_books
from commerce_core.orders.return_models import ReturnReason
from commerce_core.orders.returns import request_return
from commerce_core.testing import make_location, make_variant
from webapp.accounts.roles import Role
from webapp.products.import_reading import keep_upload

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

SHIRT, SHOE = "SHIRT-M", "SHOE-42"
BARCODE = "4260731840412"


def fill_stockroom(session: Session) -> None:
    """20 shirts and 5 shoes in HAM, nothing in LEJ."""
    here = make_location(session)
    make_location(session, code="LEJ")
    make_variant(session, sku=SHIRT, on_hand=20, location=here).barcode = BARCODE
    make_variant(session, sku=SHOE, on_hand=5, location=here)


def fill_papers(session: Session) -> None:
    """A count, a transfer, a purchase order and reservations of every variant of the shop."""
    here, there = make_location(session), make_location(session, code="LEJ")
    variants = session.scalars(select(Variant).order_by(Variant.id)).all()
    count = start_count(session, here, name="Everything", actor="user:2")
    for number, variant in enumerate(variants):
        count_stock(session, count, variant, counted=number % 12, actor="user:2")
    send_transfer(
        session,
        create_transfer(session, here, there, dict.fromkeys(variants, 2), actor="user:3"),
        actor="user:3",
    )
    supplier = create_supplier(session, name="Weberei Nord")
    lines = {variant: (3, Money.of("7.50", "EUR")) for variant in variants}
    order = create_purchase_order(session, supplier, here, lines, actor="user:2")
    place_purchase_order(session, order, actor="user:2")
    for variant in variants:
        reserve_stock(session, variant, here, quantity=1, actor="user:4")
    fill_orders(session, variants)
    rows = [f"{variant.sku},{number}" for number, variant in enumerate(variants, 1)]
    content = "\n".join(("sku,price", *rows)).encode()
    file = read_product_file(content, name="Prices.csv")
    keep_upload(session, file, content, currency="EUR", actor="user:2")


def fill_orders(session: Session, variants: Sequence[Variant]) -> None:
    """An order of every variant, partly in a parcel that left, and one order for each variant."""
    lines = [CheckoutLine(variant, 2, price=Money.of("9.90", "EUR")) for variant in variants]
    address = {"name": "Ann", "line1": "Street 1", "city": "Hamburg", "country": "DE"}
    for basket in (lines, *([line] for line in lines)):
        checkout = Checkout(basket, shipping_address=address)
        place_in_books(session, checkout, actor="shop", terms=Terms(), allow_partial=True)
    first = session.scalars(select(Order).order_by(Order.id)).first()
    assert first is not None
    for parcel in fulfill_order(session, first, actor="user:2"):
        line = session.scalars(select(OrderLine.id).filter_by(order_id=first.id)).first() or 0
        ship_fulfillment(session, parcel, actor="user:2", quantities={line: 1})
        request_return(session, first, {line: (1, ReturnReason.OTHER)}, actor="user:2")
        break


async def open_stockroom(browser: Browser, role: Role = Role.CLERK) -> None:
    await browser.database.transact(fill_stockroom)
    await browser.become(role)


async def location_id(browser: Browser, code: str = "HAM") -> str:
    async with browser.database.reads() as session:
        found = await session.scalar(select(StockLocation.id).filter_by(code=code))
    return str(found)


async def variant_id(browser: Browser, sku: str = SHIRT) -> str:
    async with browser.database.reads() as session:
        return str(await session.scalar(select(Variant.id).filter_by(sku=sku)))


async def level(browser: Browser, sku: str = SHIRT, code: str = "HAM") -> StockLevel | None:
    async with browser.database.reads() as session:
        found: StockLevel | None = await session.scalar(
            select(StockLevel)
            .join(Variant, Variant.id == StockLevel.variant_id)
            .join(StockLocation, StockLocation.id == StockLevel.location_id)
            .where(Variant.sku == sku, StockLocation.code == code)
        )
        return found


async def on_hand(browser: Browser, sku: str = SHIRT, code: str = "HAM") -> int:
    found = await level(browser, sku, code)
    return 0 if found is None else found.on_hand


async def submit(browser: Browser, path: str, **fields: Any) -> httpx.Response:
    """Send a form; a list is a field that stands several times."""
    data = {"_csrf_token": await browser.token(), **fields}
    return await browser.http.post(path, data=data)


def words(answer: httpx.Response) -> str:
    """Return what the page says, without markup."""
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL)
    plain = re.sub(r"<[^>]+>", " ", main[0] if main else answer.text)
    return " ".join(plain.split())
