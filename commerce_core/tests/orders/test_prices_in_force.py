"""What an order costs is what is in force: by list, by moment, by channel and currency."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog.price_lists import create_price_list
from commerce_core.catalog.prices import plan_sale, set_price
from commerce_core.clock import use_clock, utc_now
from commerce_core.errors import PriceNotFoundError
from commerce_core.flows import run_flow
from commerce_core.money import Money
from commerce_core.orders.baskets import Checkout, CheckoutLine
from commerce_core.orders.changes import Addition, ChangeRequest, change_order, preview_change
from commerce_core.orders.checkout import place_order
from commerce_core.orders.errors import PriceChangedError
from commerce_core.orders.exchanges import exchange_return
from commerce_core.orders.fulfilling import ship_order
from commerce_core.orders.return_models import ReturnReason
from commerce_core.orders.returns import request_return
from commerce_core.tests.orders.shop import ACTOR, eur, lines_of, place, stock
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.testing import FrozenClock
    from commerce_core.tests.databases import Database

DAY = timedelta(days=1)


def priced(
    database: Database, variant: Variant, price: Money, *, channel: str | None = None
) -> None:
    """Put a price into a list of its own, for one channel or for all."""

    def step(session: Session) -> None:
        made = create_price_list(
            session,
            code=f"{channel}-{price}",
            currency=price.currency,
            channel=channel,
            actor=ACTOR,
        )
        set_price(session, variant, price, price_list=made, actor=ACTOR)

    database.run(step)


def total(database: Database, variant: Variant, **more: Any) -> Money:
    """Place an order of two pieces and return its total."""
    order = place(database, {variant: 2}, **more)
    return Money(order.total or Decimal(0), order.currency)


def test_an_order_is_at_the_price_of_its_channel_and_currency(database: Database) -> None:
    lamp = stock(database, "LAMP", 20)
    priced(database, lamp, eur("15.00"), channel="web")
    priced(database, lamp, eur("11.00"), channel="trade")
    priced(database, lamp, Money.of("21.00", "CHF"))

    assert total(database, lamp) == eur("30.00")
    assert total(database, lamp, channel="trade") == eur("22.00")
    assert total(database, lamp, channel="market") == eur("39.80")
    assert total(database, lamp, currency="CHF") == Money.of("42.00", "CHF")
    with pytest.raises(PriceNotFoundError, match="LAMP has no price in USD"):
        total(database, lamp, currency="USD")


def test_planned_prices_and_sales_reach_an_order_when_their_moment_has_come(
    database: Database, clock: FrozenClock
) -> None:
    with use_clock(clock):
        lamp = stock(database, "LAMP", 20)
        now = utc_now()
        database.run(lambda s: set_price(s, lamp, eur("25"), starts_at=now + 2 * DAY, actor=ACTOR))
        ends = now + 4 * DAY
        database.run(
            lambda s: plan_sale(
                s, lamp, eur("18"), starts_at=now + 3 * DAY, ends_at=ends, actor=ACTOR
            )
        )
        found = []
        for _ in range(5):
            found.append(total(database, lamp))
            clock.move(days=1)

        sold_before = total(database, lamp, placed_at=now + 3 * DAY)

    assert found == [eur("39.80"), eur("39.80"), eur("50"), eur("36"), eur("50")]
    assert sold_before == eur("36"), "it was sold while the sale was on"


def test_a_basket_that_was_shown_the_price_by_hand_is_told_the_one_in_force(
    database: Database,
) -> None:
    lamp = stock(database, "LAMP", 5)
    priced(database, lamp, eur("15.00"), channel="web")
    by_hand = Checkout([CheckoutLine(lamp, 1, shown_price=eur("19.90"))])
    in_force = Checkout([CheckoutLine(lamp, 1, shown_price=eur("15.00"))])

    with pytest.raises(PriceChangedError) as caught:
        run_flow(database.factory, place_order(by_hand, actor=ACTOR))

    assert (caught.value.shown, caught.value.now) == ("19.90 EUR", "15.00 EUR")
    assert run_flow(database.factory, place_order(in_force, actor=ACTOR)).total == 15


def test_prices_of_a_whole_basket_are_one_statement_and_none_where_nothing_was_repriced(
    database: Database,
) -> None:
    new = [stock(database, f"N{n}", 50) for n in range(3)]
    old = [stock(database, f"O{n}", 50) for n in range(3)]
    for variant in old:
        database.run(partial(set_price, variant=variant, price=eur("9"), actor=ACTOR))
    counts, totals = [], []
    for variants, price in ((new, None), (old, eur("7")), (old, None), (new + old, None)):
        lines = [CheckoutLine(variant, 1, price=price) for variant in variants]
        with recorded(database.engine) as sent:
            order = run_flow(database.factory, place_order(Checkout(lines), actor=ACTOR))
        counts.append(len(sent))
        totals.append(Money(order.total or Decimal(0), order.currency))

    named = counts[1]
    assert counts == [named, named, named + 1, named + 1]
    assert totals == [eur("59.70"), eur("21"), eur("27"), eur("86.70")]


def test_what_was_never_repriced_has_no_price_in_another_currency(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)

    assert total(database, lamp, currency="EUR") == eur("39.80")
    with pytest.raises(PriceNotFoundError, match="LAMP has no price in USD"):
        total(database, lamp, currency="USD")


def test_lines_that_are_added_and_exchanges_are_at_the_price_in_force(database: Database) -> None:
    lamp, bulb = stock(database, "LAMP", 5), stock(database, "BULB", 9)
    priced(database, bulb, eur("6.00"), channel="web")
    order = place(database, {lamp: 1})
    more = ChangeRequest(add=[Addition(bulb, 2)])
    preview = database.run(lambda s: preview_change(s, order, more))
    changed = database.run(lambda s: change_order(s, order, more, reason="more", actor=ACTOR))
    assert (preview.difference, str(changed.total)) == (eur("12.00"), "31.9000")

    database.run(lambda s: ship_order(s, order, actor=ACTOR))
    line, _ = lines_of(database, order)
    why = {line.id: (1, ReturnReason.OTHER)}
    found = database.run(lambda s: request_return(s, order, why, actor=ACTOR))
    new = database.run(lambda s: exchange_return(s, found, {bulb: 1}, actor=ACTOR))

    assert (str(new.total), new.currency) == ("6.0000", "EUR")
