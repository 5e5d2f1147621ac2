"""One verb for many orders: each in a transaction of its own, each with its own result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.errors import CommerceError, ConcurrencyError
from commerce_core.orders.attempts import attempt_flow
from commerce_core.orders.fulfilling import (
    allocate_order,
    deliver_order,
    fulfill_order,
    ship_order,
)
from commerce_core.orders.models import Order
from commerce_core.orders.undoing import cancel_order, hold_order, release_order
from webapp.database import Transact
from webapp.once import once_on
from webapp.records import get_record
from webapp.security import Right

MOST_ORDERS: Final = 200


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb that needs no answer but perhaps a reason."""

    right: Right
    run: Callable[[Session, Order, str, str], object]
    needs_reason: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one order. ``refused`` is empty where it was done."""

    order_id: int
    number: str
    refused: str = ""


_CLERK: Final = Right.PACK_ORDERS
VERBS: Final = {
    "fulfill": Verb(_CLERK, lambda s, o, _, who: fulfill_order(s, o, actor=who)),
    "ship": Verb(_CLERK, lambda s, o, _, who: ship_order(s, o, actor=who)),
    "deliver": Verb(_CLERK, lambda s, o, _, who: deliver_order(s, o, actor=who)),
    "allocate": Verb(_CLERK, lambda s, o, _, who: allocate_order(s, o, actor=who)),
    "release": Verb(
        _CLERK, lambda s, o, why, who: release_order(s, o, actor=who, reason=why or None)
    ),
    "hold": Verb(
        _CLERK,
        lambda s, o, why, who: hold_order(s, o, reason=why, actor=who),
        needs_reason=True,
    ),
    "cancel": Verb(
        Right.DECIDE_ORDERS,
        lambda s, o, why, who: cancel_order(s, o, reason=why, actor=who),
        needs_reason=True,
    ),
}


async def do_to_all(
    transact: Transact, verb: str, numbers: Sequence[int], *, reason: str, actor: str, key: str
) -> list[Result]:
    """Do ``verb`` (one of ``VERBS``) to the orders with these ids, one after the other.

    A refusal of one stops none of the others. A repeat of the key does nothing twice.

    Raises:
        CommerceError: the database does not answer; what was done before is done.
    """
    names = await transact(_numbers_of, numbers)
    results = []
    for number in names:
        step = partial(_do, verb=verb, number=number, reason=reason, actor=actor, key=key)
        refused = ""
        try:
            await transact.run(attempt_flow(step))
        except CommerceError as exc:
            if isinstance(exc, ConcurrencyError):
                raise
            refused = exc.message
        results.append(Result(number, names[number], refused))
    return results


def _numbers_of(session: Session, ids: Sequence[int]) -> dict[int, str]:
    wanted = list(dict.fromkeys(ids))[:MOST_ORDERS]
    query = select(Order.id, Order.number).where(Order.id.in_(wanted))
    known = {row.id: row.number for row in session.execute(query)}
    return {number: known[number] for number in wanted if number in known}


def _do(session: Session, *, verb: str, number: int, reason: str, actor: str, key: str) -> int:
    return once_on(
        session,
        get_record(session, Order, number),
        lambda order: VERBS[verb].run(session, order, reason, actor),
        actor=actor,
        verb=f"orders.{verb}",
        key=f"{key}:{number}",
        content=(verb, number, reason),
    )
