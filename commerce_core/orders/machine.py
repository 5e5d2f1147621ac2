"""The states of orders, fulfillments, payments and returns, and what moves between them.

The only importer of ``transitions``, the only place that decides a status. One shared machine for
each graph, driven on a ``Situation`` (plain values), never on a row: it has no effects and issues
no SQL. Of an order with several pieces, what becomes of it follows from the pieces: the rules of
one trigger are tried from the top, and the first whose ``when`` holds afterwards is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from transitions import Machine, MachineError

from commerce_core.errors import InvalidStateError
from commerce_core.orders.errors import TransitionRefusedError, UnknownTriggerError
from commerce_core.orders.fulfillment_models import FulfillmentStatus
from commerce_core.orders.models import OrderStatus, PaymentStatus
from commerce_core.orders.return_models import ReturnStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from commerce_core.orders.models import Order

_Status = TypeVar("_Status", bound=StrEnum)


class Trigger(StrEnum):
    """What can be done to an order."""

    PLACE = "place"
    CONFIRM = "confirm"
    ASK = "ask"
    PAY = "pay"
    EXPIRE = "expire"
    ALLOCATE = "allocate"
    FULFILL = "fulfill"
    PACK = "pack"
    SHIP = "ship"
    DELIVER = "deliver"
    LOSE = "lose"
    REFUSE = "refuse"
    CANCEL = "cancel"
    CANCEL_LINES = "cancel_lines"
    CANCEL_FULFILLMENT = "cancel_fulfillment"
    HOLD = "hold"
    RELEASE = "release"
    REOPEN = "reopen"
    CHANGE = "change"
    REFUND = "refund"
    RETURN = "return"


@dataclass(slots=True)
class Situation:
    """What the rules look at: the status, and sums over the goods of all lines, in pieces."""

    status: OrderStatus
    is_history: bool = False
    is_held: bool = False
    is_due: bool = False
    is_uncertain: bool = False
    paid: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    wanted: int = 0
    allocated: int = 0
    fulfilled: int = 0
    shipped: int = 0
    delivered: int = 0
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """A named rule: ``holds(situation)`` or the trigger is refused with ``code`` and ``words``."""

    code: str
    words: str
    holds: Callable[[Situation], bool]

    def __call__(self, event: Any) -> bool:
        """Answer the machine."""
        return self.holds(event.model)


ALIVE: Final = Guard("history", "it is history: nothing here moves it", lambda s: not s.is_history)
NOT_HELD: Final = Guard("held", "it is on hold: release it first", lambda s: not s.is_held)
HELD: Final = Guard("not_held", "it is not on hold", lambda s: s.is_held)
DUE: Final = Guard("not_due", "its time to pay has not run out", lambda s: s.is_due)
CERTAIN: Final = Guard(
    "payment_uncertain",
    "a payment is under way or uncertain: find out first",
    lambda s: not s.is_uncertain,
)
UNPAID: Final = Guard("paid", "money has come in for it", lambda s: s.paid == s.refunded)
PAID: Final = Guard("nothing_paid", "nothing is left to give back", lambda s: s.paid > s.refunded)
NOT_REFUNDED: Final = Guard("refunded", "money has gone back already", lambda s: not s.refunded)
UNSHIPPED: Final = Guard(
    "already_shipped", "a part has left the house: cancel the lines", lambda s: not s.shipped
)
SHORT: Final = Guard(
    "nothing_short", "everything has its stock already", lambda s: s.allocated < s.wanted
)
READY: Final = Guard(
    "nothing_allocated", "nothing waits for a parcel", lambda s: s.fulfilled < s.allocated
)
PACKABLE: Final = Guard(
    "nothing_fulfilled", "there is no open parcel", lambda s: s.shipped < s.fulfilled
)
SENT: Final = Guard(
    "nothing_shipped", "nothing has left the house", lambda s: s.shipped > 0 or s.is_history
)
UNDER_WAY: Final = Guard(
    "nothing_under_way", "no parcel is under way", lambda s: s.delivered < s.shipped
)
OPEN: Final = Guard("nothing_open", "nothing of it is open", lambda s: s.shipped < s.wanted)


@dataclass(frozen=True, slots=True)
class Rule:
    """``trigger`` leads from each of ``sources`` to ``target`` (None: it stays where it is).

    ``guards`` look at the situation before, ``when`` at the one after the pieces moved.
    """

    trigger: StrEnum
    sources: tuple[StrEnum, ...]
    target: StrEnum | None
    guards: tuple[Guard, ...] = ()
    when: Callable[[Situation], bool] | None = None
    label: str = ""


def _all_cancelled(after: Situation) -> bool:
    return after.wanted == 0


def _all_shipped(after: Situation) -> bool:
    return 0 < after.wanted == after.shipped


def _all_delivered(after: Situation) -> bool:
    return 0 < after.wanted == after.delivered


_S = OrderStatus
_T = Trigger
_ALIVE: Final = (_S.PENDING, _S.PROCESSING)
_OUT: Final = (_S.PROCESSING, _S.SHIPPED)
_EVERY: Final = tuple(_S)

ORDER_RULES: Final[Sequence[Rule]] = (
    Rule(_T.CONFIRM, (_S.PENDING,), _S.PROCESSING, (ALIVE,)),
    Rule(_T.EXPIRE, (_S.PENDING,), _S.EXPIRED, (ALIVE, DUE, CERTAIN, UNPAID)),
    Rule(_T.CANCEL, _ALIVE, _S.CANCELLED, (ALIVE, CERTAIN, UNSHIPPED)),
    Rule(_T.CANCEL_LINES, (_S.PROCESSING,), _S.CANCELLED, (ALIVE, CERTAIN, OPEN), _all_cancelled,
         "nothing left"),
    Rule(_T.CANCEL_LINES, (_S.PROCESSING,), _S.DELIVERED, (ALIVE, CERTAIN, OPEN), _all_delivered,
         "all delivered"),
    Rule(_T.CANCEL_LINES, (_S.PROCESSING,), _S.SHIPPED, (ALIVE, CERTAIN, OPEN), _all_shipped,
         "all shipped"),
    Rule(_T.CANCEL_LINES, (_S.PROCESSING,), None, (ALIVE, CERTAIN, OPEN)),
    Rule(_T.ALLOCATE, (_S.PROCESSING,), None, (ALIVE, SHORT)),
    Rule(_T.FULFILL, (_S.PROCESSING,), None, (ALIVE, NOT_HELD, READY)),
    Rule(_T.PACK, (_S.PROCESSING,), None, (ALIVE, NOT_HELD, PACKABLE)),
    Rule(_T.SHIP, (_S.PROCESSING,), _S.SHIPPED, (ALIVE, NOT_HELD), _all_shipped, "all shipped"),
    Rule(_T.SHIP, (_S.PROCESSING,), None, (ALIVE, NOT_HELD)),
    Rule(_T.DELIVER, _OUT, _S.DELIVERED, (ALIVE, UNDER_WAY), _all_delivered, "all delivered"),
    Rule(_T.DELIVER, _OUT, None, (ALIVE, UNDER_WAY)),
    Rule(_T.LOSE, _OUT, _S.PROCESSING, (ALIVE, UNDER_WAY)),
    Rule(_T.REFUSE, _OUT, _S.PROCESSING, (ALIVE, UNDER_WAY)),
    Rule(_T.CANCEL_FULFILLMENT, (_S.PROCESSING,), None, (ALIVE, PACKABLE)),
    Rule(_T.HOLD, _ALIVE, None, (ALIVE, NOT_HELD)),
    Rule(_T.RELEASE, _ALIVE, None, (ALIVE, HELD)),
    Rule(_T.REOPEN, (_S.CANCELLED, _S.EXPIRED), _S.PROCESSING, (ALIVE, CERTAIN, NOT_REFUNDED)),
    Rule(_T.CHANGE, _ALIVE, None, (ALIVE, CERTAIN, OPEN)),
    Rule(_T.ASK, (_S.PENDING,), None, (ALIVE, CERTAIN)),
    Rule(_T.PAY, _EVERY, None, (ALIVE,)),
    Rule(_T.REFUND, _EVERY, None, (ALIVE, PAID)),
    Rule(_T.RETURN, (_S.PROCESSING, _S.SHIPPED, _S.DELIVERED), None, (SENT,)),
)  # fmt: skip
"""The order's graph, whole."""

