"""Orders from elsewhere: a marketplace, another shop system, a file. Repeatable as it stands.

What was sold elsewhere is a fact: it is stored with its shortage, never refused, and takes no stock
that somebody else was promised. The same order again is compared with what was told of it last: a
change or a cancellation is applied while nothing is in a parcel, and becomes a task for somebody
after that. What somebody has changed here since stays, and becomes a task where it was changed
there as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.clock import require_aware, utc_now
from commerce_core.customers.models import Customer
from commerce_core.errors import InvalidInputError
from commerce_core.money import Money, to_units
from commerce_core.orders.addresses import missing_in
from commerce_core.orders.baskets import Checkout, CheckoutLine
from commerce_core.orders.case import lock_order
from commerce_core.orders.change_models import OrderTask, TaskKind
from commerce_core.orders.changes import change_order
from commerce_core.orders.errors import UnknownVariantError
from commerce_core.orders.history import write_history
from commerce_core.orders.models import Order, OrderLine, OrderStatus
from commerce_core.orders.payments import record_payment
from commerce_core.orders.placement import Terms, place_in_books
from commerce_core.orders.standing import balance
from commerce_core.orders.told import TOLD, news, told_before, told_now
from commerce_core.orders.undoing import cancel_order
from commerce_core.text import clean_text, searchable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.orders.external import ExternalOrder
    from commerce_core.orders.told import News

_ENDED: Final = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)


class Ingestion(StrEnum):
    """What became of an order from elsewhere. A task: not all of it, somebody has to decide."""

    CREATED = "created"
    HISTORY = "history"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Ingested:
    """An order from elsewhere as it is here now, and what will stop it from shipping, in words."""

    order: Order
    outcome: Ingestion
    obstacles: Sequence[str]


def ingest_order(
    session: Session,
    external: ExternalOrder,
    *,
    actor: str,
    cut_over: datetime | None = None,
) -> Ingested:
    """Bring in an order of another system, or what changed of it. The caller commits.

    Orders placed before ``cut_over``, and those that came cancelled, are history and touch no
    stock.

    Raises:
        UnknownVariantError: a SKU that this shop does not have.
        InvalidInputError, InvalidAddressError, InvalidTextError: a value cannot be accepted.
        DuplicateError: the channel has another order with this number.
    """
    found = _find(session, external)
    if found is not None:
        outcome = _compare(session, found, external, actor=actor)
        return _ingested(session, found.id, outcome)
    variants = _variants(session, external)
    placed_at = require_aware(external.placed_at, name="placed_at")
    is_past = cut_over is not None and placed_at < require_aware(cut_over, name="cut_over")
    if is_past or external.is_cancelled:  # either way it holds no stock here, and never did
        order = write_history(session, _checkout(session, external, variants), external)
        return Ingested(order, Ingestion.HISTORY, ())
    checkout = _checkout(session, external, variants)
    placed = place_in_books(
        session,
        checkout,
        actor=actor,
        terms=Terms(),
        allow_partial=True,
        reason=f"from {external.channel}",
    )
    order = placed.order
    if external.paid is not None and external.paid.units > 0:
        record_payment(session, order, external.paid, actor=actor, gateway=external.channel[:32])
    return _ingested(session, order.id, Ingestion.CREATED)


def shipping_obstacles(order: Order, lines: Sequence[OrderLine]) -> list[str]:
    """Return what will stop an order from shipping, in words; empty where nothing does."""
    if order.status not in {OrderStatus.PENDING, OrderStatus.PROCESSING} or order.is_history:
        return []
    found = [f"the address lacks {what}" for what in missing_in(order.shipping_address)]
    if order.held_at is not None:
        found.append(f"on hold: {order.hold_reason}")
    if order.status is OrderStatus.PENDING:
        found.append(f"{balance(order)} is still to be paid")
    found += [f"{line.short} of {line.code} not in stock" for line in lines if line.short > 0]
    return found


def list_tasks(session: Session, *, limit: int = 100) -> Sequence[OrderTask]:
    """Return the tasks that wait for somebody, the oldest first."""
    query = select(OrderTask).filter_by(done_at=None).order_by(OrderTask.created_at, OrderTask.id)
    return session.scalars(query.limit(limit)).all()


def close_task(session: Session, task: OrderTask, *, actor: str) -> OrderTask:
    """Note that somebody has dealt with a task. The caller commits; a repeat changes nothing."""
    lock_order(session, task.order_id)
    current = session.get_one(OrderTask, task.id, populate_existing=True)
    if current.done_at is None:
        current.done_at = utc_now()
        current.done_by = clean_text(actor, name="the actor", max_length=120)
        session.flush()
    return current


def _ingested(session: Session, order_id: int, outcome: Ingestion) -> Ingested:
    order = session.get_one(Order, order_id, populate_existing=True)
    return Ingested(order, outcome, shipping_obstacles(order, _lines(session, order)))


def _find(session: Session, external: ExternalOrder) -> Order | None:
    clean_text(external.external_id, name="the order's id", max_length=128)
    number = session.scalar(
        select(Order.id).filter_by(system=external.channel, external_id=external.external_id)
    )
    return None if number is None else lock_order(session, number)


def _lines(session: Session, order: Order) -> Sequence[OrderLine]:
    query = select(OrderLine).filter_by(order_id=order.id).order_by(OrderLine.position)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _variants(session: Session, external: ExternalOrder) -> dict[str, Variant]:
    if not external.lines:
        raise InvalidInputError("an order needs lines", external_id=external.external_id)
    keys = {line.sku: _key(line.sku) for line in external.lines}
    rows = session.scalars(select(Variant).where(Variant.sku_key.in_(keys.values())))
    by_key = {variant.sku_key: variant for variant in rows}
    unknown = sorted({sku for sku, key in keys.items() if key not in by_key})
    if unknown:
        message = f"order {external.number}: there is no variant {', '.join(unknown)}"
        raise UnknownVariantError(message, skus=unknown, external_id=external.external_id)
    return {sku: by_key[key] for sku, key in keys.items()}


def _key(sku: str) -> str:
    return "".join((searchable(sku) or "").split()).upper()


def _checkout(
    session: Session, external: ExternalOrder, variants: Mapping[str, Variant]
) -> Checkout:
    email = searchable(external.email)
    customer = None
    if email:
        customer = session.scalars(select(Customer).filter_by(email=email).limit(1)).first()
    return Checkout(
        [
            CheckoutLine(
                variants[x.sku],
                x.quantity,
                price=x.unit_price,
                tax_rate=x.tax_rate,
                discount=x.discount,
            )
            for x in external.lines
        ],
        charges=external.charges,
        channel=external.channel,
        number=external.number,
        customer=customer,
        shipping_address=external.shipping_address,
        discount=external.discount,
        system=external.channel,
        external_id=external.external_id,
        placed_at=external.placed_at,
        details={**external.details, TOLD: told_now(external, variants).as_json()},
    )


def _compare(session: Session, order: Order, external: ExternalOrder, *, actor: str) -> Ingestion:
    """Apply what is new there, or leave a task. What was heard before changes nothing again."""
    lines = _lines(session, order)
    before, heard = told_before(order, lines), external.fingerprint()
    if order.is_history or before.heard == heard:
        return Ingestion.UNCHANGED
    if external.is_cancelled:
        told = replace(before, heard=heard, is_cancelled=True)
        outcome = Ingestion.UNCHANGED
        if not before.is_cancelled:  # else somebody may have reopened it here since
            outcome = _cancel(session, order, external, actor=actor)
    else:
        found = news(order, lines, external, _variants(session, external))
        outcome = _apply(session, order, lines, external, found, actor=actor)
        told = replace(found.told, address=found.told.address or before.address)
    order.details = {**order.details, TOLD: told.as_json()}
    session.flush()
    return outcome


def _apply(
    session: Session,
    order: Order,
    lines: Sequence[OrderLine],
    external: ExternalOrder,
    found: News,
    *,
    actor: str,
) -> Ingestion:
    content: dict[str, Any] = {"clashes": list(found.clashes)} if found.clashes else {}
    is_open = order.status not in _ENDED
    has_changed = is_open and _take_money(session, order, external, actor=actor)
    if found.change is not None and is_open:
        if order.status is not OrderStatus.PROCESSING or any(line.fulfilled for line in lines):
            content["actions"] = found.change.as_json()
        else:
            reason = f"changed in {external.channel}"[:200]
            change_order(session, order, found.change, reason=reason, actor=actor)
            has_changed = True
    if not content and is_open and not _costs_one_of(order, found.totals):
        content["total"] = str(external.total())  # other prices: they are nobody's to guess
    if content and _leave_task(session, order, TaskKind.CHANGED_ELSEWHERE, content):
        return Ingestion.TASK
    return Ingestion.CHANGED if has_changed else Ingestion.UNCHANGED


def _costs_one_of(order: Order, totals: frozenset[int]) -> bool:
    return order.total is None or to_units(order.total) in totals


def _cancel(session: Session, order: Order, external: ExternalOrder, *, actor: str) -> Ingestion:
    if order.status in _ENDED:
        return Ingestion.UNCHANGED
    packed = any(line.fulfilled for line in _lines(session, order))
    if packed or order.status not in {OrderStatus.PENDING, OrderStatus.PROCESSING}:
        content = {"channel": external.channel}
        left = _leave_task(session, order, TaskKind.CANCELLED_ELSEWHERE, content)
        return Ingestion.TASK if left else Ingestion.UNCHANGED
    reason = f"cancelled in {external.channel}"[:200]
    cancel_order(session, order, reason=reason, actor=actor)
    return Ingestion.CANCELLED


def _take_money(session: Session, order: Order, external: ExternalOrder, *, actor: str) -> bool:
    """Record what has come in there since, and tell whether anything has."""
    paid = external.paid
    if paid is None or paid.amount <= order.paid:
        return False
    more = paid - Money(order.paid, order.currency)
    record_payment(session, order, more, actor=actor, gateway=external.channel[:32])
    return True


def _leave_task(session: Session, order: Order, kind: TaskKind, content: dict[str, Any]) -> bool:
    """Leave a task, unless one with the same content waits already; tell whether it was left."""
    query = select(OrderTask).filter_by(order_id=order.id, kind=kind, done_at=None)
    if any(task.content == content for task in session.scalars(query)):
        return False
    session.add(OrderTask(order_id=order.id, kind=kind, content=content))
    session.flush()
    return True
