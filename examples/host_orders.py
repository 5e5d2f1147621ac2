"""A shop with orders of its own uses our catalog and stock alone, in its own database.

Run it: ``python host_orders.py [DATABASE_URL]`` (a new SQLite file by default).
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from commerce_core import Money, ensure_epoch, inventory, run_in_transaction
from commerce_core.catalog import create_product, create_variant, get_variant
from commerce_core.database import make_engine, make_session_factory, metadata_for
from commerce_core.errors import InsufficientStockError


class HostBase(DeclarativeBase):
    """The shop's own tables; nothing in ours points to them."""


class HostOrder(HostBase):
    __tablename__ = "host_order"
    number: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str]
    parcel: Mapped[str | None]


def open_shop(session: Session) -> None:
    ensure_epoch(session)
    shirt = create_product(session, name="Linen shirt Alma")
    variant = create_variant(session, shirt, sku="ALM-M", price=Money.of("89.90", "EUR"))
    shop = inventory.create_location(session, code="SHOP", name="Shop")
    inventory.receive_stock(session, variant, shop, quantity=5, actor="host")


def place_order(session: Session, number: str, quantity: int) -> int:
    """The order and its promise are one transaction: both are there afterwards, or neither."""
    session.add(HostOrder(number=number, sku="ALM-M"))
    variant, shop = get_variant(session, sku="ALM-M"), inventory.get_location(session, code="SHOP")
    holder = inventory.Cause("host_order", number)
    inventory.allocate_stock(session, variant, shop, quantity=quantity, holder=holder, actor="host")
    return inventory.available_now(session, variant, shop)


def ship_order(session: Session, number: str) -> int:
    session.get_one(HostOrder, number).parcel = "JD014600003SE"
    (allocation,) = inventory.list_allocations(session, inventory.Cause("host_order", number))
    return inventory.ship_allocation(session, allocation, actor="host").on_hand


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'host.db'}"
        engine = make_engine(url)
        metadata_for({"catalog", "inventory"}).create_all(engine)
        HostBase.metadata.create_all(engine)
        run = partial(run_in_transaction, make_session_factory(engine))
        run(open_shop)
        print(f"2026-1 placed, {run(partial(place_order, number='2026-1', quantity=3))} available")
        try:
            run(partial(place_order, number="2026-2", quantity=3))
        except InsufficientStockError as error:
            print(f"2026-2 refused: {error}")
        print(f"2026-1 shipped, {run(partial(ship_order, number='2026-1'))} on hand")


if __name__ == "__main__":
    main()
