"""A verb takes the records it names, and nothing that merely has an id."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from commerce_core import make_engine, make_session_factory
from commerce_core.catalog import Product, create_variant
from commerce_core.errors import InvalidInputError
from commerce_core.inventory import (
    BasketLine,
    get_location,
    receive_stock,
    reserve_basket,
    reserve_stock,
    ship_stock,
    transfer_stock,
)
from commerce_core.money import Money
from commerce_core.testing import make_location, make_product, make_variant
from commerce_core.tests.databases import SqliteFiles


@pytest.fixture
def session(sqlite_files: SqliteFiles) -> Iterator[Session]:
    """Return a session on a fresh file: what it writes is rolled back."""
    engine = make_engine(sqlite_files.url())
    with make_session_factory(engine)() as session:
        yield session
    engine.dispose()


@pytest.mark.parametrize("verb", [receive_stock, ship_stock, reserve_stock])
def test_a_product_is_no_variant_and_nothing_is_booked(session: Session, verb: Any) -> None:
    product = make_product(session)
    make_variant(session, product=product, on_hand=5)
    hall = get_location(session, code="HAM")

    with pytest.raises(InvalidInputError, match="a Variant is needed here, not a Product"):
        verb(session, product, hall, quantity=1, actor="ann")


def test_swapped_arguments_are_named(session: Session) -> None:
    variant, hall = make_variant(session, on_hand=5), make_location(session)

    with pytest.raises(InvalidInputError, match="not a StockLocation"):
        receive_stock(session, hall, variant, quantity=1, actor="ann")  # type: ignore[arg-type]


def test_baskets_and_transfers_take_variants_only(session: Session) -> None:
    hall, far = make_location(session), make_location(session, code="FAR")
    product: Any = make_product(session)

    with pytest.raises(InvalidInputError, match="not a Product"):
        reserve_basket(session, [BasketLine(product, 1)], actor="ann")
    with pytest.raises(InvalidInputError, match="not a Product"):
        transfer_stock(session, hall, far, {product: 1}, actor="ann")


def test_a_record_that_was_never_flushed_is_refused(session: Session) -> None:
    unsaved = Product(name="Lamp", slug="lamp")

    with pytest.raises(InvalidInputError, match="flush first"):
        create_variant(session, unsaved, sku="L-1", price=Money.of(1, "EUR"))


def test_nothing_is_no_variant(session: Session) -> None:
    hall: Any = make_location(session)

    with pytest.raises(InvalidInputError, match="not None"):
        receive_stock(session, None, hall, quantity=1, actor="ann")  # type: ignore[arg-type]