_F = FulfillmentStatus
FULFILLMENT_RULES: Final[Sequence[Rule]] = (
    Rule(_T.PACK, (_F.PENDING,), _F.PACKED),
    Rule(_T.SHIP, (_F.PENDING, _F.PACKED), _F.SHIPPED),
    Rule(_T.CANCEL_FULFILLMENT, (_F.PENDING, _F.PACKED), _F.CANCELLED),
    Rule(_T.DELIVER, (_F.SHIPPED,), _F.DELIVERED),
    Rule(_T.LOSE, (_F.SHIPPED,), _F.LOST),
    Rule(_T.REFUSE, (_F.SHIPPED,), _F.REFUSED),
)


class PaymentTrigger(StrEnum):
    """What can happen to a payment."""

    ASK = "ask"
    CAPTURE = "capture"
    DECLINE = "decline"
    LOSE_SIGHT = "lose_sight"
    VOID = "void"


_P = PaymentStatus
_PT = PaymentTrigger
PAYMENT_RULES: Final[Sequence[Rule]] = (
    Rule(_PT.ASK, (_P.PENDING,), _P.CHARGING),
    Rule(_PT.CAPTURE, (_P.PENDING, _P.CHARGING, _P.UNCERTAIN), _P.CAPTURED),
    Rule(_PT.DECLINE, (_P.CHARGING, _P.UNCERTAIN), _P.DECLINED),
    Rule(_PT.LOSE_SIGHT, (_P.CHARGING, _P.UNCERTAIN), _P.UNCERTAIN),
    Rule(_PT.VOID, (_P.PENDING,), _P.VOIDED),
)


