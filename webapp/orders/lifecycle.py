"""What each verb of an order's life does with a form: one call of the library, or a few."""

from __future__ import annotations

from sqlalchemy.orm import Session

from commerce_core.money import Money
from commerce_core.orders import ingest
from commerce_core.orders.change_models import OrderTask
from commerce_core.orders.errors import FulfillmentNotFoundError
from commerce_core.orders.fulfilling import (
    allocate_order,
    deliver_fulfillment,
    fulfill_order,
    pack_fulfillment,
    ship_fulfillment,
)
from commerce_core.orders.fulfillment_models import Fulfillment, FulfillmentStatus
from commerce_core.orders.models import Order
from commerce_core.orders.parcels import load_parcels
from commerce_core.orders.payments import confirm_order, record_payment
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
from webapp.orders.forms import ActionForm
from webapp.orders.shipping import ship_pieces
from webapp.records import RecordNotFoundError, get_record


def confirm(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Let it go ahead without money."""
    why = form.reason or None
    confirm_order(session, order, actor=actor, reason=why, version=form.version)


def pay(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Record money that came in."""
    amount = Money.of(str(form.money), order.currency)
    record_payment(session, order, amount, actor=actor, reference=form.reference or None)


def allocate(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Promise what is in stock now."""
    allocate_order(session, order, actor=actor, version=form.version)


def fulfill(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Put what is promised into parcels."""
    fulfill_order(session, order, actor=actor, version=form.version)


def ship(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Send a parcel, or pieces whichever parcels they lie in."""
    way = {"carrier": form.carrier or None, "tracking_number": form.tracking_number or None}
    if form.parcel is None:
        ship_pieces(session, order, form.quantities, actor=actor, version=form.version, **way)
        return
    parcel = _parcel(session, order, form)
    pieces = form.quantities or None
    ship_fulfillment(session, parcel, actor=actor, quantities=pieces, version=form.version, **way)


def pack(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Pack a parcel."""
    pack_fulfillment(session, _parcel(session, order, form), actor=actor, version=form.version)


def deliver(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Note that a parcel, or every parcel under way, has arrived."""
    if form.parcel is not None:
        parcel = _parcel(session, order, form)
        deliver_fulfillment(session, parcel, actor=actor, version=form.version)
        return
    version = form.version
    for one in load_parcels(session, order.id):
        if one.status is FulfillmentStatus.SHIPPED:
            deliver_fulfillment(session, one.row, actor=actor, version=version)
            version = None


def unpack(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Take a parcel apart."""
    parcel = _parcel(session, order, form)
    cancel_fulfillment(session, parcel, reason=form.reason, actor=actor, version=form.version)


def lose(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Report a parcel lost."""
    parcel = _parcel(session, order, form)
    lose_fulfillment(session, parcel, reason=form.reason, actor=actor, version=form.version)


def refuse(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Take a parcel back."""
    refuse_fulfillment(
        session,
        _parcel(session, order, form),
        reason=form.reason,
        actor=actor,
        damaged=form.is_damaged,
        version=form.version,
    )


def hold(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Stop it."""
    hold_order(session, order, reason=form.reason, actor=actor, version=form.version)


def release(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Let it go on."""
    why = form.reason or None
    release_order(session, order, actor=actor, reason=why, version=form.version)


def cancel(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """End it."""
    cancel_order(session, order, reason=form.reason, actor=actor, version=form.version)


def drop_pieces(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Take pieces off."""
    cancel_lines(
        session, order, form.quantities, reason=form.reason, actor=actor, version=form.version
    )


def reopen(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Let it live again."""
    reopen_order(session, order, reason=form.reason, actor=actor, version=form.version)


def close_task(session: Session, order: Order, form: ActionForm, actor: str) -> None:
    """Note that somebody has dealt with a task of the order; raises RecordNotFoundError."""
    found = get_record(session, OrderTask, form.task or 0)
    if found.order_id != order.id:
        message = f"order {order.number} has no such task"
        raise RecordNotFoundError(message, number=str(form.task)[:40])
    ingest.close_task(session, found, actor=actor)


def _parcel(session: Session, order: Order, form: ActionForm) -> Fulfillment:
    """Return the parcel of the order that the form names; raises FulfillmentNotFoundError."""
    number = number_of(form.parcel) if form.parcel is not None else None
    found = session.get(Fulfillment, number) if number is not None else None
    if found is None or found.order_id != order.id:
        message = f"order {order.number} has no such parcel"
        raise FulfillmentNotFoundError(message, fulfillment_id=form.parcel)
    return found
