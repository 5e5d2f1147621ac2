"""What is done to a return: each verb once, with who may use it, and in which states it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from commerce_core.inventory.models import StockLocation
from commerce_core.money import Money
from commerce_core.orders.arrivals import inspect_return, receive_return
from commerce_core.orders.models import Order
from commerce_core.orders.refunds import refund_order
from commerce_core.orders.return_models import Return, ReturnStatus
from commerce_core.orders.returns import (
    approve_return,
    cancel_return,
    close_return,
    refunded_return,
    reject_return,
    send_return,
)
from webapp.database import Transact
from webapp.fields import text_of, whole_of
from webapp.once import once_on
from webapp.orders.actions import ask_gateway
from webapp.orders.forms import ActionForm
from webapp.records import get_record
from webapp.security import Right

Run = Callable[[Session, Return, ActionForm, str, int], object]
_S = ReturnStatus
_CLERK, _MANAGER = Right.PACK_ORDERS, Right.DECIDE_ORDERS
_ARRIVING: Final = frozenset({_S.APPROVED, _S.IN_TRANSIT, _S.PARTIALLY_RECEIVED})


@dataclass(frozen=True, slots=True)
class ReturnAction:
    """A verb, the states in which it is offered, and the fields it asks for."""

    verb: str
    right: Right
    states: frozenset[ReturnStatus]
    fields: frozenset[str] = frozenset()
    run: Run | None = None


def _receive(session: Session, found: Return, form: ActionForm, actor: str, place: int) -> None:
    location = get_record(session, StockLocation, place)
    receive_return(session, found, form.quantities, location, actor=actor, version=form.version)


ACTIONS: Final[Mapping[str, ReturnAction]] = {
    action.verb: action
    for action in (
        ReturnAction(
            "approve", _MANAGER, frozenset({_S.REQUESTED}), frozenset({"note"}),
            lambda s, r, f, who, _: approve_return(
                s, r, actor=who, note=f.reason or None, version=f.version
            ),
        ),
        ReturnAction(
            "reject", _MANAGER, frozenset({_S.REQUESTED}), frozenset({"reason"}),
            lambda s, r, f, who, _: reject_return(
                s, r, reason=f.reason, actor=who, version=f.version
            ),
        ),
        ReturnAction(
            "send", _CLERK, frozenset({_S.APPROVED}), frozenset({"tracking"}),
            lambda s, r, f, who, _: send_return(
                s, r, actor=who, tracking_number=f.tracking_number or None, version=f.version
            ),
        ),
        ReturnAction("receive", _CLERK, _ARRIVING, frozenset({"pieces", "location"}), _receive),
        ReturnAction(
            "inspect", _CLERK, frozenset({_S.PARTIALLY_RECEIVED, _S.RECEIVED}),
            frozenset({"damaged"}),
            lambda s, r, f, who, _: inspect_return(
                s, r, f.quantities, actor=who, version=f.version
            ),
        ),
        ReturnAction(
            "refund", _MANAGER, frozenset({_S.INSPECTED}), frozenset({"amount", "reason"})
        ),
        ReturnAction(
            "close", _MANAGER, frozenset({_S.INSPECTED, _S.REFUNDED}), frozenset(),
            lambda s, r, f, who, _: close_return(s, r, actor=who, version=f.version),
        ),
        ReturnAction(
            "cancel", _MANAGER, frozenset({_S.REQUESTED, _S.APPROVED, _S.IN_TRANSIT}),
            frozenset({"reason"}),
            lambda s, r, f, who, _: cancel_return(
                s, r, reason=f.reason, actor=who, version=f.version
            ),
        ),
    )
}  # fmt: skip
"""Every verb by its name in an address, in the order of the page."""


async def do(
    transact: Transact,
    action: ReturnAction,
    number: int,
    form: ActionForm,
    *,
    actor: str,
    location: int,
) -> None:
    """Do it, once for each key of a form."""
    if action.run is None:
        await _refund(transact, number, form, actor)
        return
    run = action.run

    def step(session: Session) -> int:
        return once_on(
            session,
            get_record(session, Return, number),
            lambda found: run(session, found, form, actor, location),
            actor=actor,
            verb=f"return.{action.verb}",
            key=form.key,
            content=(form.content(number), location),
        )

    await transact(step)


async def _refund(transact: Transact, number: int, form: ActionForm, actor: str) -> None:
    """Give money back for a return, then say so on the return."""

    def read(session: Session) -> tuple[Return, Order]:
        found = get_record(session, Return, number)
        return found, session.get_one(Order, found.order_id)

    found, order = await transact(read)
    amount = Money.of(str(form.money), order.currency)
    flow = refund_order(
        order, amount, reason=form.reason, actor=actor, of_return=found, idempotency_key=form.key
    )
    await transact.run(flow, perform=ask_gateway)

    def note(session: Session) -> None:
        current = get_record(session, Return, number)
        if current.status is ReturnStatus.INSPECTED:
            refunded_return(session, current, actor=actor)

    await transact(note)


def location_of(form: Mapping[str, Any]) -> int:
    """Return the location that a form names, 0 for none."""
    return whole_of(text_of(form, "location")) or 0
