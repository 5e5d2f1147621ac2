"""What people can do to an order: each verb once, with the right it needs, for pages and API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from sqlalchemy.orm import Session

from commerce_core.flows import Flow, Transaction
from commerce_core.money import Money
from commerce_core.orders.attempts import attempt_flow
from commerce_core.orders.errors import FulfillmentNotFoundError
from commerce_core.orders.fulfilling import (
    allocate_order,
    deliver_fulfillment,
    fulfill_order,
    pack_fulfillment,
    ship_fulfillment,
)
from commerce_core.orders.fulfillment_models import Fulfillment, FulfillmentStatus
from commerce_core.orders.gateways import MANUAL, Answer, calls
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import Order
from commerce_core.orders.parcels import load_parcels
from commerce_core.orders.payments import confirm_order, record_payment
from commerce_core.orders.refunds import refund_order
from commerce_core.orders.undoing import (
    cancel_fulfillment,
    cancel_lines,
    cancel_order,
    hold_order,
    lose_fulfillment,
    refuse_fulfillment,
    release_order,
    reopen_order,
)
from commerce_core.records import number_of
from webapp.once import once_on
from webapp.orders.forms import ActionForm
from webapp.orders.shipping import ship_pieces
from webapp.records import get_record
from webapp.security import Right

Run = Callable[[Session, Order, ActionForm, str], object]


@dataclass(frozen=True, slots=True)
class Action:
    """A verb. ``needs`` names the fields without which it is refused."""

    verb: str
    trigger: Trigger
    right: Right
    run: Run | None
    """None where it takes more than one transaction."""
    needs: frozenset[str] = field(default_factory=frozenset)
    takes: frozenset[str] = field(default_factory=frozenset)
    """Fields that may be given, beside those it needs."""

    @property
    def asks(self) -> bool:
        """Whether people are asked something before it is done."""
        return bool(self.needs - {"parcel"} | self.takes)


def _confirm(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    why = form.reason or None
    confirm_order(session, order, actor=actor, reason=why, version=form.version)


def _pay(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    amount = Money.of(str(form.money), order.currency)
    record_payment(session, order, amount, actor=actor, reference=form.reference or None)


def _allocate(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    allocate_order(session, order, actor=actor, version=form.version)


def _fulfill(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    fulfill_order(session, order, actor=actor, version=form.version)


def _ship(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    way = {"carrier": form.carrier or None, "tracking_number": form.tracking_number or None}
    if form.parcel is None:
        ship_pieces(session, order, form.quantities, actor=actor, version=form.version, **way)
        return
    parcel = _parcel(session, order, form)
    pieces = form.quantities or None
    ship_fulfillment(session, parcel, actor=actor, quantities=pieces, version=form.version, **way)


def _pack(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    pack_fulfillment(session, _parcel(session, order, form), actor=actor, version=form.version)


def _deliver(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    if form.parcel is not None:
        parcel = _parcel(session, order, form)
        deliver_fulfillment(session, parcel, actor=actor, version=form.version)
        return
    version = form.version
    for one in load_parcels(session, order.id):
        if one.status is FulfillmentStatus.SHIPPED:
            deliver_fulfillment(session, one.row, actor=actor, version=version)
            version = None


def _unpack(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    parcel = _parcel(session, order, form)
    cancel_fulfillment(session, parcel, reason=form.reason, actor=actor, version=form.version)


def _lose(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    parcel = _parcel(session, order, form)
    lose_fulfillment(session, parcel, reason=form.reason, actor=actor, version=form.version)


def _refuse(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    refuse_fulfillment(
        session,
        _parcel(session, order, form),
        reason=form.reason,
        actor=actor,
        damaged=form.is_damaged,
        version=form.version,
    )


def _hold(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    hold_order(session, order, reason=form.reason, actor=actor, version=form.version)


def _release(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    why = form.reason or None
    release_order(session, order, actor=actor, reason=why, version=form.version)


def _cancel(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    cancel_order(session, order, reason=form.reason, actor=actor, version=form.version)


def _cancel_lines(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    cancel_lines(
        session, order, form.quantities, reason=form.reason, actor=actor, version=form.version
    )


def _reopen(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    reopen_order(session, order, reason=form.reason, actor=actor, version=form.version)


def _parcel(session: Session, order: Order, form: ActionForm) -> Fulfillment:
    """Return the parcel of the order that the form names; raises FulfillmentNotFoundError."""
    number = number_of(form.parcel) if form.parcel is not None else None
    found = session.get(Fulfillment, number) if number is not None else None
    if found is None or found.order_id != order.id:
        message = f"order {order.number} has no such parcel"
        raise FulfillmentNotFoundError(message, fulfillment_id=form.parcel)
    return found


_CLERK, _MANAGER = Right.PACK_ORDERS, Right.DECIDE_ORDERS
_WHY: Final = frozenset({"reason"})
_PARCEL: Final = frozenset({"parcel"})
_PIECES: Final = frozenset({"pieces"})
_T = Trigger

ACTIONS: Final = {
    action.verb: action
    for action in (
        Action("ship", _T.SHIP, _CLERK, _ship, _PIECES, frozenset({"tracking"})),
        Action("fulfill", _T.FULFILL, _CLERK, _fulfill),
        Action("allocate", _T.ALLOCATE, _CLERK, _allocate),
        Action("pack", _T.PACK, _CLERK, _pack, _PARCEL),
        Action("deliver", _T.DELIVER, _CLERK, _deliver),
        Action("unpack", _T.CANCEL_FULFILLMENT, _CLERK, _unpack, _PARCEL | _WHY),
        Action("lose", _T.LOSE, _CLERK, _lose, _PARCEL | _WHY),
        Action("refuse", _T.REFUSE, _CLERK, _refuse, _PARCEL | _WHY, frozenset({"damaged"})),
        Action("hold", _T.HOLD, _CLERK, _hold, _WHY),
        Action("release", _T.RELEASE, _CLERK, _release),
        Action("confirm", _T.CONFIRM, _MANAGER, _confirm, takes=_WHY),
        Action(
            "pay", _T.PAY, _MANAGER, _pay, frozenset({"amount"}), takes=frozenset({"reference"})
        ),
        Action("refund", _T.REFUND, _MANAGER, None, frozenset({"amount"}) | _WHY),
        Action("cancel-lines", _T.CANCEL_LINES, _MANAGER, _cancel_lines, _WHY | _PIECES),
        Action("cancel", _T.CANCEL, _MANAGER, _cancel, _WHY),
        Action("reopen", _T.REOPEN, _MANAGER, _reopen, _WHY),
    )
}
"""Every verb by its name in an address, in the order of the page."""


def act(action: Action, number: int, form: ActionForm, *, actor: str) -> Flow[int]:
    """Return the flow that does ``action`` to the order ``number``, once for each key of a form.

    What is refused is written down. The result is the order's id.
    """
    run = action.run
    if run is None:
        return _refund(number, form, actor=actor)

    def step(session: Session) -> int:
        return once_on(
            session,
            get_record(session, Order, number),
            lambda order: run(session, order, form, actor),
            actor=actor,
            verb=f"order.{action.verb}",
            key=form.key,
            content=form.content(number),
        )

    return attempt_flow(step)


def _refund(number: int, form: ActionForm, *, actor: str) -> Flow[int]:
    """Give money back; the gateways are asked while no transaction is open."""
    order: Order = yield Transaction(partial(get_record, kind=Order, number=number))
    amount = Money.of(str(form.money), order.currency)
    yield from refund_order(
        order, amount, reason=form.reason, actor=actor, idempotency_key=form.key
    )
    return order.id


async def ask_gateway(request: Any) -> Answer:
    """Ask the gateway that a request names. Of those that ship with the library, none waits."""
    return calls(MANUAL)(request)
