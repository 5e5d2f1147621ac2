"""The story in the database: every row there, the ledger in order, transactions short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from commerce_core import make_engine, make_session_factory, run_in_transaction, utc_now
from commerce_core.catalog import find_variant
from commerce_core.catalog.models import OptionValue, Product, Variant, VariantOptionValue
from commerce_core.customers.models import Customer
from commerce_core.inventory import (
    Allocation,
    StockLevel,
    StockMovement,
    StockPolicy,
    list_levels,
    verify_ledger,
)
from commerce_core.inventory.lead_times import observed_lead_time
from commerce_core.inventory.purchasing_models import PurchaseOrder, PurchaseStatus, Supplier
from commerce_core.orders.models import CreditNote, CreditNoteLine, Order, OrderLine, OrderStatus
from webapp.demo.database_file import url_of
from webapp.demo.generated import migrate
from webapp.demo.history import tell_story
from webapp.demo.plan import LOCATIONS, Story
from webapp.demo.writing import BATCH, count_rows, write_story

SEED = 7


@pytest.fixture(scope="module")
def story() -> Story:
    return tell_story(SEED, as_of=utc_now(), scale=0.05)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = url_of(tmp_path / "written.db")
    migrate(url)
    opened = make_engine(url)
    yield opened
    opened.dispose()


@pytest.fixture
def factory(engine: Engine) -> sessionmaker[Session]:
    return make_session_factory(engine)


@pytest.fixture
def written(factory: sessionmaker[Session], story: Story) -> Iterator[Session]:
    write_story(factory, story)
    with factory() as session:
        yield session


def count(session: Session, model: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_every_part_of_the_story_is_there(written: Session, story: Story) -> None:
    assert count(written, Variant) == len(story.variants)
    assert count(written, Product) == len({v.product.code for v in story.variants})
    assert count(written, Customer) == len(story.people)
    assert count(written, Order) == len(story.orders)
    assert count(written, CreditNote) == len(story.credits)
    lines = sum(len(o.lines) + len(o.charges) for o in story.orders)
    assert count(written, OrderLine) == lines
    assert count(written, CreditNoteLine) == sum(len(c.lines) for c in story.credits)
    assert count(written, StockPolicy) == len(story.minimums)


def test_the_ledger_agrees_with_itself_and_with_the_story(written: Session, story: Story) -> None:
    assert verify_ledger(written) == []
    levels = written.scalars(select(StockLevel)).all()
    found = {(level.variant_id - 1, level.location_id - 1): level for level in levels}
    assert {place: level.available for place, level in found.items()} == story.available
    assert all(level.on_hand >= 0 and level.short == 0 for level in levels)
    assert {p: level.minimum for p, level in found.items() if level.minimum} == story.minimums


def test_movements_happened_when_the_story_says(written: Session, story: Story) -> None:
    first, last = written.execute(
        select(func.min(StockMovement.occurred_at), func.max(StockMovement.occurred_at))
    ).one()
    assert story.as_of - first > timedelta(days=540)
    assert last <= utc_now()


def test_shipped_movements_name_their_order_line(written: Session) -> None:
    movement = written.scalars(select(StockMovement).filter_by(kind="shipped").limit(1)).one()
    line = written.get_one(OrderLine, int(movement.cause_id or 0))
    assert movement.cause_kind == "order_line"
    assert (line.variant_id, line.quantity) == (movement.variant_id, -movement.on_hand_delta)


def test_open_orders_are_allocated_and_open_purchases_are_incoming(
    written: Session, story: Story
) -> None:
    waiting = [o for o in story.orders if o.status in {OrderStatus.PENDING, OrderStatus.PROCESSING}]
    assert count(written, Allocation) == sum(len(o.lines) for o in waiting)
    incoming = written.scalar(select(func.sum(StockLevel.incoming)))
    ordered = [p for p in story.purchases if p.received_at is None]
    assert incoming == sum(line.pieces for p in ordered for line in p.lines)
    placed = written.scalars(select(PurchaseOrder).filter_by(status=PurchaseStatus.ORDERED)).all()
    assert len(placed) == sum(1 for p in ordered if p.lines)
    assert all(order.ordered_at and order.ordered_at < utc_now() for order in placed)


def test_suppliers_have_lead_times(written: Session) -> None:
    supplier = written.scalars(select(Supplier).filter_by(name="Webstuhl")).one()
    lead = observed_lead_time(written, supplier=supplier)
    assert lead is not None
    assert 10 < lead.mean_days < 25


def test_variants_have_their_options_swatches_and_barcodes(written: Session) -> None:
    variant = find_variant(written, sku="alm-cha-s")
    assert variant is not None
    assert (variant.name, str(variant.price)) == ("Chalk · S", "64.0000")
    assert variant.barcode is not None
    values = written.scalars(
        select(OptionValue)
        .join(VariantOptionValue, VariantOptionValue.option_value_id == OptionValue.id)
        .where(VariantOptionValue.variant_id == variant.id)
    ).all()
    assert {value.name: value.swatch for value in values} == {"Chalk": "#f1ede4", "S": None}
    assert 1 <= len(list_levels(written, variant)) <= len(LOCATIONS)


def test_money_is_exact(written: Session, story: Story) -> None:
    cents = sum(
        sum(line.quantity * line.price for line in order.lines)
        + sum(charge.price for charge in order.charges)
        for order in story.orders
    )
    lines = written.execute(select(OrderLine.quantity, OrderLine.unit_price))
    assert sum(quantity * price for quantity, price in lines) * 100 == cents


def test_no_transaction_writes_more_than_a_batch(
    engine: Engine, factory: sessionmaker[Session], story: Story
) -> None:
    rows: Counter[int] = Counter()
    transactions = 0

    @event.listens_for(engine, "begin")
    def _begin(_connection: object) -> None:
        nonlocal transactions
        transactions += 1

    @event.listens_for(engine, "before_cursor_execute")
    def _count(*arguments: Any) -> None:
        statement, parameters, many = arguments[2], arguments[3], arguments[5]
        if statement.startswith("INSERT INTO commerce_stock_movement"):
            rows[transactions] += len(parameters) if many else 1

    write_story(factory, story)
    assert len(rows) > 2
    assert max(rows.values()) <= BATCH


def test_progress_counts_every_row(factory: sessionmaker[Session], story: Story) -> None:
    told: list[int] = []
    write_story(factory, story, progress=told.append)
    assert max(told) <= BATCH
    assert sum(told) == pytest.approx(count_rows(story), rel=0.02)


def test_it_can_be_written_to_by_the_library_afterwards(
    factory: sessionmaker[Session], story: Story
) -> None:
    write_story(factory, story)

    def add(session: Session) -> int:
        order = Order(
            channel="web",
            number="x",
            status=OrderStatus.PENDING,
            currency="EUR",
            placed_at=utc_now(),
        )
        session.add(order)
        session.flush()
        return order.id

    assert run_in_transaction(factory, add) == len(story.orders) + 1
