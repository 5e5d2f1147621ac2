"""What a payment provider has to be able to do, and the two that ship with the library.

A gateway is asked while no transaction is open. ``request_key`` is the provider's idempotency key:
asked twice with one key, it takes the money once. Whatever it raises, but for a decline, leaves
the payment ``uncertain``: it is found out by ``find``, never charged again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_core.money import Money


class Outcome(StrEnum):
    """What became of a charge or refund. ``unknown``: the provider has no record of the key."""

    DONE = "done"
    DECLINED = "declined"
    UNDER_WAY = "under_way"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer; ``reference`` is what it calls the transaction by."""

    outcome: Outcome
    reference: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """Take ``amount`` for an order, once for each ``request_key``."""

    gateway: str
    request_key: str
    amount: Money
    order_number: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Give back ``amount`` of the payment ``reference``, once for each ``request_key``."""

    gateway: str
    request_key: str
    amount: Money
    reference: str | None


@dataclass(frozen=True, slots=True)
class FindRequest:
    """Say what became of the charge or refund with this key."""

    gateway: str
    request_key: str


Request = ChargeRequest | RefundRequest | FindRequest


class PaymentGateway(Protocol):
    """A payment provider. Each method blocks until it is answered, or raises."""

    @property
    def name(self) -> str:
        """How payments name it; at most 32 characters."""
        ...

    @property
    def is_immediate(self) -> bool:
        """True where ``charge`` is asked at the checkout; False where money comes by itself."""
        ...

    def charge(self, request: ChargeRequest) -> Answer:
        """Take money."""
        ...

    def refund(self, request: RefundRequest) -> Answer:
        """Give money back."""
        ...

    def find(self, request: FindRequest) -> Answer:
        """Look up what became of a request."""
        ...


def calls(*gateways: PaymentGateway) -> Callable[[Any], Answer]:
    """Return the ``perform`` of ``run_flow`` that asks the gateway a request names.

    For ``run_flow_async`` write your own coroutine around your provider's async client.
    """
    by_name = {gateway.name: gateway for gateway in gateways}

    def perform(request: Request) -> Answer:
        return _ask(by_name[request.gateway], request)

    return perform


def _ask(gateway: PaymentGateway, request: Request) -> Answer:
    if isinstance(request, ChargeRequest):
        return gateway.charge(request)
    if isinstance(request, RefundRequest):
        return gateway.refund(request)
    return gateway.find(request)


@dataclass(frozen=True, slots=True)
class ManualGateway:
    """Bank transfer, cash, invoice: money comes and goes by hand, and somebody records it."""

    name: str = "manual"
    is_immediate: bool = False

    def charge(self, request: ChargeRequest) -> Answer:  # noqa: ARG002 - the protocol's form
        """Answer that the money will come."""
        return Answer(Outcome.UNDER_WAY)

    def refund(self, request: RefundRequest) -> Answer:
        """Answer that it is done: whoever asks for it has sent the money."""
        return Answer(Outcome.DONE, reference=request.request_key[:128])

    def find(self, request: FindRequest) -> Answer:  # noqa: ARG002 - the protocol's form
        """Answer that nobody knows: only people do."""
        return Answer(Outcome.UNKNOWN)


MANUAL: Final = ManualGateway()


class GatewayTimeoutError(Exception):
    """What ``FakeGateway`` raises where a real provider would not answer."""


@dataclass(slots=True)
class FakeGateway:
    """A provider for tests and demos that can decline, time out, and answer twice.

    ``moods`` are taken one for each call: "decline", "timeout" (nothing happened), "lost answer"
    (the money was taken, but nobody heard of it); when they run out it says yes.
    """

    name: str = "fake"
    is_immediate: bool = True
    moods: list[str] = field(default_factory=list)
    taken: dict[str, Money] = field(default_factory=dict)
    given_back: dict[str, Money] = field(default_factory=dict)
    calls_made: int = 0

    def charge(self, request: ChargeRequest) -> Answer:
        """Take the money once for each key."""
        return self._once(self.taken, request)

    def refund(self, request: RefundRequest) -> Answer:
        """Give the money back once for each key."""
        return self._once(self.given_back, request)

    def find(self, request: FindRequest) -> Answer:
        """Say what is known of the key."""
        key = request.request_key
        known = key in self.taken or key in self.given_back
        return Answer(Outcome.DONE, f"fake-{key}") if known else Answer(Outcome.UNKNOWN)

    def _once(self, done: dict[str, Money], request: ChargeRequest | RefundRequest) -> Answer:
        self.calls_made += 1
        mood = self.moods.pop(0) if self.moods else "yes"
        if mood == "timeout":
            raise GatewayTimeoutError
        if mood == "decline" and request.request_key not in done:
            return Answer(Outcome.DECLINED, message="card declined")
        done.setdefault(request.request_key, request.amount)
        if mood == "lost answer":
            raise GatewayTimeoutError
        return Answer(Outcome.DONE, f"fake-{request.request_key}")
