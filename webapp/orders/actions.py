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
from commerce_core.orders.gateways import MANUAL, Answer, calls
from commerce_core.orders.machine import Trigger
from commerce_core.orders.models import Order
from commerce_core.orders.refunds import refund_order
from webapp.once import once_on
from webapp.orders import changing, claims
from webapp.orders import lifecycle as life
from webapp.orders.forms import ActionForm
from webapp.orders.previews import sealed
from webapp.records import get_record
from webapp.security import Right

Run = Callable[[Session, Order, ActionForm, str], object]
Plan = Callable[[Session, Order, ActionForm, str], Order]


@dataclass(frozen=True, slots=True)
class Action:
    """A verb. ``needs`` names the fields without which it is refused."""

    verb: str
    trigger: Trigger | None
    """None where no rule of the machine can forbid it."""
    right: Right
    run: Run | None
    """None where it takes more than one transaction, or is shown first."""
    needs: frozenset[str] = field(default_factory=frozenset)
    takes: frozenset[str] = field(default_factory=frozenset)
    """Fields that may be given, beside those it needs."""

    plan: Plan | None = None
    """Set where what it does is shown before it is done: returns the order it changes or makes."""
    flow: Callable[..., Flow[int]] | None = None
    """Set where it takes more than one transaction. It follows the plan, where there is one."""

    @property
    def asks(self) -> bool:
        """Whether people are asked something before it is done."""
        return bool(self.plan or self.needs - {"parcel", "task"} | self.takes)


def _refund(number: int, form: ActionForm, *, actor: str) -> Flow[int]:
    """Give money back; the gateways are asked while no transaction is open."""
    order: Order = yield Transaction(partial(get_record, kind=Order, number=number))
    amount = Money.of(str(form.money), order.currency)
    yield from refund_order(
        order, amount, reason=form.reason, actor=actor, idempotency_key=form.key
    )
    return order.id


_CLERK, _MANAGER = Right.PACK_ORDERS, Right.DECIDE_ORDERS
_WHY: Final = frozenset({"reason"})
_PARCEL: Final = frozenset({"parcel"})
_PIECES: Final = frozenset({"pieces"})
_MONEY: Final = frozenset({"amount"})
_CLAIM: Final = frozenset({"claim"})
_T = Trigger

ACTIONS: Final = {
    action.verb: action
    for action in (
        Action("ship", _T.SHIP, _CLERK, life.ship, _PIECES, frozenset({"tracking"})),
        Action("fulfill", _T.FULFILL, _CLERK, life.fulfill),
        Action("allocate", _T.ALLOCATE, _CLERK, life.allocate),
        Action("pack", _T.PACK, _CLERK, life.pack, _PARCEL),
        Action("deliver", _T.DELIVER, _CLERK, life.deliver),
        Action("unpack", _T.CANCEL_FULFILLMENT, _CLERK, life.unpack, _PARCEL | _WHY),
        Action("lose", _T.LOSE, _CLERK, life.lose, _PARCEL | _WHY),
        Action("refuse", _T.REFUSE, _CLERK, life.refuse, _PARCEL | _WHY, frozenset({"damaged"})),
        Action("hold", _T.HOLD, _CLERK, life.hold, _WHY),
        Action("release", _T.RELEASE, _CLERK, life.release),
        Action("confirm", _T.CONFIRM, _MANAGER, life.confirm, takes=_WHY),
        Action("pay", _T.PAY, _MANAGER, life.pay, _MONEY, takes=frozenset({"reference"})),
        Action("refund", _T.REFUND, _MANAGER, None, _MONEY | _WHY, flow=_refund),
        Action(
            "address",
            _T.CHANGE,
            _CLERK,
            None,
            _WHY,
            frozenset({"address"}),
            plan=changing.change_address,
        ),
        Action("change", _T.CHANGE, _MANAGER, None, _WHY | {"lines"}, plan=changing.change_lines),
        Action("merge", _T.CHANGE, _MANAGER, None, _WHY | {"other"}, plan=changing.merge),
        Action("cancel-lines", _T.CANCEL_LINES, _MANAGER, life.drop_pieces, _WHY | _PIECES),
        Action("cancel", _T.CANCEL, _MANAGER, life.cancel, _WHY),
        Action("reopen", _T.REOPEN, _MANAGER, life.reopen, _WHY),
        Action("claim", _T.RETURN, _CLERK, None, _PIECES | {"kind"}, _WHY, plan=claims.claim),
        Action(
            "replace",
            _T.RETURN,
            _MANAGER,
            None,
            _CLAIM,
            frozenset({"partial"}),
            plan=claims.replace,
        ),
        Action(
            "settle",
            _T.REFUND,
            _MANAGER,
            None,
            _CLAIM | _MONEY | _WHY,
            plan=claims.promise_back,
            flow=claims.settle,
        ),
        Action("task-done", None, _CLERK, life.close_task, frozenset({"task"})),
        Action("deny", _T.RETURN, _MANAGER, None, _CLAIM | _WHY, plan=claims.deny),
    )
}
"""Every verb by its name in an address, in the order of the page."""


def act(action: Action, number: int, form: ActionForm, *, actor: str) -> Flow[int]:
    """Return the flow that does ``action`` to the order ``number``, once for each key of a form.

    What is refused is written down. The result is the order's id.

    Raises:
        PreviewOnly: (out of the flow) what it does has to be shown first.
    """
    if action.flow is not None and action.plan is None:
        return action.flow(number, form, actor=actor)
    content = form.content(number)

    def work(session: Session, order: Order) -> object:
        if action.plan is None:
            assert action.run is not None  # noqa: S101 - a verb has one of the three
            return action.run(session, order, form, actor)
        plan = partial(action.plan, session, order, form, actor)
        others = {form.other_order[0]} - {0}
        return sealed(session, {number} | others, plan, seal=form.seal, content=content)

    def step(session: Session) -> int:
        return once_on(
            session,
            get_record(session, Order, number),
            partial(work, session),
            actor=actor,
            verb=f"order.{action.verb}",
            key=form.key,
            content=content,
        )

    # To look at what a change would do is no attempt to do it.
    is_look = action.plan is not None and form.seal == ""
    first = looking(step) if is_look else attempt_flow(step)
    return first if action.flow is None else _then(first, action.flow(number, form, actor=actor))


def _then(first: Flow[int], second: Flow[int]) -> Flow[int]:
    """Run two flows, one after the other."""
    yield from first
    return (yield from second)


def looking(step: Callable[[Session], int]) -> Flow[int]:
    """Run a step whose refusal nobody has to remember."""
    done: int = yield Transaction(step)
    return done


async def ask_gateway(request: Any) -> Answer:
    """Ask the gateway that a request names. Of those that ship with the library, none waits."""
    return calls(MANUAL)(request)
