"""The program dies at any statement of a checkout: the books agree, and a repeat ends it well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pytest
from sqlalchemy import event

from commerce_core.clock import use_clock
from commerce_core.flows import run_flow
from commerce_core.inventory import expire_reservations, verify_ledger, verify_promises
from commerce_core.orders.due import expire_orders
from commerce_core.orders.gateways import FakeGateway, calls
from commerce_core.orders.reconciling import reconcile_payments
from commerce_core.tests.orders.shop import place, shelf, stock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_core.testing import FrozenClock
    from commerce_core.tests.databases import Database

MOST = 60


class Killed(BaseException):
    """The power is gone: no handler of the program runs."""


class Killer:
    """Kills at the nth thing that happens: a statement, a commit, a call of the gateway."""

    def __init__(self, database: Database, at: int) -> None:
        self.left = at
        self.engine = database.engine

    def tick(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed

    def __enter__(self) -> Self:
        event.listen(self.engine, "before_cursor_execute", self._statement)
        event.listen(self.engine, "commit", self.tick)
        return self

    def _statement(self, *_: Any) -> None:
        self.tick()

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._statement)
        event.remove(self.engine, "commit", self.tick)


class MortalGateway(FakeGateway):
    """A gateway at whose call the program may die, before or after the money was taken."""

    killer: Killer | None = None

    def charge(self, request: Any) -> Any:
        if self.killer is not None:
            self.killer.tick()
        answer = super().charge(request)
        if self.killer is not None:
            self.killer.tick()
        return answer


def killed_at(database: Database, lamp: Any, gateway: MortalGateway, at: int) -> bool:
    """Place an order that dies at the nth thing; False if it was over before."""
    try:
        with Killer(database, at) as killer:
            gateway.killer = killer
            place(database, {lamp: 2}, gateway=gateway, key=f"k{at}")
    except Killed:
        return True
    finally:
        gateway.killer = None
        database.engine.dispose()
    return False


def deaths(database: Database, lamp: Any) -> Iterator[tuple[int, MortalGateway]]:
    for at in range(1, MOST):
        gateway = MortalGateway()
        if not killed_at(database, lamp, gateway, at):
            return
        yield at, gateway


def test_a_repeat_after_any_death_ends_in_one_paid_order(
    database: Database, clock: FrozenClock
) -> None:
    lamp = stock(database, "LAMP", 500)
    count = 0
    with use_clock(clock):
        for at, gateway in deaths(database, lamp):
            count += 1
            assert not database.run(verify_ledger)
            assert not database.run(verify_promises)
            clock.move(minutes=3)
            order = place(database, {lamp: 2}, gateway=gateway, key=f"k{at}")

            assert (order.status, order.paid, len(gateway.taken)) == (
                "processing",
                order.total,
                1,
            ), at
    paid = database.sql("SELECT count(*) FROM commerce_order")[0][0]
    assert count >= 10
    assert shelf(database, lamp) == (500, 2 * paid, 0)
    assert not database.run(verify_ledger)
    assert not database.run(verify_promises)


def test_nobody_comes_back_and_the_books_agree_all_the_same(
    database: Database, clock: FrozenClock
) -> None:
    lamp = stock(database, "LAMP", 500)
    taken = 0
    with use_clock(clock):
        for _, gateway in deaths(database, lamp):
            clock.move(minutes=3)
            run_flow(database.factory, reconcile_payments(), perform=calls(gateway))
            taken += len(gateway.taken)
        clock.move(days=8)
        run_flow(database.factory, expire_orders())
        database.run(expire_reservations)

    query = "SELECT status, payment_status, count(*) FROM commerce_order GROUP BY 1, 2"
    found = {(status, payment): n for status, payment, n in database.sql(query)}
    paid = found.pop(("processing", "captured"))
    assert set(found) <= {("expired", "declined")}
    assert paid in {taken, taken + 1}, "the last one was never killed"
    assert shelf(database, lamp) == (500, 2 * paid, 0)
    assert not database.run(verify_ledger)


@pytest.mark.parametrize("at", [1, 2])
def test_a_death_within_a_transaction_leaves_nothing(database: Database, at: int) -> None:
    lamp = stock(database, "LAMP", 5)
    before = database.contents()

    assert killed_at(database, lamp, MortalGateway(), at)

    assert database.contents() == before