class ReturnTrigger(StrEnum):
    """What can be done to a return."""

    APPROVE = "approve"
    REJECT = "reject"
    SEND = "send"
    RECEIVE = "receive"
    INSPECT = "inspect"
    REFUND = "refund"
    CLOSE = "close"
    CANCEL = "cancel"


_R = ReturnStatus
_RT = ReturnTrigger
_ARRIVING: Final = (_R.APPROVED, _R.IN_TRANSIT, _R.PARTIALLY_RECEIVED)
RETURN_RULES: Final[Sequence[Rule]] = (
    Rule(_RT.APPROVE, (_R.REQUESTED,), _R.APPROVED),
    Rule(_RT.REJECT, (_R.REQUESTED,), _R.REJECTED),
    Rule(_RT.SEND, (_R.APPROVED,), _R.IN_TRANSIT),
    Rule(_RT.RECEIVE, _ARRIVING, _R.RECEIVED, (), lambda a: a.delivered >= a.wanted, "all here"),
    Rule(_RT.RECEIVE, _ARRIVING, _R.PARTIALLY_RECEIVED),
    Rule(_RT.INSPECT, (_R.PARTIALLY_RECEIVED, _R.RECEIVED), _R.INSPECTED),
    Rule(_RT.REFUND, (_R.INSPECTED,), _R.REFUNDED),
    Rule(_RT.CLOSE, (_R.INSPECTED, _R.REFUNDED), _R.CLOSED),
    Rule(_RT.CANCEL, (_R.REQUESTED, _R.APPROVED, _R.IN_TRANSIT), _R.CANCELLED),
)


