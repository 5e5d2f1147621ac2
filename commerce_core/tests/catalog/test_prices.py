"""Prices through time: each takes effect by its moment, and the past stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog import (
    CellEdit,
    Product,
    Variant,
    cancel_price,
    create_price_list,
    create_product,
    create_variant,
    edit_variants,
    list_prices,
    plan_sale,
    price_of,
    set_price,
)
from commerce_core.clock import use_clock
from commerce_core.errors import (
    CurrencyMismatchError,
    InvalidStateError,
    InvalidTimeError,
    PriceNotFoundError,
)
from commerce_core.money import Money
from commerce_core.testing import FrozenClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[FrozenClock]:
    frozen = FrozenClock(NOON)
    with use_clock(frozen):
        yield frozen


def euro(amount: str) -> Money:
    return Money.of(amount, "EUR")


def lamp(session: Session) -> Variant:
    product = create_product(session, name="Lamp")
    return create_variant(session, product, sku="L-1", price=euro("20"))


def asked(session: Session, variant: Variant, *moments: datetime, **how: Any) -> list[str]:
    quotes = [price_of(session, variant, as_of=moment, **how) for moment in moments]
    return [str(quote.price) for quote in quotes]


def test_a_planned_price_takes_effect_by_its_moment(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        variant = lamp(session)
        set_price(session, variant, euro("25"), actor="ann", starts_at=NOON + 2 * DAY)
        last = NOON + 2 * DAY
        return asked(session, variant, NOON, last - timedelta(microseconds=1), last, last + DAY)

    assert run(step) == ["20.00 EUR", "20.00 EUR", "25.00 EUR", "25.00 EUR"]


def test_the_past_is_remembered_from_the_first_change_on(
    run: Callable[[Any], Any], clock: FrozenClock
) -> None:
    def step(session: Session) -> Any:
        variant = lamp(session)
        clock.move(days=1)
        set_price(session, variant, euro("22"), actor="ann")
        clock.move(days=1)
        edit = CellEdit(variant.id, "price", "24")
        edit_variants(session, session.get_one(Product, variant.product_id), [edit], actor="bob")
        history = [(str(p.amount), p.actor) for p in list_prices(session, variant)]
        return asked(session, variant, NOON, NOON + DAY, NOON + 2 * DAY), history, variant.price

    found, history, price = run(step)

    assert found == ["20.00 EUR", "22.00 EUR", "24.00 EUR"]
    assert history == [("24.0000", "bob"), ("22.0000", "ann"), ("20.0000", "system")]
    assert price == euro("24").amount


def test_a_sale_goes_before_the_regular_price_while_it_lasts(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        variant = lamp(session)
        plan_sale(session, variant, euro("15"), starts_at=NOON + DAY, ends_at=NOON + 2 * DAY,
                  actor="ann")  # fmt: skip
        during = price_of(session, variant, as_of=NOON + DAY)
        return asked(session, variant, NOON, NOON + DAY, NOON + 2 * DAY), during

    found, during = run(step)

    assert found == ["20.00 EUR", "15.00 EUR", "20.00 EUR"]
    assert during.is_sale
    assert during.compare_at == euro("20")
    assert during.valid_until == NOON + 2 * DAY


def test_the_list_of_a_channel_goes_first_then_the_higher_priority(
    run: Callable[[Any], Any],
) -> None:
    def step(session: Session) -> Any:
        variant = lamp(session)
        for code, channel, priority, amount in (
            ("low", None, 0, "19"), ("high", None, 5, "18"), ("shop", "web", 0, "17"),
        ):  # fmt: skip
            made = create_price_list(session, code=code, currency="EUR", channel=channel,
                                     priority=priority, actor="ann")  # fmt: skip
            set_price(session, variant, euro(amount), actor="ann", price_list=made)
        return (
            asked(session, variant, NOON),
            asked(session, variant, NOON, channel="web"),
            asked(session, variant, NOON, channel="fair"),
        )

    assert run(step) == (["18.00 EUR"], ["17.00 EUR"], ["18.00 EUR"])


def test_a_list_counts_while_it_is_in_force(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        variant = lamp(session)
        made = create_price_list(session, code="may", currency="EUR", actor="ann",
                                 valid_from=NOON + DAY, valid_until=NOON + 2 * DAY)  # fmt: skip
        set_price(session, variant, euro("9"), actor="ann", price_list=made)
        return asked(session, variant, NOON, NOON + DAY, NOON + 2 * DAY)

    assert run(step) == ["20.00 EUR", "9.00 EUR", "20.00 EUR"]


def test_another_currency_has_its_own_prices_or_none(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        variant = lamp(session)
        swiss = create_price_list(session, code="ch", currency="CHF", actor="ann")
        with pytest.raises(PriceNotFoundError):
            price_of(session, variant, as_of=NOON, currency="CHF")
        with pytest.raises(CurrencyMismatchError):
            set_price(session, variant, euro("1"), actor="ann", price_list=swiss)
        set_price(session, variant, Money.of("21", "CHF"), actor="ann", price_list=swiss)
        return asked(session, variant, NOON, currency="CHF"), asked(session, variant, NOON)

    assert run(step) == (["21.00 CHF"], ["20.00 EUR"])


def test_a_plan_can_be_taken_back_and_a_sale_ended_but_history_stays(
    run: Callable[[Any], Any], clock: FrozenClock
) -> None:
    def step(session: Session) -> Any:
        variant = lamp(session)
        planned = set_price(session, variant, euro("25"), actor="ann", starts_at=NOON + 2 * DAY)
        sale = plan_sale(session, variant, euro("15"), starts_at=NOON, ends_at=None, actor="ann")
        cancel_price(session, planned, actor="bob")
        clock.move(days=1)
        cancel_price(session, sale, actor="bob")
        with pytest.raises(InvalidStateError):
            cancel_price(session, sale, actor="bob")
        with pytest.raises(InvalidTimeError):
            set_price(session, variant, euro("1"), actor="bob", starts_at=NOON)
        return asked(session, variant, NOON, NOON + DAY, NOON + 3 * DAY)

    assert run(step) == ["15.00 EUR", "20.00 EUR", "20.00 EUR"]
