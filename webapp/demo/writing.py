"""Writes a story into an empty database, in transactions of at most 500 rows.

Ids are those of the story, so the database has to be new. Stock goes through the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import insert

from commerce_core.catalog.models import ProductOptionType, Variant, VariantOptionValue
from commerce_core.customers.models import Customer
from commerce_core.flows import run_in_transaction
from commerce_core.inventory.purchasing_models import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseReceipt,
)
from commerce_core.orders.models import CreditNote, CreditNoteLine, Order, OrderLine
from webapp.demo import catalog_rows, purchase_rows, sales_rows
from webapp.demo.stock_writing import (
    open_orders,
    write_locations,
    write_minimums,
    write_movements,
    write_promises,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from webapp.demo.plan import PlannedMovement, Story

BATCH: Final = 500
"""Rows a transaction: a longer one would hold up every other writer."""

_LATEST: Final = 1000
"""So many movements are written in the order of time."""
_FEW: Final = 20
"""Orders a transaction where each writes several rows through the library."""

_Item = TypeVar("_Item")


def write_story(
    factory: sessionmaker[Session],
    story: Story,
    *,
    progress: Callable[[int], None] = lambda _rows: None,
) -> None:
    """Write all of ``story``, committing batch by batch. ``progress`` is told of each."""
    writer = _Writer(factory, progress)
    began = story.movements[0].occurred_at
    catalog = run_in_transaction(
        factory, partial(catalog_rows.write_products, variants=story.variants)
    )
    writer.insert(ProductOptionType, catalog_rows.axis_rows(catalog, story.variants))
    writer.insert(Variant, catalog_rows.variant_rows(catalog, story.variants, created_at=began))
    writer.insert(VariantOptionValue, catalog_rows.option_rows(catalog, story.variants))
    run_in_transaction(factory, write_locations)
    writer.insert(Customer, sales_rows.customers(story))
    writer.insert(Order, sales_rows.orders(story))
    writer.insert(OrderLine, sales_rows.order_lines(story))
    writer.insert(CreditNote, sales_rows.credit_notes(story))
    writer.insert(CreditNoteLine, sales_rows.credit_note_lines(story))
    suppliers = run_in_transaction(factory, purchase_rows.write_suppliers)
    writer.insert(PurchaseOrder, purchase_rows.purchase_rows(story, suppliers))
    writer.insert(PurchaseOrderLine, purchase_rows.purchase_line_rows(story))
    writer.insert(PurchaseReceipt, purchase_rows.receipt_rows(story))
    writer.write(write_movements, _gathered(story.movements))
    minimums = partial(write_minimums, decided_at=story.as_of)
    writer.write(minimums, story.minimums.items())
    writer.write(write_promises, open_orders(story), size=_FEW)
    writer.write(purchase_rows.place_open_purchases, purchase_rows.open_purchases(story), size=_FEW)


def _gathered(movements: list[PlannedMovement]) -> list[PlannedMovement]:
    """Return the movements variant by variant, but for the latest ones, which stay in time.

    A batch then touches few levels many times, which is half the work. The journal asks for the
    order of time only within a level; people look at the latest movements of all.
    """
    latest = max(0, len(movements) - _LATEST)
    return [*sorted(movements[:latest], key=lambda m: m.level[0]), *movements[latest:]]


def count_rows(story: Story) -> int:
    """Return how many rows ``write_story`` writes, catalog of products aside."""
    parts = (story.people, story.orders, story.credits, story.movements, story.minimums)
    lines = sum(len(order.lines) + len(order.charges) for order in story.orders)
    lines += sum(len(credit.lines) for credit in story.credits)
    bought = sum(1 + 2 * len(purchase.lines) for purchase in story.purchases)
    return sum(len(part) for part in parts) + lines + bought + 3 * len(story.variants)


class _Writer:
    """Cuts what it is given into batches and commits each."""

    def __init__(self, factory: sessionmaker[Session], progress: Callable[[int], None]) -> None:
        self._factory = factory
        self._progress = progress

    def write(
        self,
        step: Callable[[Session, list[_Item]], None],
        items: Iterable[_Item],
        *,
        size: int = BATCH,
    ) -> None:
        """Call ``step`` with each batch of ``size``, in a transaction of its own."""
        for batch in _batches(items, size):
            run_in_transaction(self._factory, partial(_call, step=step, batch=batch))
            self._progress(len(batch))

    def insert(self, table: type[Any], rows: Iterable[dict[str, Any]]) -> None:
        """Insert rows of a table that is not the ledger's."""

        def step(session: Session, batch: list[dict[str, Any]]) -> None:
            # Past the ORM, which would send rows with and without NULLs apart from each other.
            session.connection().execute(insert(table.__table__), batch)

        self.write(step, rows)


def _call(
    session: Session, *, step: Callable[[Session, list[_Item]], None], batch: list[_Item]
) -> None:
    step(session, batch)


def _batches(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
