"""Law 12: what a function returns can be read after its session is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect

from commerce_core.catalog import (
    Product,
    create_product,
    create_variant,
    ensure_option_value,
    find_product,
    get_variant,
    list_variants,
)
from commerce_core.inventory import (
    Cause,
    StockMovement,
    adjust_stock,
    allocate_stock,
    create_location,
    get_location,
    list_levels,
    list_locations,
    receive_stock,
    release_reservation,
    reserve_stock,
    set_stock_policy,
    ship_stock,
    stock_history,
)
from commerce_core.inventory.queries import find_level
from commerce_core.journal import read_cursor, tail
from commerce_core.money import Money
from commerce_core.testing import make_location, make_variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session


def created(session: Session) -> Iterator[Any]:
    """Call every function that makes something, and yield what it returns."""
    product = create_product(session, name="Lamp")
    yield product
    yield create_variant(session, product, sku="L-1", price=Money.of(5, "EUR"))
    yield create_variant(
        session, product, sku="L-2", price=Money.of(5, "EUR"), options={"Colour": "Red"}
    )
    yield ensure_option_value(session, option="Colour", value="Blue", swatch="#0000ff")
    yield create_location(session, code="ATTIC")


def moved(session: Session) -> Iterator[Any]:
    """Call every stock verb, and yield what it returns, replays included."""
    variant, place = make_variant(session), make_location(session)
    story: dict[str, Any] = {"actor": "ann", "idempotency_key": "k"}
    for _ in ("first", "replay"):
        yield receive_stock(session, variant, place, quantity=9, **story)
        yield ship_stock(session, variant, place, quantity=1, **story)
        yield adjust_stock(session, variant, place, quantity=-1, reason="lost", **story)
        yield reserve_stock(session, variant, place, quantity=1, **story)
        yield allocate_stock(session, variant, place, quantity=1, holder=Cause("a", "1"), **story)
        yield set_stock_policy(session, variant, place, minimum=3, actor="ann")
    held = reserve_stock(session, variant, place, quantity=1, actor="bob")
    yield release_reservation(session, held, actor="bob")


def read(session: Session) -> Iterator[Any]:
    """Call every query, and yield what it returns."""
    variant, place = make_variant(session, sku="L-9", on_hand=3), make_location(session)
    session.expunge_all()
    yield get_variant(session, sku="l-9")
    yield find_product(session, slug="lamp-x") or create_product(session, name="Lamp X")
    yield get_location(session, code=place.code)
    yield find_level(session, variant, place)
    for many in (
        list_variants(session, session.get_one(Product, variant.product_id)),
        list_locations(session),
        list_levels(session, variant),
        stock_history(session, variant),
    ):
        assert many
        yield from many


@pytest.mark.parametrize("calls", [created, moved, read])
def test_every_column_of_it_is_loaded(
    run: Callable[[Any], Any], calls: Callable[[Session], Iterator[Any]]
) -> None:
    def step(session: Session) -> list[Any]:
        return list(calls(session))

    for found in run(step):
        state: Any = inspect(found)
        relations = {relation.key for relation in state.mapper.relationships}

        assert state.detached
        assert state.unloaded - relations == set(), found
        for column in state.mapper.column_attrs:
            getattr(found, column.key)


def test_rows_of_a_tail_are_loaded(run: Callable[[Any], Any]) -> None:
    cursor = run(read_cursor)
    run(lambda session: make_variant(session, on_hand=3))
    (row,) = run(lambda session: tail(session, StockMovement, cursor)).rows

    assert inspect(row).unloaded == set()
    assert (row.available, row.on_hand) == (3, 3)
