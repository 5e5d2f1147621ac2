"""Orders from elsewhere: a marketplace, another shop system, a file. Repeatable as it stands.

What was sold elsewhere is a fact: it is stored with its shortage, never refused, and takes no stock
that somebody else was promised. The same order again is compared with what is here: a change or a
cancellation is applied while nothing is in a parcel, and becomes a task for somebody after that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.clock import require_aware, utc_now
from commerce_core.customers.models import Customer
from commerce_core.errors import InvalidInputError
from commerce_core.money import Money
from commerce_core.orders.addresses import checked_address, missing_in
from commerce_core.orders.baskets import Checkout, CheckoutLine
from commerce_core.orders.case import lock_order
from commerce_core.orders.change_models import OrderTask, TaskKind
from commerce_core.orders.changes import Addition, ChangeRequest, change_order
from commerce_core.orders.errors import UnknownVariantError
from commerce_core.orders.history import write_history
from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus
from commerce_core.orders.payments import record_payment
from commerce_core.orders.placement import Terms, place_in_books
from commerce_core.orders.standing import balance
from commerce_core.orders.undoing import cancel_order
from commerce_core.text import clean_text, searchable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from commerce_core.orders.external import ExternalLine, ExternalOrder

_SEEN: Final = "elsewhere"
"""The key in an order's details under which stands what was last heard of it."""


class Ingestion(StrEnum):
    """What became of an order from elsewhere."""

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
        details={**external.details, _SEEN: external.fingerprint()},
    )


def _compare(session: Session, order: Order, external: ExternalOrder, *, actor: str) -> Ingestion:
    """Apply what is new there, or leave a task. What was heard before changes nothing again.

    So what somebody has changed here since is not undone by the same file.
    """
    heard = external.fingerprint()
    if order.is_history or order.details.get(_SEEN) == heard:
        return Ingestion.UNCHANGED
    outcome = _apply(session, order, external, actor=actor)
    order.details = {**order.details, _SEEN: heard}
    session.flush()
    return outcome


def _apply(session: Session, order: Order, external: ExternalOrder, *, actor: str) -> Ingestion:
    if external.is_cancelled:
        return _cancel(session, order, external, actor=actor)
    if order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
        return Ingestion.UNCHANGED
    lines = _lines(session, order)
    has_paid = _take_money(session, order, external, actor=actor)
    change = _difference(session, order, lines, external)
    if change is None:
        task = _compare_totals(session, order, external)
        return task or (Ingestion.CHANGED if has_paid else Ingestion.UNCHANGED)
    if order.status is not OrderStatus.PROCESSING or any(line.fulfilled for line in lines):
        content = {"actions": change.as_json()}
        return _task(session, order, TaskKind.CHANGED_ELSEWHERE, content)
    reason = f"changed in {external.channel}"[:200]
    change_order(session, order, change, reason=reason, actor=actor)
    _compare_totals(session, order, external)
    return Ingestion.CHANGED


def _compare_totals(session: Session, order: Order, external: ExternalOrder) -> Ingestion | None:
    """Leave a task where other prices or discounts are left over: they are nobody's to guess."""
    total = external.total()
    if order.total is None or order.total == total.amount:
        return None
    return _task(session, order, TaskKind.CHANGED_ELSEWHERE, {"total": str(total)})


def _cancel(session: Session, order: Order, external: ExternalOrder, *, actor: str) -> Ingestion:
    if order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
        return Ingestion.UNCHANGED
    packed = any(line.fulfilled for line in _lines(session, order))
    if packed or order.status not in {OrderStatus.PENDING, OrderStatus.PROCESSING}:
        content = {"channel": external.channel}
        return _task(session, order, TaskKind.CANCELLED_ELSEWHERE, content)
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


def _difference(
    session: Session, order: Order, lines: Sequence[OrderLine], external: ExternalOrder
) -> ChangeRequest | None:
    """Return what has to change here, or None where both say the same."""
    variants = _variants(session, external)
    wanted: Counter[int] = Counter()
    first: dict[int, ExternalLine] = {}
    for line in external.lines:
        number = variants[line.sku].id
        wanted[number] += line.quantity
        first.setdefault(number, line)
    remove, here = _surplus([x for x in lines if x.kind is LineKind.GOODS], wanted)
    add = [
        Addition(variants[item.sku], wanted[number] - here[number], item.unit_price, item.tax_rate)
        for number, item in first.items()
        if wanted[number] > here[number]
    ]
    address = None
    if external.shipping_address is not None:
        told = checked_address(external.shipping_address)
        address = told if told != order.shipping_address else None
    if not (add or remove or address):
        return None
    return ChangeRequest(add=add, remove=remove, shipping_address=address)


def _surplus(
    goods: Sequence[OrderLine], wanted: Mapping[int, int]
) -> tuple[dict[int, int], Counter[int]]:
    """Return what is too many here (line id → pieces), and what stays (variant id → pieces)."""
    here: Counter[int] = Counter()
    for row in goods:
        here[row.variant_id or 0] += row.wanted
    remove: dict[int, int] = {}
    for row in goods:
        number = row.variant_id or 0
        surplus = min(row.wanted, here[number] - wanted.get(number, 0))
        if surplus > 0:
            remove[row.id] = surplus
            here[number] -= surplus
    return remove, here


def _task(session: Session, order: Order, kind: TaskKind, content: dict[str, Any]) -> Ingestion:
    """Leave a task, once for the same content."""
    waiting = session.scalars(select(OrderTask).filter_by(order_id=order.id, kind=kind)).all()
    if any(task.content == content for task in waiting):
        return Ingestion.UNCHANGED
    session.add(OrderTask(order_id=order.id, kind=kind, content=content))
    session.flush()
    return Ingestion.TASK
