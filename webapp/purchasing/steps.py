"""What the pages of purchase orders do to the books: one function a form, each a transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from commerce_core.inventory.models import StockLocation
from commerce_core.inventory.purchasing import (
    cancel_purchase_order,
    create_purchase_order,
    create_supplier,
    place_purchase_order,
    receive_purchase_order,
)
from commerce_core.inventory.purchasing_models import PurchaseOrder, Supplier
from commerce_core.money import Money
from webapp.deliveries import ReceiveForm
from webapp.fields import whole_of
from webapp.once import once
from webapp.purchasing.forms import PurchaseForm
from webapp.records import get_record


def draft(session: Session, form: PurchaseForm, actor: str) -> int:
    """Draft the order, with its supplier if that is new, and return its id."""

    def work() -> int:
        supplier = _supplier(session, form)
        location = get_record(session, StockLocation, whole_of(form.location) or 0)
        lines = {
            line.variant: (line.pieces, Money.of(line.unit_cost or 0, form.currency))
            for line in form.lines
            if line.variant
        }
        order = create_purchase_order(
            session, supplier, location, lines, actor=actor, expected_on=form.expected
        )
        return order.id

    lines = [(line.sku, line.quantity, line.cost) for line in form.lines]
    head = (form.supplier, form.new_supplier, form.location, form.currency, form.expected_on)
    return once(
        session,
        work,
        actor=actor,
        verb="create_purchase_order",
        key=form.key,
        content=(head, lines),
    )


def _supplier(session: Session, form: PurchaseForm) -> Supplier:
    if form.new_supplier:
        return create_supplier(session, name=form.new_supplier)
    return get_record(session, Supplier, whole_of(form.supplier) or 0)


def place(session: Session, number: int, actor: str) -> None:
    """Send a draft to the supplier."""
    place_purchase_order(session, get_record(session, PurchaseOrder, number), actor=actor)


def receive(session: Session, number: int, form: ReceiveForm, actor: str) -> None:
    """Book a delivery once, however often the form is sent."""

    def work() -> int:
        order = get_record(session, PurchaseOrder, number)
        return receive_purchase_order(session, order, form.received, actor=actor).id

    content = (number, sorted(form.received.items()))
    once(session, work, actor=actor, verb="receive_purchase_order", key=form.key, content=content)


def cancel(session: Session, number: int, actor: str) -> None:
    """End an order: what has not arrived is not expected any more."""
    cancel_purchase_order(session, get_record(session, PurchaseOrder, number), actor=actor)