class Graph:
    """One table of rules and the one machine that walks it for every record."""

    def __init__(self, name: str, statuses: type[StrEnum], rules: Sequence[Rule]) -> None:
        self.name = name
        self.statuses = statuses
        self.rules = tuple(rules)
        self._extra: dict[str, list[Guard]] = {}
        self._machine = Machine(
            model=None,
            states=statuses,
            initial=None,
            auto_transitions=False,
            send_event=True,
            model_attribute="status",
            transitions=[
                {
                    "trigger": rule.trigger.value,
                    "source": list(rule.sources),
                    "dest": "=" if rule.target is None else rule.target,
                    "conditions": [*rule.guards, *([_chooser(rule.when)] if rule.when else [])],
                }
                for rule in rules
            ],
        )

    def add_guard(self, trigger: StrEnum, guard: Guard) -> None:
        """Let ``guard`` forbid ``trigger`` too: the hook for rules of a host. Call it at start-up.

        Raises:
            UnknownTriggerError: the graph has no such trigger.
        """
        self._require_known(trigger)
        self._extra.setdefault(trigger.value, []).append(guard)

    def remove_guard(self, trigger: StrEnum, guard: Guard) -> None:
        """Take back what ``add_guard`` added."""
        self._extra[trigger.value].remove(guard)

    def refusal(self, trigger: StrEnum, situation: Any) -> Guard | None:
        """Return the rule that forbids ``trigger`` in ``situation``, or None if it is allowed.

        Raises:
            UnknownTriggerError: the graph has no such trigger.
            InvalidStateError: the situation's status is none of the graph's.
        """
        self._require_known(trigger)
        status = self._known_status(situation.status)
        rules = [r for r in self.rules if r.trigger == trigger and status in r.sources]
        if not rules:
            words = f"{self.name} is {status.value}, and {trigger.value} is not possible then"
            return Guard("wrong_state", words, lambda _: False)
        guards = (*rules[0].guards, *self._extra.get(trigger.value, ()))
        return next((guard for guard in guards if not guard.holds(situation)), None)

    def fire(self, trigger: StrEnum, situation: Any, after: Any = None) -> StrEnum:
        """Return the status that ``trigger`` leads to; ``situation.status`` is it from now on.

        Raises:
            TransitionRefusedError: a rule forbids it; ``refusal`` names the rule.
            UnknownTriggerError, InvalidStateError: as in ``refusal``.
        """
        if trigger in self._extra:
            self._require(trigger, situation)
        event = self._machine.events.get(trigger)
        try:
            moved = event is not None and event.trigger(situation, after=after or situation)
        except (MachineError, ValueError):
            moved = False
        if not moved:
            self._require(trigger, situation)
            message = f"{self.name}: no rule of {trigger.value} fits"  # pragma: no cover
            raise InvalidStateError(message, trigger=trigger.value)  # pragma: no cover
        status: StrEnum = situation.status
        return status

    def require(self, trigger: StrEnum, situation: Any) -> None:
        """Return if ``trigger`` is allowed.

        Raises:
            TransitionRefusedError, UnknownTriggerError, InvalidStateError: as in ``fire``.
        """
        self._require(trigger, situation)

    def _require(self, trigger: StrEnum, situation: Any) -> None:
        found = self.refusal(trigger, situation)
        if found is not None:
            status = str(situation.status)
            message = f"cannot {trigger.value.replace('_', ' ')}: {found.words}"
            raise TransitionRefusedError(
                message, trigger=trigger.value, status=status, refusal=found.code
            )

    def _require_known(self, trigger: StrEnum) -> None:
        if trigger not in self._machine.events:
            known = ", ".join(self._machine.events)
            message = f"{self.name} knows no trigger {str(trigger)[:40]!r}; there are {known}"
            raise UnknownTriggerError(message, trigger=str(trigger)[:40])

    def _known_status(self, status: object) -> StrEnum:
        if not isinstance(status, self.statuses):
            message = f"{str(status)[:40]!r} is no state of {self.name}"
            raise InvalidStateError(message, status=str(status)[:40])
        return status


def _chooser(when: Callable[[Situation], bool]) -> Callable[[Any], bool]:
    def fits(event: Any) -> bool:
        return when(event.kwargs["after"])

    return fits


ORDERS: Final = Graph("the order", OrderStatus, ORDER_RULES)
FULFILLMENTS: Final = Graph("the fulfillment", FulfillmentStatus, FULFILLMENT_RULES)
PAYMENTS: Final = Graph("the payment", PaymentStatus, PAYMENT_RULES)
RETURNS: Final = Graph("the return", ReturnStatus, RETURN_RULES)


@dataclass(slots=True)
class State:
    """A record with nothing but a status, for the graphs whose rules need no more."""

    status: StrEnum
    wanted: int = 0
    delivered: int = 0


def next_status(graph: Graph, trigger: StrEnum, status: _Status, **facts: int) -> _Status:
    """Return where ``trigger`` leads from ``status``.

    Raises:
        TransitionRefusedError, UnknownTriggerError, InvalidStateError: as in ``Graph.fire``.
    """
    return graph.fire(trigger, State(status, **facts))  # type: ignore[return-value]  # its own kind
