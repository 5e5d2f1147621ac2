"""What living shoppers do: fill a basket, go to the checkout or away, buy at the till.

Functions on a session, on a shelf that may be empty by now; the caller commits.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from commerce_core.catalog.models import Product, Variant
from commerce_core.catalog.prices import price_of
from commerce_core.clock import utc_now
from commerce_core.customers.models import Customer
from commerce_core.inventory import (
    Cause,
    Reservation,
    StockLocation,
    list_levels,
    list_locations,
    release_reservation,
    reserve_stock,
    ship_stock,
)
from commerce_core.money import Money
from commerce_core.orders.baskets import Checkout, CheckoutLine
from commerce_core.orders.fulfilling import deliver_order
from commerce_core.orders.gateways import MANUAL
from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus
from commerce_core.orders.payments import record_payment
from commerce_core.orders.placement import Terms, place_in_books
from webapp.demo.addresses import type_address
from webapp.demo.people import make_name
from webapp.demo.plan import SHOP, WEB
from webapp.demo.randomness import Urn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from sqlalchemy.orm import Session

ACTOR: Final = "demo shopper"
_PIECES: Final = Urn((1, 2, 3, 6), (80, 14, 4, 2))
_GUEST_RATE: Final = 0.25
_PAYS_LATER_RATE: Final = 0.12
_PATIENCE_RATE: Final = 0.5
_SECOND_CHOICE_RATE: Final = 0.35
_HOLD: Final = (timedelta(minutes=2), timedelta(minutes=8))
"""How long a basket is held that nobody takes to the checkout."""


def fill_basket(session: Session, dice: Random, wishes: Sequence[int]) -> list[int]:
    """Reserve of the wished variants what is there; return the ids of the reservations."""
    minutes = dice.uniform(*(hold.total_seconds() for hold in _HOLD))
    found = []
    for number in wishes:
        variant = session.get_one(Variant, number)
        pieces = _PIECES.draw(dice)
        place = _shelf(session, dice, variant, pieces)
        if place is None:
            continue
        hold = timedelta(seconds=minutes)
        reservation = reserve_stock(
            session, variant, place, quantity=pieces, actor=ACTOR, expires_in=hold
        )
        found.append(reservation.id)
    return found


def _shelf(session: Session, dice: Random, variant: Variant, pieces: int) -> StockLocation | None:
    """Return the location to send from: the first or the second, and others only if they must."""
    available = {level.location_id: level.available for level in list_levels(session, variant)}
    places = [place for place in list_locations(session) if place.is_open]
    if len(places) > 1 and dice.random() < _SECOND_CHOICE_RATE:
        places[0], places[1] = places[1], places[0]
    return next((place for place in places if available.get(place.id, 0) >= pieces), None)


def leave_basket(session: Session, basket: Sequence[int]) -> int:
    """Put everything back on the shelf; return how many lines that were."""
    for number in basket:
        release_reservation(session, session.get_one(Reservation, number), actor=ACTOR)
    return len(basket)


def check_out(session: Session, dice: Random, basket: Sequence[int]) -> Order | None:
    """Order what a basket holds, but for what has expired; None where nothing is left of it.

    Most pay at once; some send the money later, which the packers wait for; a few never do.
    """
    held = [session.get_one(Reservation, number) for number in basket]
    held = [reservation for reservation in held if reservation.expires_at > utc_now()]
    if not held:
        return None
    for reservation in held:
        release_reservation(session, reservation, actor=ACTOR)
    wanted = [(session.get_one(Variant, one.variant_id), one.quantity) for one in held]
    return place_and_pay(session, dice, wanted, pays=dice.random() >= _PAYS_LATER_RATE)


def place_and_pay(
    session: Session,
    dice: Random,
    wanted: Iterable[tuple[Variant, int]],
    *,
    pays: bool = True,
    actor: str = ACTOR,
) -> Order:
    """Order pieces of variants for somebody, a guest now and then, and pay unless told not to.

    Each at what it costs at this moment: in a sale, or by a planned price.
    """
    lines = [
        CheckoutLine(variant, pieces, price=price_of(session, variant, as_of=utc_now()).price)
        for variant, pieces in wanted
    ]
    customer = _somebody(session, dice) if dice.random() >= _GUEST_RATE else None
    typed = type_address(dice, customer.name if customer and customer.name else make_name(dice))
    checkout = Checkout(
        lines,
        number=_next_number(session, WEB),
        customer=customer,
        shipping_address=typed.address,
        country=typed.address["country"],
    )
    order = place_in_books(session, checkout, actor=actor, terms=Terms(MANUAL)).order
    if pays and order.total:
        owed = Money(order.total, order.currency)
        record_payment(session, order, owed, actor=actor, reference=f"CARD {order.number}")
    return order


def pay_late(session: Session, dice: Random) -> Order | None:
    """Let the money of some order come in; None where nobody pays."""
    query = select(Order).filter_by(status=OrderStatus.PENDING, is_history=False)
    order = session.scalars(query.order_by(Order.placed_at, Order.id).limit(1)).first()
    if order is None or not order.total or dice.random() < _PATIENCE_RATE:
        return None
    record_payment(session, order, Money(order.total, order.currency), actor=ACTOR)
    return order


def arrive(session: Session) -> bool:
    """Let a parcel arrive; False where none is under way."""
    query = select(Order).filter_by(status=OrderStatus.SHIPPED, is_history=False)
    order = session.scalars(query.order_by(Order.placed_at, Order.id).limit(1)).first()
    if order is None:
        return False
    deliver_order(session, order, actor=ACTOR)
    return True


def buy_in_shop(session: Session, wishes: Sequence[int]) -> Order | None:
    """Buy at the till of the last location what is there; None if nothing is."""
    places = [place for place in list_locations(session) if place.is_open]
    basket = [number for number in wishes if places and _is_there(session, number, places[-1])]
    if not basket:
        return None
    order = _order(session, basket[0])
    for number in basket:
        line = _line(session, order, number, 1)
        variant, cause = session.get_one(Variant, number), Cause("order_line", str(line.id))
        ship_stock(session, variant, places[-1], quantity=1, actor=ACTOR, cause=cause)
    return order


def _is_there(session: Session, variant_id: int, place: StockLocation) -> bool:
    levels = list_levels(session, session.get_one(Variant, variant_id))
    return any(level.location_id == place.id and level.available > 0 for level in levels)


def _order(session: Session, variant_id: int) -> Order:
    """Write down what was sold at the till: it is paid and carried away, so it is history."""
    order = Order(
        channel=SHOP,
        number=_next_number(session, SHOP),
        status=OrderStatus.DELIVERED,
        currency=session.get_one(Variant, variant_id).currency,
        country="DE",
        placed_at=utc_now(),
    )
    session.add(order)
    session.flush()
    return order


def _somebody(session: Session, dice: Random) -> Customer | None:
    last = session.scalar(select(func.max(Customer.id))) or 0
    return session.get(Customer, dice.randint(1, last)) if last else None


def _next_number(session: Session, channel: str) -> str:
    """Return the number after the last one of the channel: "20432", or "K-02611" at the till."""
    own = Order.number.not_like("S%")  # those with an S were numbered by the library
    query = select(Order.number).where(Order.channel == channel, own)
    last = session.scalar(query.order_by(Order.id.desc()).limit(1))
    digits = (last or "").removeprefix("K-")
    number = int(digits) + 1 if digits.isdecimal() else 1
    return str(number) if channel == WEB else f"K-{number:05d}"


def _line(session: Session, order: Order, variant_id: int, pieces: int) -> OrderLine:
    variant = session.get_one(Variant, variant_id)
    product = session.get_one(Product, variant.product_id)
    lines = select(func.count()).select_from(OrderLine).filter_by(order_id=order.id)
    line = OrderLine(
        order_id=order.id,
        position=(session.scalar(lines) or 0) + 1,
        kind=LineKind.GOODS,
        variant_id=variant.id,
        code=variant.sku,
        name=f"{product.name}, {variant.name}"[:200],
        quantity=pieces,
        unit_price=price_of(session, variant, as_of=utc_now()).price.amount,
    )
    session.add(line)
    session.flush()
    return line
