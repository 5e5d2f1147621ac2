"""Two at once, on a real PostgreSQL: exactly one wins, the other gets a named error."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import CommerceError, OperationInProgressError
from commerce_core.flows import run_flow, run_in_transaction
from commerce_core.inventory import verify_ledger, verify_promises
from commerce_core.orders.checkout import place_order
from commerce_core.orders.errors import (
    QuantityNotLeftError,
    RefundTooLargeError,
    TransitionRefusedError,
)
from commerce_core.orders.exchanges import open_claim
from commerce_core.orders.fulfilling import fulfill_order, ship_fulfillment, ship_order
from commerce_core.orders.gateways import MANUAL, FakeGateway, calls
from commerce_core.orders.payments import record_payment
from commerce_core.orders.refunds import refund_order
from commerce_core.orders.return_models import ClaimKind
from commerce_core.orders.undoing import cancel_order, expire_order
from commerce_core.tests.orders.shop import (
    ACTOR,
    basket,
    eur,
    lines_of,
    place,
    read_order,
    shelf,
    stock,
    story,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_core.tests.databases import Database

pytestmark = pytest.mark.postgres
TIMES = 6


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all works at the same moment; return what each returned or raised."""
    barrier = threading.Barrier(len(works))
    found: list[Any] = [None] * len(works)

    def run(index: int, work: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            found[index] = work()
        except CommerceError as error:
            found[index] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def doing(database: Database, verb: Callable[..., Any], *values: Any, **more: Any) -> Any:
    def step(session: Any) -> Any:
        return verb(session, *values, actor=ACTOR, **more)

    return partial(run_in_transaction, database.factory, step)


def errors_of(found: list[Any]) -> list[CommerceError]:
    return [one for one in found if isinstance(one, CommerceError)]


def test_cancel_against_ship(postgres: Database) -> None:
    lamp = stock(postgres, "LAMP", 50)
    for _ in range(TIMES):
        before = shelf(postgres, lamp)[0]
        order = place(postgres, {lamp: 2})
        (parcel,) = postgres.run(partial(fulfill_order, order=order, actor=ACTOR))

        found = at_once(
            doing(postgres, cancel_order, order, reason="customer"),
            doing(postgres, ship_fulfillment, parcel),
        )

        (error,) = errors_of(found)
        assert isinstance(error, TransitionRefusedError)
        now = read_order(postgres, order)
        shipped = now.status == "shipped"
        assert shipped or now.status == "cancelled"
        assert shelf(postgres, lamp) == (before - 2 * shipped, 0, 0)
    assert not postgres.run(verify_ledger)
    assert not postgres.run(verify_promises)


def test_two_ship_one_parcel(postgres: Database) -> None:
    lamp = stock(postgres, "LAMP", 50)
    for number in range(TIMES):
        order = place(postgres, {lamp: 1})
        (parcel,) = postgres.run(partial(fulfill_order, order=order, actor=ACTOR))

        found = at_once(*[doing(postgres, ship_fulfillment, parcel)] * 3)

        assert len(errors_of(found)) == 2
        assert shelf(postgres, lamp) == (50 - number - 1, 0, 0)
        assert story(postgres, order) == ["place", "fulfill", "ship"]


def test_two_refunds_of_everything(postgres: Database) -> None:
    lamp, gateway = stock(postgres, "LAMP", 50), FakeGateway()
    for _ in range(TIMES):
        order = place(postgres, {lamp: 1}, gateway=gateway)
        gateway.given_back.clear()

        def give_back(order: Any = order) -> Any:
            flow = refund_order(order, eur("19.90"), reason="sorry", actor=ACTOR)
            return run_flow(postgres.factory, flow, perform=calls(gateway))

        found = at_once(give_back, give_back, give_back)

        refused = errors_of(found)
        assert len(refused) == 2
        assert all(isinstance(e, RefundTooLargeError | TransitionRefusedError) for e in refused)
        assert list(gateway.given_back.values()) == [eur("19.90")]


def test_two_claims_of_one_piece(postgres: Database) -> None:
    lamp = stock(postgres, "LAMP", 50)
    for _ in range(TIMES):
        order = place(postgres, {lamp: 1})
        postgres.run(partial(ship_order, order=order, actor=ACTOR))
        (line,) = lines_of(postgres, order)

        found = at_once(*[doing(postgres, open_claim, order, ClaimKind.BROKEN, {line.id: 1})] * 3)

        refused = errors_of(found)
        assert [type(error) for error in refused] == [QuantityNotLeftError] * 2


def test_expiry_against_payment(postgres: Database) -> None:
    lamp = stock(postgres, "LAMP", 50)
    for _ in range(TIMES):
        order = place(postgres, {lamp: 1}, gateway=MANUAL, pay_within=timedelta(days=1))
        postgres.sql("UPDATE commerce_order SET expires_at = placed_at WHERE id = :id", id=order.id)

        found = at_once(
            doing(postgres, expire_order, order),
            doing(postgres, record_payment, order, eur("19.90")),
        )

        now = read_order(postgres, order)
        assert now.paid == now.total, "money that came in is never lost"
        if now.status == "processing":
            (error,) = errors_of(found)
            assert isinstance(error, TransitionRefusedError)
        else:
            assert now.status == "expired"
            query = "SELECT kind FROM commerce_order_task WHERE order_id = :id"
            assert postgres.sql(query, id=order.id) == [("paid_too_late",)]
    on_hand, allocated, reserved = shelf(postgres, lamp)
    paid = postgres.sql("SELECT count(*) FROM commerce_order WHERE status = 'processing'")[0][0]
    assert (on_hand, allocated, reserved) == (50, paid, 0)


@pytest.mark.parametrize("pays", [False, True])
def test_one_order_submitted_several_times_at_once(postgres: Database, *, pays: bool) -> None:
    lamp = stock(postgres, "LAMP", 50)
    for number in range(TIMES):
        gateway = FakeGateway() if pays else None

        def submit(key: str = f"k{number}", gateway: FakeGateway | None = gateway) -> Any:
            flow = place_order(basket({lamp: 1}), actor=ACTOR, gateway=gateway, idempotency_key=key)
            perform = calls(gateway) if gateway else None
            return run_flow(postgres.factory, flow, perform=perform)

        found = at_once(submit, submit, submit, submit)

        placed = {one.id for one in found if not isinstance(one, CommerceError)}
        assert len(placed) == 1
        assert all(isinstance(e, OperationInProgressError) for e in errors_of(found))
        assert gateway is None or len(gateway.taken) == 1
    assert shelf(postgres, lamp) == (50, TIMES, 0)


def test_the_last_piece_is_sold_once(postgres: Database) -> None:
    lamp = stock(postgres, "LAMP", 3)

    def submit() -> Any:
        flow = place_order(basket({lamp: 1}), actor=ACTOR)
        return run_flow(postgres.factory, flow)

    found = at_once(*[submit] * 8)

    assert len(errors_of(found)) == 5
    assert shelf(postgres, lamp) == (3, 3, 0)
