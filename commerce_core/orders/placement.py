"""Put an order into the books: reserve or allocate its stock and write all of it in one go.

The first phase of a checkout, and all of it where nobody has to be asked for money. Two
statements on PostgreSQL, however many lines; three where a variant was ever repriced.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import IntegrityError

from commerce_core.customers.models import Customer
from commerce_core.errors import DuplicateError, InvalidTimeError
from commerce_core.inventory import ledger
from commerce_core.inventory.baskets import DEFAULT_STRATEGY
from commerce_core.inventory.hold_checks import MAX_HOLD
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.inventory.promises import Wish, promise_lines
from commerce_core.journal import RowsTogether
from commerce_core.orders.baskets import Checkout, amounts, line_rows, prices
from commerce_core.orders.event_models import OrderEvent
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus, PaymentStatus
from commerce_core.orders.payment_models import Payment
from commerce_core.orders.placement_reads import Reading, at_prices_in_force, read_and_lock
from commerce_core.records import id_of
from commerce_core.text import clean_optional, clean_text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.inventory.strategies import Strategy
    from commerce_core.orders.amounts import OrderAmounts
    from commerce_core.orders.gateways import PaymentGateway
    from commerce_core.orders.placement_reads import Offer

PAY_AT_ONCE: Final = timedelta(minutes=30)
"""How long an order waits for a gateway that is asked at the checkout …"""
PAY_LATER: Final = timedelta(days=7)
"""… and for money that comes by itself."""
_GRACE: Final = timedelta(minutes=10)
"""Stock is held a little longer than the order, so that expiry finds it still there."""


class OrderKeyTakenError(Exception):
    """Somebody placed an order under this key at the same moment. Look it up."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How an order is paid: None for the gateway means on account, at once."""

    gateway: PaymentGateway | None = None
    pay_within: timedelta | None = None

    def waits(self) -> timedelta:
        """Return how long the order waits for its money; raises InvalidTimeError."""
        usual = PAY_AT_ONCE if self.gateway and self.gateway.is_immediate else PAY_LATER
        span = usual if self.pay_within is None else self.pay_within
        if not timedelta(minutes=1) <= span <= MAX_HOLD - _GRACE:
            message = f"an order waits from a minute to 29 days for its money, not {span}"
            raise InvalidTimeError(message, pay_within=str(span))
        return span


@dataclass(frozen=True, slots=True)
class Placed:
    """An order in the books. ``is_new`` is False where the key led to one before."""

    order: Order
    is_new: bool
    payment_id: int | None = None
    request_key: str | None = None


def place_in_books(
    session: Session,
    checkout: Checkout,
    *,
    actor: str,
    terms: Terms,
    strategy: Strategy = DEFAULT_STRATEGY,
    allow_partial: bool = False,
    idempotency_key: str | None = None,
    reason: str | None = None,
) -> Placed:
    """Write the order of ``checkout``; its stock is reserved, or allocated where nothing is owed.

    With ``allow_partial`` what is short stays short instead of being refused. The caller commits.

    Raises:
        InsufficientStockError, VariantArchivedError: something cannot be had.
        PriceChangedError, CurrencyMismatchError, InvalidAddressError, InvalidInputError: the
            checkout cannot be accepted.
        PriceNotFoundError: something has no price in the currency of the checkout.
        DuplicateError: the channel has an order with this number.
        OrderKeyTakenError: somebody else uses the key right now (internal).
    """
    ids = checkout.variant_ids()
    address = checkout.address()
    count = len(checkout.lines) + len(checkout.charges)
    who = clean_text(actor, name="the actor", max_length=120)
    reading = read_and_lock(session, ids, lines=count, actor=who, key=idempotency_key)
    if reading.earlier_id is not None:
        order = session.get_one(Order, reading.earlier_id, populate_existing=True)
        return Placed(order, is_new=False)
    batch = ledger.Batch(session, actor=who)
    offers = _priced(batch, reading, checkout)
    sold_for = prices(checkout, offers)
    cost = amounts(checkout, sold_for)
    lines = line_rows(checkout, offers, sold_for, cost)
    owes = terms.gateway is not None and cost.total.units > 0
    draft = _Draft(reading, cost, batch.now, who, idempotency_key, terms, owes=owes)
    wishes = [
        Wish(number, variant_id, line.quantity)
        for number, variant_id, line in zip(reading.line_ids, ids, checkout.lines, strict=False)
    ]
    hold = terms.waits() + _GRACE if owes else None
    promise_lines(
        batch,
        wishes,
        strategy=strategy,
        hold=hold,
        allow_partial=allow_partial,
        locked=reading.levels,
    )
    rows, of_order, payment_row = draft.rows(checkout, address, lines, wishes, reason)
    _write(batch, rows, checkout)
    order = persistent(session, Order, of_order)
    key = payment_row["request_key"] if payment_row else None
    return Placed(order, is_new=True, payment_id=reading.payment_id, request_key=key)


