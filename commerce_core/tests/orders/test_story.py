"""The whole life of orders, at random: stock and money add up after every step.

A model of what must be is kept beside the database: pieces on the shelf, pieces with customers,
money taken and given back. Every step may be refused, by name, and then nothing has changed.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from commerce_core.clock import use_clock
from commerce_core.errors import ConflictError
from commerce_core.flows import run_flow
from commerce_core.inventory import (
    Allocation,
    expire_reservations,
    get_location,
    receive_stock,
    verify_ledger,
    verify_promises,
)
from commerce_core.orders.arrivals import inspect_return, receive_return
from commerce_core.orders.changes import Addition, ChangeRequest, change_order
from commerce_core.orders.due import expire_orders
from commerce_core.orders.fulfilling import (
    allocate_order,
    deliver_fulfillment,
    deliver_order,
    fulfill_order,
    pack_fulfillment,
    ship_fulfillment,
    ship_order,
)
from commerce_core.orders.fulfillment_models import Fulfillment
from commerce_core.orders.gateways import MANUAL, FakeGateway, calls
from commerce_core.orders.machine import ORDERS
from commerce_core.orders.models import Order, OrderLine, OrderStatus
from commerce_core.orders.payment_models import Payment
from commerce_core.orders.payments import record_payment
from commerce_core.orders.reconciling import reconcile_payments
from commerce_core.orders.refunds import refund_order
from commerce_core.orders.return_models import Return, ReturnReason
from commerce_core.orders.returns import approve_return, request_return
from commerce_core.orders.standing import sums_of
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
from commerce_core.testing import FrozenClock
from commerce_core.tests.orders.shop import ACTOR, eur, lines_of, place, shelf, stock

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_core.tests.databases import Database

FINISHED = {OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.DELIVERED}
EXAMPLES = 10
STEPS = 40
pick = st.integers(0, 10_000)
_number = itertools.count(1)  # of the SKUs: one database serves every example


class Lives(RuleBasedStateMachine):
    """Two variants, any number of orders, and everything that may be done to them."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self._time = use_clock(self.clock)
        self._time.__enter__()
        self.variants = [stock(self.database, f"V{next(_number)}", 6) for _ in range(2)]
        self.arrived = Counter({variant.id: 6 for variant in self.variants})
        self.gateway = FakeGateway()
        self.orders: list[Order] = []
        self.earlier = self.database.sql("SELECT coalesce(max(id), 0) FROM commerce_order")[0][0]
        self.by_hand = Decimal(0)

    def teardown(self) -> None:
        try:
            assert not self.database.run(verify_ledger)
            assert not self.database.run(verify_promises)
            self.states_follow_the_table()
        finally:
            self._time.__exit__(None, None, None)

    def attempt(self, verb: Callable[..., Any], *values: Any, **more: Any) -> Any:
        """Do it, or be refused by name with nothing changed."""
        try:
            return self.database.run(lambda s: verb(s, *values, actor=ACTOR, **more))
        except ConflictError:
            return None

    def order(self, number: int) -> Order | None:
        return self.orders[number % len(self.orders)] if self.orders else None

    def parcel(self, number: int) -> Fulfillment | None:
        query = select(Fulfillment).where(Fulfillment.order_id > self.earlier)
        rows = self.database.run(lambda s: list(s.scalars(query.order_by(Fulfillment.id))))
        return rows[number % len(rows)] if rows else None

    @rule(
        one=st.integers(0, 3),
        two=st.integers(0, 2),
        how=st.sampled_from(["account", "account", "card", "transfer"]),
        mood=st.sampled_from(["yes", "decline", "timeout", "lost answer"]),
    )
    def place(self, one: int, two: int, how: str, mood: str) -> None:
        wanted = {v: n for v, n in zip(self.variants, (one, two), strict=True) if n}
        if not wanted:
            return
        gateway: Any = {"account": None, "card": self.gateway, "transfer": MANUAL}[how]
        self.gateway.moods = [mood] if how == "card" else []
        with contextlib.suppress(ConflictError):
            place(self.database, wanted, gateway=gateway, pay_within=timedelta(hours=2))
        query = select(Order).where(Order.id > self.earlier).order_by(Order.id)
        self.orders = self.database.run(lambda s: list(s.scalars(query)))

    @initialize()
    def a_shop_with_a_past(self) -> None:
        for wanted in ((2, 1), (1, 0), (0, 3)):
            self.place(*wanted, "account", "yes")
        self.attempt(ship_order, self.orders[0])
        self.attempt(deliver_order, self.orders[0])
        self.attempt(ship_order, self.orders[1])
        self.attempt(fulfill_order, self.orders[2])

    @rule(number=pick)
    def ship_it_all(self, number: int) -> None:
        if (order := self.order(number)) is not None:
            self.attempt(ship_order, order)

    @rule(number=pick)
    def all_arrives(self, number: int) -> None:
        if (order := self.order(number)) is not None:
            self.attempt(deliver_order, order)

    @rule(number=pick)
    def fulfill(self, number: int) -> None:
        if (order := self.order(number)) is not None:
            self.attempt(fulfill_order, order)

    @rule(number=pick)
    def allocate(self, number: int) -> None:
        if (order := self.order(number)) is not None:
            self.attempt(allocate_order, order)

    @rule(number=pick, verb=st.sampled_from([pack_fulfillment, deliver_fulfillment]))
    def move(self, number: int, verb: Any) -> None:
        if (parcel := self.parcel(number)) is not None:
            self.attempt(verb, parcel)

    @rule(number=pick, part=st.integers(0, 3))
    def ship(self, number: int, part: int) -> None:
        if (parcel := self.parcel(number)) is None:
            return
        order = next(order for order in self.orders if order.id == parcel.order_id)
        line = lines_of(self.database, order)[0]
        quantities = {line.id: part} if part else None
        self.attempt(ship_fulfillment, parcel, quantities=quantities)

    @rule(number=pick, damaged=st.booleans())
    def refuse(self, number: int, *, damaged: bool) -> None:
        if (parcel := self.parcel(number)) is not None:
            self.attempt(refuse_fulfillment, parcel, reason="not at home", damaged=damaged)

    @rule(number=pick)
    def lose(self, number: int) -> None:
        if (parcel := self.parcel(number)) is not None:
            self.attempt(lose_fulfillment, parcel, reason="lost")

    @rule(number=pick)
    def unpack(self, number: int) -> None:
        if (parcel := self.parcel(number)) is not None:
            self.attempt(cancel_fulfillment, parcel, reason="wrong box")

    @rule(number=pick, verb=st.sampled_from([cancel_order, reopen_order, hold_order]))
    def turn(self, number: int, verb: Any) -> None:
        if (order := self.order(number)) is not None:
            self.attempt(verb, order, reason="customer")

    @rule(number=pick)
    def release(self, number: int) -> None:
        if (order := self.order(number)) is not None:
            self.attempt(release_order, order)

    @rule(number=pick, pieces=st.integers(1, 3))
    def cancel_part(self, number: int, pieces: int) -> None:
        if (order := self.order(number)) is not None:
            line = lines_of(self.database, order)[0]
            self.attempt(cancel_lines, order, {line.id: pieces}, reason="less")

    @rule(number=pick, pieces=st.integers(1, 3))
    def add(self, number: int, pieces: int) -> None:
        if (order := self.order(number)) is not None and order.status == "processing":
            change = ChangeRequest(add=[Addition(self.variants[1], pieces)])
            self.attempt(change_order, order, change, reason="more")

    @rule(number=pick, cents=st.integers(1, 8000))
    def pay(self, number: int, cents: int) -> None:
        if (order := self.order(number)) is not None:
            amount = eur(str(Decimal(cents) / 100))
            if self.attempt(record_payment, order, amount) is not None:
                self.by_hand += amount.amount

    @rule(number=pick, cents=st.integers(1, 9000), mood=st.sampled_from(["yes", "decline"]))
    def give_back(self, number: int, cents: int, mood: str) -> None:
        if (order := self.order(number)) is not None:
            self.gateway.moods = [mood]
            amount = eur(str(Decimal(cents) / 100))
            flow = refund_order(order, amount, reason="sorry", actor=ACTOR)
            with contextlib.suppress(ConflictError):
                run_flow(self.database.factory, flow, perform=calls(self.gateway, MANUAL))
            self.gateway.moods = []

    @rule(number=pick, pieces=st.integers(1, 2), bad=st.integers(0, 1))
    def send_back(self, number: int, pieces: int, bad: int) -> None:
        if (order := self.order(number)) is None:
            return
        line = lines_of(self.database, order)[0]
        wish = {line.id: (pieces, ReturnReason.OTHER)}
        found: Return | None = self.attempt(request_return, order, wish)
        if found is None:
            return
        self.attempt(approve_return, found)
        hall = self.database.run(lambda s: get_location(s, code="HAM"))
        if self.attempt(receive_return, found, {line.id: pieces}, hall) is not None:
            self.attempt(inspect_return, found, {line.id: bad} if bad else {})

    @rule(pieces=st.integers(1, 3))
    def restock(self, pieces: int) -> None:
        variant = self.variants[0]
        hall = self.database.run(lambda s: get_location(s, code="HAM"))
        self.attempt(receive_stock, variant, hall, quantity=pieces)
        self.arrived[variant.id] += pieces

    @rule(minutes=st.sampled_from([1, 5, 200]))
    def time_goes_by(self, minutes: int) -> None:
        self.clock.move(minutes=minutes)
        factory = self.database.factory
        run_flow(factory, reconcile_payments(), perform=calls(self.gateway, MANUAL))
        run_flow(factory, expire_orders())
        self.database.run(expire_reservations)

    # --- what always holds ---------------------------------------------------------------

    @invariant()
    def stock_adds_up(self) -> None:
        out: Counter[int] = Counter()
        for line in self.lines():
            out[line.variant_id or 0] += line.shipped + line.lost - line.returned
        for variant in self.variants:
            on_hand, _, _ = shelf(self.database, variant)
            assert on_hand == self.arrived[variant.id] - out[variant.id]

    @invariant()
    def money_adds_up(self) -> None:
        query = select(Payment).where(Payment.order_id > self.earlier)
        payments = self.database.run(lambda s: list(s.scalars(query)))
        captured = [p for p in payments if p.status == "captured"]
        by_card = sum(p.amount for p in captured if p.gateway == "fake")
        assert by_card <= sum(m.amount for m in self.gateway.taken.values())
        assert sum(p.amount for p in captured if p.gateway == "manual") == self.by_hand
        for order in self._fresh():
            own = [p for p in captured if p.order_id == order.id]
            assert order.paid == sum(p.amount for p in own)
            assert order.refunded == sum(p.refunded for p in own) <= order.paid
        given = sum(m.amount for m in self.gateway.given_back.values())
        assert given == sum(p.refunded for p in captured if p.gateway == "fake")

    @invariant()
    def orders_are_where_their_pieces_say(self) -> None:
        lines, promised = self.lines(), self.promised()
        for order in self._fresh():
            own = [line for line in lines if line.order_id == order.id]
            sums = sums_of(own)
            held = sum(promised[str(line.id)] for line in own)
            if order.status in FINISHED:
                assert held == 0, "nothing is promised to a finished order"
            if order.status is OrderStatus.SHIPPED:
                assert sums.wanted == sums.shipped > sums.delivered
            if order.status is OrderStatus.DELIVERED:
                assert sums.wanted == sums.delivered
            if order.status is OrderStatus.PROCESSING:
                assert order.short == sums.wanted - sums.allocated
                assert held == sums.allocated - sums.shipped

    def states_follow_the_table(self) -> None:
        ways = {
            (source.value, (rule.target or source).value)
            for rule in ORDERS.rules
            for source in rule.sources
        }
        query = (
            "SELECT from_status, to_status FROM commerce_order_event"
            " WHERE refusal IS NULL AND from_status IS NOT NULL"
        )
        assert {tuple(row) for row in self.database.sql(query)} <= ways

    def _fresh(self) -> list[Order]:
        query = select(Order).where(Order.id > self.earlier).order_by(Order.id)
        self.orders = self.database.run(lambda s: list(s.scalars(query)))
        return self.orders

    def lines(self) -> list[OrderLine]:
        query = select(OrderLine).where(OrderLine.order_id > self.earlier)
        return self.database.run(lambda s: list(s.scalars(query)))

    def promised(self) -> Counter[str]:
        rows = self.database.run(lambda s: list(s.scalars(select(Allocation))))
        found: Counter[str] = Counter()
        for row in rows:
            found[row.holder_ref] += row.open
        return found


def live(database: Database) -> None:
    machine = type("LivesHere", (Lives,), {"database": database})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
    )


@pytest.mark.slow
def test_on_sqlite(sqlite: Database) -> None:
    live(sqlite)


@pytest.mark.slow
@pytest.mark.postgres
def test_on_postgres(postgres: Database) -> None:
    live(postgres)
