"""What the templates of one order are given: what happened, what can be done, what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from commerce_core.money import Money
from commerce_core.orders.amounts import line_value
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import LineKind, OrderLine, OrderStatus
from commerce_core.orders.standing import balance, payment_standing_of
from webapp.accounts.sessions import Identity
from webapp.errors import Problem
from webapp.fields import new_key
from webapp.orders.actions import ACTIONS, Action
from webapp.orders.diagram import draw
from webapp.orders.reading import OrderPage, cancellable
from webapp.orders.verbs import address_of
from webapp.security import Right

PATH = "/orders"
_ON_THE_PAGE = (
    "ship",
    "fulfill",
    "allocate",
    "deliver",
    "confirm",
    "pay",
    "hold",
    "release",
    "refund",
    "address",
    "change",
    "merge",
    "claim",
    "cancel-lines",
    "cancel",
    "reopen",
)
"""Verbs of the whole order, in the order of the page. Those of a parcel stand beside it."""


_CHANGING = {OrderStatus.PENDING, OrderStatus.PROCESSING}


@dataclass(frozen=True, slots=True)
class Offer:
    """A verb on the page. ``refused`` says in words why it is not possible now."""

    action: Action
    is_allowed: bool
    refused: str
    code: str
    has_right: bool

    @property
    def address(self) -> str:
        """The end of its address."""
        return address_of(self.action)


def offer(page: OrderPage, verb: str, user: Identity | None) -> Offer:
    """Return whether a verb can be used now by ``user``."""
    action = ACTIONS[verb]
    if action.trigger is None:
        return Offer(action, True, "", "", action.right.belongs_to(user))
    state = page.triggers[action.trigger]
    code, words = state.refusal or "", state.words or ""
    is_allowed = state.is_allowed
    if verb == "ship" and is_allowed and not any(page.ready.values()):
        is_allowed, code, words = False, "nothing_ready", "nothing of it lies ready in stock"
    if verb == "merge" and is_allowed and not page.mergeable:
        is_allowed, code = False, "nothing_alike"
        words = "the customer has no other open order to the same address"
    if verb == "cancel-lines" and is_allowed and not any(cancellable(page).values()):
        is_allowed, code, words = False, "all_packed", "all of it is in parcels: unpack them first"
    if verb == "change" and is_allowed and page.order.status is OrderStatus.PENDING:
        is_allowed, code, words = False, "unpaid", "it waits for its money"
    return Offer(action, is_allowed, words, code, action.right.belongs_to(user))


def order_context(
    page: OrderPage,
    user: Identity | None,
    *,
    done: str = "",
    problem: Problem | None = None,
) -> dict[str, Any]:
    """Return what the page of an order shows."""
    order = page.order
    offers = {verb: offer(page, verb, user) for verb in ACTIONS}
    passed = [event.to_status for event in page.whole.events if event.refusal is None]
    allowed = {state.trigger for state in page.triggers.values() if state.is_allowed}
    return {
        "page": page,
        "order": order,
        "standing": page.whole.standing.value,
        "payment": payment_standing_of(order).value,
        "balance": balance(order),
        "offers": [offers[verb] for verb in _ON_THE_PAGE if _is_worth_a_line(offers[verb], page)],
        "of_parcels": offers,
        "lines": [(line, _total(page, line)) for line in page.whole.lines],
        "sums": _sums(page),
        "ready": sum(page.ready.values()),
        "drawing": draw(order.status, [one for one in passed if one], allowed),
        "story": list(reversed(page.whole.events)),
        "line_names": {str(line.id): line.name or line.code for line in page.whole.lines},
        "parcel_numbers": {one.row.id: f"{order.number}-{one.row.number}" for one in page.parcels},
        "sees_people": Right.VIEW_CUSTOMERS.belongs_to(user),
        "may_pack": Right.PACK_ORDERS.belongs_to(user),
        "money_of": lambda amount: Money(amount, order.currency),
        "stream": f"/live/orders?order={order.id}&after={page.cursor}",
        "parcel_verbs": PARCEL_VERBS,
        "replacements": {one.return_id: one.order_id for one in page.whole.exchanges},
        "returns_state": page.triggers.get(Trigger.RETURN),
        "new_key": new_key,
        "done": done,
        "problem": problem,
        "dialog": "",
    }


def _is_worth_a_line(found: Offer, page: OrderPage) -> bool:
    """Leave out what means nothing for the state: confirming what is confirmed, and the like."""
    status = page.order.status
    verb = found.action.verb
    hidden = {
        "confirm": status is not OrderStatus.PENDING,
        "release": page.order.held_at is None,
        "hold": page.order.held_at is not None,
        "reopen": status not in {OrderStatus.CANCELLED, OrderStatus.EXPIRED},
        "allocate": not page.order.short,
        "refund": not page.order.paid,
        "merge": status is not OrderStatus.PROCESSING,
        "address": status not in _CHANGING,
        "change": status not in _CHANGING,
    }
    return not page.order.is_history and not hidden.get(verb, False)


def _total(page: OrderPage, line: OrderLine) -> Money:
    value = line_value(page.order, line, line.wanted)
    return Money(value.total, page.order.currency)


def _sums(page: OrderPage) -> dict[str, Money]:
    """Return the amounts of the order as it is wanted now."""
    order, lines = page.order, page.whole.lines
    zero = Money.of(0, order.currency)
    goods = [line for line in lines if line.kind is LineKind.GOODS]
    before = sum((line.unit_price * line.wanted for line in goods), Decimal(0))
    discount = sum((_share(line) for line in lines), Decimal(0))
    worth = sum((line.unit_price * line.wanted - _share(line) for line in lines), Decimal(0))
    total = order.total if order.total is not None else worth
    return {
        "goods": Money(before, order.currency),
        "discount": Money(discount, order.currency),
        "total": Money(total, order.currency),
        "tax": zero if order.tax is None else Money(order.tax, order.currency),
        "paid": Money(order.paid, order.currency),
        "refunded": Money(order.refunded, order.currency),
    }


def _share(line: OrderLine) -> Decimal:
    return line.discount if line.wanted == line.quantity else _part(line)


def _part(line: OrderLine) -> Decimal:
    return (line.discount * line.wanted / line.quantity) if line.quantity else Decimal(0)


PARCEL_VERBS = {
    "pending": ("ship", "pack", "unpack"),
    "packed": ("ship", "unpack"),
    "shipped": ("deliver", "lose", "refuse"),
}
"""What can be done with a parcel, by its state."""