def _priced(batch: ledger.Batch, reading: Reading, checkout: Checkout) -> dict[int, Offer]:
    return at_prices_in_force(
        batch.session,
        reading.offers,
        [line.variant.id for line in checkout.lines if line.price is None],
        as_of=checkout.placed_at or batch.now,
        channel=checkout.channel.strip(),
        currency=checkout.currency,
    )


def _write(batch: ledger.Batch, rows: RowsTogether, checkout: Checkout) -> None:
    try:
        if batch.is_empty:
            rows.write(batch.session)
        else:
            batch.write(rows)
    except IntegrityError as exc:
        problem = str(exc.orig)
        if "idempotency_key" in problem:
            raise OrderKeyTakenError from exc
        if "commerce_order" in problem and ("number" in problem or "external_id" in problem):
            number = checkout.number or checkout.external_id
            message = f"{checkout.channel} has an order {number} already"
            raise DuplicateError(message, channel=checkout.channel, number=number) from exc
        raise


@dataclass(frozen=True, slots=True)
class _Draft:
    """What the rows of a new order are made of."""

    reading: Reading
    cost: OrderAmounts
    now: datetime
    actor: str
    key: str | None
    terms: Terms
    owes: bool

    def rows(
        self,
        checkout: Checkout,
        address: dict[str, Any] | None,
        lines: list[dict[str, Any]],
        wishes: list[Wish],
        reason: str | None,
    ) -> tuple[RowsTogether, dict[str, Any], dict[str, Any] | None]:
        """Return all rows, that of the order, and that of the payment if there is one."""
        rows = RowsTogether()
        short = 0 if self.owes else sum(wish.quantity - wish.granted for wish in wishes)
        order = self._order(checkout, address) | {"short": short}
        rows.insert(Order, order)
        granted = {wish.line_id: wish for wish in wishes}
        for number, line in zip(self.reading.line_ids, lines, strict=True):
            row = line | {"id": number, "order_id": order["id"]}
            wish = granted.get(number)
            if wish is not None and line["kind"] is LineKind.GOODS:
                row["allocated"] = 0 if self.owes else wish.granted
                row["parts"] = {str(k): n for k, n in wish.parts.items()} if wish.is_kit else None
            rows.insert(OrderLine, row)
        payment = self._payment(order) if self.owes else None
        if payment is not None:
            rows.insert(Payment, payment)
        rows.insert(OrderEvent, self._event(order, checkout, reason))
        return rows, order, payment

    def _order(self, checkout: Checkout, address: dict[str, Any] | None) -> dict[str, Any]:
        number = self.reading.order_id
        told = clean_optional(checkout.number, name="the order's number", max_length=64)
        country = checkout.country or (address or {}).get("country")
        return {
            "id": number,
            "channel": clean_text(checkout.channel, name="the channel", max_length=64),
            "number": told or f"S{number:05d}",
            "customer_id": id_of(checkout.customer, Customer) if checkout.customer else None,
            "status": OrderStatus.PENDING if self.owes else OrderStatus.PROCESSING,
            "currency": self.cost.total.currency,
            "country": clean_optional(country, name="the country", max_length=64),
            "placed_at": checkout.placed_at or self.now,
            "created_at": self.now,
            "shipping_address": address,
            "details": dict(checkout.details),
            "system": checkout.system,
            "external_id": checkout.external_id,
            "version": 1,
            "is_history": False,
            "is_tax_included": checkout.is_tax_included,
            "total": self.cost.total.amount,
            "tax": self.cost.tax.amount,
            "paid": Decimal(0),
            "refunded": Decimal(0),
            "payment_status": self._payment_status(),
            "expires_at": self.now + self.terms.waits() if self.owes else None,
            "placed_by": self.actor,
            "idempotency_key": self.key,
        }

    def _payment_status(self) -> PaymentStatus | None:
        if not self.owes or self.terms.gateway is None:
            return None
        is_asked = self.terms.gateway.is_immediate
        return PaymentStatus.CHARGING if is_asked else PaymentStatus.PENDING

    def _payment(self, order: dict[str, Any]) -> dict[str, Any]:
        number = self.reading.payment_id
        return {
            "id": number,
            "order_id": order["id"],
            "gateway": self.terms.gateway.name if self.terms.gateway else "",
            "status": order["payment_status"],
            "amount": order["total"],
            "currency": order["currency"],
            "request_key": f"{order['number']}-{number}-{secrets.token_hex(6)}",
            "actor": self.actor,
            "asked_at": self.now,
            "created_at": self.now,
        }

    def _event(
        self, order: dict[str, Any], checkout: Checkout, reason: str | None
    ) -> dict[str, Any]:
        return {
            "order_id": order["id"],
            "trigger": Trigger.PLACE.value,
            "to_status": order["status"],
            "reason": reason,
            "facts": {"asked": checkout.fingerprint()} if self.key else None,
            "actor": self.actor,
            "version": 1,
            "occurred_at": self.now,
            "recorded_at": self.now,
        }
