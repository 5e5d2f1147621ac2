"""One order, locked and opened for one trigger: check, decide in memory, write once.

This is the transition contract. ``opened`` locks the order's row, reads it and its lines anew,
compares the version, and asks the machine. A verb then says what changes; ``Case.write`` lets the
machine decide the status that follows, and writes the order, its lines, what else there is and the
event in one go, with the stock's batch where there is one. A verb that raises leaves nothing; the
error knows whose attempt it was, so that ``record_refusal`` can write it down afterwards.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.clock import utc_now
from commerce_core.errors import (
    CommerceError,
    IdempotencyConflictError,
    OrderNotFoundError,
    VersionConflictError,
)
from commerce_core.idempotency import require_key
from commerce_core.inventory import ledger
from commerce_core.inventory.ledger.objects import refresh
from commerce_core.journal import RowsTogether
from commerce_core.orders.amounts import line_value
from commerce_core.orders.errors import QuantityNotLeftError
from commerce_core.orders.event_models import OrderEvent
from commerce_core.orders.machine import ORDERS, Situation, Trigger
from commerce_core.orders.models import (
    COUNTED,
    REASON_LENGTH,
    LineKind,
    Order,
    OrderLine,
    OrderStatus,
    PaymentStatus,
)
from commerce_core.records import id_of
from commerce_core.text import clean_optional, clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

_UNKNOWN: Final = (PaymentStatus.CHARGING, PaymentStatus.UNCERTAIN)
_MONEY_IN: Final = (Trigger.PAY, Trigger.CONFIRM)
"""Money that came in confirmed the order or did not: to a key that is the same."""
REFUSAL_LENGTH: Final = 400


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who tried what on which order, and why."""

    order_id: int
    trigger: Trigger
    actor: str
    reason: str | None


