"""Values of the wrong kind are refused by name, before anything is written or sent."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog import (
    create_product,
    create_variant,
    ensure_option_value,
    find_product,
    find_variant,
    get_product,
    get_variant,
)
from commerce_core.catalog.models import Product
from commerce_core.errors import (
    InvalidInputError,
    InvalidQuantityError,
    InvalidTimeError,
    LocationNotFoundError,
    ProductNotFoundError,
    ReservationNotFoundError,
    VariantNotFoundError,
)
from commerce_core.inventory import (
    expire_reservations,
    explain,
    get_location,
    get_reservation,
    list_availability,
    list_expiring,
    reserve_stock,
    stock_history,
    verify_ledger,
)
from commerce_core.inventory.models import StockLocation
from commerce_core.inventory.reservations import DEFAULT_HOLD
from commerce_core.money import Money
from commerce_core.testing import make_variant

if TYPE_CHECKING:
    from commerce_core.tests.databases import Database

ODD: tuple[Any, ...] = (None, 5, 2**70, [], "a\ud800", "a\x00", "n" * 100_000, object())
NAIVE = datetime(2026, 1, 31)  # noqa: DTZ001 - that is what is tested
LONGEST = 400


def test_a_search_for_what_cannot_be_stored_finds_nothing(database: Database) -> None:
    with database.factory() as session:
        for odd in ODD:
            assert find_product(session, slug=odd) is None
            assert find_variant(session, sku=odd) is None
            for error, find, name in (
                (ProductNotFoundError, get_product, "slug"),
                (VariantNotFoundError, get_variant, "sku"),
                (LocationNotFoundError, get_location, "code"),
            ):
                with pytest.raises(error) as refusal:
                    find(session, **{name: odd})
                assert len(str(refusal.value)) < LONGEST
        with pytest.raises(VariantNotFoundError, match="SKU None:"):
            get_variant(session, sku=None)  # type: ignore[arg-type]


def test_an_id_that_none_can_have_is_not_found(database: Database) -> None:
    odd: Any
    with database.factory() as session:
        for odd in (None, "1", "n" * 100_000, True, 1.0, -1, 0, 2**63, 10**5000, 999):
            with pytest.raises(ReservationNotFoundError) as refusal:
                get_reservation(session, odd)
            assert len(str(refusal.value)) < LONGEST
        for odd in ("x", True, -1, 999):
            with pytest.raises(VariantNotFoundError):
                verify_ledger(session, variant_id=odd)


def test_moments_without_a_time_zone_are_refused_by_reads(database: Database) -> None:
    with database.factory() as session:
        variant = make_variant(session, on_hand=1)
        with pytest.raises(InvalidTimeError, match="since needs a time zone"):
            stock_history(session, variant, since=NAIVE)
        with pytest.raises(InvalidTimeError, match="as_of needs a time zone"):
            list_availability(session, [variant.id], as_of=NAIVE)


def test_limits_are_whole_numbers_within_bounds(database: Database) -> None:
    odd: Any
    with database.factory() as session:
        variant = make_variant(session, on_hand=1)
        place = session.query(StockLocation).one()
        for odd in ("3", 1.5, None, True):
            with pytest.raises(InvalidQuantityError):
                stock_history(session, variant, limit=odd)
            with pytest.raises(InvalidQuantityError):
                explain(session, variant, place, limit=odd)
            with pytest.raises(InvalidQuantityError):
                expire_reservations(session, limit=odd)
            with pytest.raises(InvalidQuantityError):
                list_expiring(session, within=DEFAULT_HOLD, limit=odd)
        assert len(stock_history(session, variant, limit=-1)) == 1
        assert expire_reservations(session, limit=-1) == 0
        assert list_expiring(session, within=DEFAULT_HOLD, limit=-1) == []
        with pytest.raises(InvalidTimeError) as refusal:
            reserve_stock(
                session,
                variant,
                place,
                quantity=1,
                actor="t",
                expires_in="n" * 10**6,  # type: ignore[arg-type]
            )
        assert len(str(refusal.value)) < LONGEST


DETAILS: tuple[Any, ...] = (
    [1],
    "text",
    0,
    {"x": math.nan},
    {"x": math.inf},
    {"x": NAIVE},
    {"x": {1}},
    {5: "x"},
    {"x": "a\ud800"},
    {"x": ["a\x00"]},
)


@pytest.mark.parametrize("details", DETAILS, ids=lambda one: ascii(one)[:30])
def test_details_are_a_json_object(database: Database, details: Any) -> None:
    with database.factory() as session:
        with pytest.raises(InvalidInputError, match="details"):
            create_product(session, name="Lamp", details=details)
        assert session.query(Product).count() == 0
        lamp = create_product(session, name="Lamp", details={"a\\u0000": ["ok", 1.5, None]})
        with pytest.raises(InvalidInputError, match="details"):
            create_variant(session, lamp, sku="L", price=Money.of("1", "EUR"), details=details)
        session.commit()


def test_a_status_or_a_swatch_that_is_none(database: Database) -> None:
    odd: Any
    with database.factory() as session:
        for odd in ("bogus", 5, [], "n" * 10**6):
            with pytest.raises(InvalidInputError) as refusal:
                create_product(session, name="Lamp", status=odd)
            assert len(str(refusal.value)) < LONGEST
            with pytest.raises(InvalidInputError, match="not a colour"):
                ensure_option_value(session, option="Colour", value="Red", swatch=odd)
        assert create_product(session, name="Lamp", status="draft").status == "draft"  # type: ignore[arg-type]