class Case:
    """An open order. Nothing is in the database before ``write``."""

    def __init__(
        self, session: Session, order: Order, lines: Sequence[OrderLine], attempt: Attempt
    ) -> None:
        self.session = session
        self.order = order
        self.lines = lines
        self.attempt = attempt
        self.key: str | None = None
        self.replayed: OrderEvent | None = None
        self.rows = RowsTogether()
        self.batch = ledger.Batch(session, actor=attempt.actor)
        self.facts: dict[str, Any] = {}
        self._order_values: dict[str, Any] = {}
        self._counts: dict[int, dict[str, int]] = {}

    @property
    def now(self) -> datetime:
        """The time of the case."""
        return self.batch.now

    def renew_batch(self) -> None:
        """Begin another batch of stock changes, after the first was written."""
        now = self.batch.now
        self.batch = ledger.Batch(self.session, actor=self.attempt.actor)
        self.batch.now = now

    def goods(self) -> list[OrderLine]:
        """Return the lines that move stock."""
        return [line for line in self.lines if line.kind is LineKind.GOODS]

    def count(self, line: OrderLine, name: str) -> int:
        """Return a count of a line (or its quantity) as it will be."""
        value: int = self._counts.get(line.id, {}).get(name, getattr(line, name))
        return value

    def add(self, line: OrderLine, **deltas: int) -> None:
        """Count pieces of a line up or down."""
        counts = self._counts.setdefault(line.id, {})
        for name, delta in deltas.items():
            counts[name] = self.count(line, name) + delta

    def set_order(self, **values: Any) -> None:
        """Give columns of the order new values."""
        self._order_values |= values

    def value(self, name: str) -> Any:
        """Return a column of the order as it will be."""
        return self._order_values.get(name, getattr(self.order, name))

    def situation(self) -> Situation:
        """Return what the machine looks at, as it will be."""
        found = Situation(
            status=self.order.status,
            is_history=self.order.is_history,
            is_held=self.value("held_at") is not None,
            is_due=self.order.expires_at is not None and self.order.expires_at <= self.now,
            is_uncertain=self.value("payment_status") in _UNKNOWN,
            paid=self.value("paid"),
            refunded=self.value("refunded"),
            order=self.order,
        )
        for line in self.goods():
            found.wanted += self.count(line, "quantity") - self.count(line, "cancelled")
            found.allocated += self.count(line, "allocated")
            found.fulfilled += self.count(line, "fulfilled")
            found.shipped += self.count(line, "shipped")
            found.delivered += self.count(line, "delivered")
        return found

    def retotal(self) -> None:
        """Work the order's total and tax out anew, of the pieces that are still wanted."""
        order = self.order
        if order.total is None:
            return
        values = [line_value(order, line, self._wanted(line)) for line in self.lines]
        self.set_order(
            total=sum((value.total for value in values), Decimal(0)),
            tax=sum((value.tax for value in values), Decimal(0)),
        )

    def _wanted(self, line: OrderLine) -> int:
        return self.count(line, "quantity") - self.count(line, "cancelled")

    def short(self) -> int:
        """Return how many pieces are sold and promised from no stock, as it will be."""
        after = self.situation()
        return max(0, after.wanted - after.allocated)

    def write(self, *, short: int | None = None) -> OrderStatus:
        """Let the machine decide, write everything, and return the order's new status.

        ``short`` overrides what is counted of the lines: an order that waits for its money, or one
        that has ended, is not short of anything.
        """
        after = self.situation()
        before = replace(after, **self._before())
        status = ORDERS.fire(self.attempt.trigger, before, after)
        order = self.order
        missing = after.wanted - after.allocated if status is OrderStatus.PROCESSING else 0
        values = {
            **self._order_values,
            "status": status,
            "version": order.version + 1,
            "short": max(0, missing) if short is None else short,
        }
        self.rows.change(Order, order.id, values)
        for line_id, counts in self._counts.items():
            self.rows.change(OrderLine, line_id, counts)
        self.rows.insert(OrderEvent, self._event(status, values["version"]))
        self._write_rows()
        return OrderStatus(status)

    def note(self, reason: str) -> None:
        """Write what was recorded, and an event, without asking the machine: a fact from outside.

        The status stays as it is.
        """
        order = self.order
        self.attempt = replace(self.attempt, reason=reason)
        version = order.version + 1
        self.rows.change(Order, order.id, {**self._order_values, "version": version})
        self.rows.insert(OrderEvent, self._event(order.status, version))
        self._write_rows()

    def _write_rows(self) -> None:
        if self.batch.is_empty:
            self.session.flush()
            self.rows.write(self.session)
        else:
            self.batch.write(self.rows)
        for model, row in self.rows.changes():
            refresh(self.session, model, row)

    def _before(self) -> dict[str, Any]:
        """Return what the rules see of the time before: guards ask what was."""
        order = self.order
        goods = self.goods()
        sums = {name: sum(getattr(x, name) for x in goods) for name in COUNTED}
        return {
            "is_held": order.held_at is not None,
            "is_uncertain": order.payment_status in _UNKNOWN,
            "paid": order.paid,
            "refunded": order.refunded,
            "wanted": sum(line.wanted for line in goods),
            **{name: sums[name] for name in ("allocated", "fulfilled", "shipped", "delivered")},
        }

    def _event(self, status: Any, version: int) -> dict[str, Any]:
        return {
            "order_id": self.order.id,
            "trigger": self.attempt.trigger.value,
            "from_status": self.order.status,
            "to_status": status,
            "reason": self.attempt.reason,
            "facts": self.facts or None,
            "idempotency_key": self.key,
            "actor": self.attempt.actor,
            "version": version,
            "occurred_at": self.now,
            "recorded_at": self.now,
        }


@contextmanager
def opened(
    session: Session,
    order: Order | int,
    trigger: Trigger,
    *,
    actor: str,
    reason: str | None = None,
    version: int | None = None,
    idempotency_key: str | None = None,
    asked: Mapping[str, Any] | None = None,
) -> Iterator[Case]:
    """Lock ``order`` (or that with the id) and yield its case. Two statements (three with a key).

    With a key that was used before for this trigger, ``case.replayed`` is that event: change
    nothing. ``asked`` is what has to be the same then. ``version`` is the one the caller decided
    on.

    Raises:
        OrderNotFoundError: there is no such order.
        VersionConflictError: somebody has changed it since; ``now`` is its version.
        TransitionRefusedError: a rule forbids the trigger.
        IdempotencyConflictError: the key was used with other content.
        InvalidTextError, InvalidInputError: a value cannot be accepted.
    """
    number = order if isinstance(order, int) else id_of(order, Order)
    attempt = checked_attempt(number, trigger, actor=actor, reason=reason)
    try:
        case = _lock(session, attempt)
        case.key = None if idempotency_key is None else require_key(idempotency_key)
        case.replayed = _earlier(session, attempt, case.key)
        if asked is not None:
            case.facts["asked"] = dict(asked)
        if case.replayed is not None:
            _require_same(case)
        else:
            require_version(case.order, version)
            ORDERS.require(trigger, case.situation())
        yield case
    except CommerceError as error:
        error.__dict__.setdefault("attempt", attempt)
        raise


def checked_attempt(order_id: int, trigger: Trigger, *, actor: str, reason: str | None) -> Attempt:
    """Return an attempt whose texts can be stored; raises InvalidTextError."""
    who = clean_text(actor, name="the actor", max_length=120)
    why = clean_optional(reason, name="the reason", max_length=REASON_LENGTH)
    return Attempt(order_id, trigger, who, why)


def _lock(session: Session, attempt: Attempt) -> Case:
    order = lock_order(session, attempt.order_id)
    lines = session.scalars(
        select(OrderLine)
        .filter_by(order_id=order.id)
        .order_by(OrderLine.position)
        .execution_options(populate_existing=True)
    ).all()
    return Case(session, order, lines, attempt)


def lock_order(session: Session, order_id: int) -> Order:
    """Return the order as it is now, locked until the transaction ends.

    Raises:
        OrderNotFoundError: there is none with this id.
    """
    found = session.scalars(
        select(Order)
        .filter_by(id=order_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise OrderNotFoundError(f"there is no order {order_id}", order_id=order_id)
    return found


def require_version(order: Order, version: int | None) -> None:
    """Return if ``version`` is that of the order, or was not given; raises VersionConflictError."""
    if version is not None and version != order.version:
        message = f"order {order.number} was changed meanwhile: read it again, then decide"
        raise VersionConflictError(
            message, order_id=order.id, number=order.number, version=version, now=order.version
        )


def _earlier(session: Session, attempt: Attempt, key: str | None) -> OrderEvent | None:
    """Return the event that the key led to before, if it did."""
    if key is None:
        return None
    triggers = _MONEY_IN if attempt.trigger in _MONEY_IN else (attempt.trigger,)
    return session.scalars(
        select(OrderEvent)
        .filter_by(
            order_id=attempt.order_id, actor=attempt.actor, idempotency_key=key, refusal=None
        )
        .where(OrderEvent.trigger.in_([trigger.value for trigger in triggers]))
    ).first()


def _require_same(case: Case) -> None:
    was = ((case.replayed.facts if case.replayed else None) or {}).get("asked")
    if was != case.facts.get("asked"):
        message = f"the idempotency key {case.key!r} was used before with other content"
        raise IdempotencyConflictError(message, key=case.key, verb=case.attempt.trigger.value)


def require_left(asked: int, left: int, *, what: str) -> int:
    """Return ``asked`` if it is a number of pieces from 1 to ``left``.

    Raises:
        QuantityNotLeftError: it is not.
    """
    is_whole = isinstance(asked, int) and not isinstance(asked, bool)
    if not is_whole or not 0 < asked <= left:
        message = f"{what}: {str(asked)[:20]} asked for, {left} left"
        raise QuantityNotLeftError(message, requested=asked if is_whole else None, left=left)
    return asked


def record_refusal(session: Session, error: CommerceError) -> bool:
    """Write down an attempt that was refused, after its transaction is gone. The caller commits.

    False where the error has no attempt on an order in it. Use ``attempt_flow``, which does this.
    """
    attempt: Attempt | None = error.__dict__.get("attempt")
    order = session.get(Order, attempt.order_id) if attempt is not None else None
    if attempt is None or order is None:
        return False
    now = utc_now()
    rows = RowsTogether()
    rows.insert(
        OrderEvent,
        {
            "order_id": order.id,
            "trigger": attempt.trigger.value,
            "from_status": order.status,
            "to_status": order.status,
            "reason": attempt.reason,
            "refusal": getattr(error, "refusal", None) or error.code,
            "refused": error.message[:REFUSAL_LENGTH],
            "actor": attempt.actor,
            "version": order.version,
            "occurred_at": now,
            "recorded_at": now,
        },
    )
    rows.write(session)
    return True
