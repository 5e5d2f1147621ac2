from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.clock import use_clock
from commerce_core.customers.models import Customer
from commerce_core.errors import InvalidStateError, VersionConflictError
from commerce_core.flows import run_flow
from commerce_core.inventory import get_location, verify_ledger, verify_promises
from commerce_core.money import Money
from commerce_core.orders.arrivals import inspect_return, receive_return
from commerce_core.orders.errors import (
    QuantityNotLeftError,
    ReturnNotEligibleError,
    TransitionRefusedError,
)
from commerce_core.orders.exchanges import (
    exchange_return,
    open_claim,
    reject_claim,
    replace_claim,
)
from commerce_core.orders.fulfilling import deliver_order, ship_order
from commerce_core.orders.gateways import FakeGateway, calls
from commerce_core.orders.refunds import refund_order
from commerce_core.orders.return_models import ClaimKind, Return, ReturnReason
from commerce_core.orders.returns import (
    approve_return,
    close_return,
    list_return_lines,
    refunded_return,
    reject_return,
    request_return,
    send_return,
)
from commerce_core.orders.standing import standing_of, sums_of
from commerce_core.tests.orders.shop import (
    ACTOR,
    counts,
    eur,
    lines_of,
    place,
    read_order,
    shelf,
    stock,
    story,
)

if TYPE_CHECKING:
    from commerce_core.orders.models import Order
    from commerce_core.orders.return_models import Claim
    from commerce_core.testing import FrozenClock
    from commerce_core.tests.databases import Database

WHY = ReturnReason.TOO_SMALL


def delivered(database: Database, pieces: int, gateway: FakeGateway | None = None) -> Any:
    """Return a variant and an order of it that has arrived."""
    lamp = stock(database, "LAMP", 10)
    order = place(database, {lamp: pieces}, gateway=gateway)
    database.run(lambda s: ship_order(s, order, actor=ACTOR))
    database.run(lambda s: deliver_order(s, order, actor=ACTOR))
    return lamp, read_order(database, order)


def requested(database: Database, order: Order, pieces: int) -> Return:
    (line,) = lines_of(database, order)
    return database.run(lambda s: request_return(s, order, {line.id: (pieces, WHY)}, actor=ACTOR))


def received(database: Database, order: Order, found: Return, pieces: int, **more: Any) -> Return:
    (line,) = lines_of(database, order)
    return database.run(
        lambda s: receive_return(
            s, found, {line.id: pieces}, get_location(s, code="HAM"), actor=ACTOR, **more
        )
    )


def test_a_return_goes_all_the_way_and_the_money_goes_back(database: Database) -> None:
    gateway = FakeGateway()
    lamp, order = delivered(database, 3, gateway)
    found = requested(database, order, 2)
    database.run(lambda s: approve_return(s, found, actor=ACTOR))
    database.run(lambda s: send_return(s, found, actor=ACTOR, tracking_number="00340"))
    assert received(database, order, found, 1).status == "partially_received"
    assert received(database, order, found, 1).status == "received"
    assert shelf(database, lamp)[0] == 7, "stock comes back when it was looked at"
    (line,) = lines_of(database, order)

    done = database.run(lambda s: inspect_return(s, found, {line.id: 1}, actor=ACTOR))

    assert (done.status, str(done.refund_amount)) == ("inspected", "39.8000")
    assert shelf(database, lamp)[0] == 9
    assert database.sql("SELECT damaged FROM commerce_stock_level") == [(1,)]
    flow = refund_order(order, eur("39.80"), reason="return", actor=ACTOR, of_return=found)
    run_flow(database.factory, flow, perform=calls(gateway))
    database.run(lambda s: refunded_return(s, found, actor=ACTOR))
    assert database.run(lambda s: close_return(s, found, actor=ACTOR)).status == "closed"
    now = read_order(database, order)
    assert standing_of(now, sums_of(lines_of(database, order))) == "partially_returned"
    assert not database.run(verify_ledger)
    assert not database.run(verify_promises)


def test_a_repeat_of_the_inspection_adds_no_stock(database: Database) -> None:
    lamp, order = delivered(database, 2)
    found = requested(database, order, 2)
    database.run(lambda s: approve_return(s, found, actor=ACTOR))
    received(database, order, found, 2)
    for _ in range(2):
        database.run(lambda s: inspect_return(s, found, {}, actor=ACTOR, idempotency_key="k"))
    with pytest.raises(TransitionRefusedError):
        database.run(lambda s: inspect_return(s, found, {}, actor=ACTOR))

    assert shelf(database, lamp)[0] == 10
    assert counts(*lines_of(database, order))["returned"] == 2


def test_what_never_comes_is_missing_and_not_paid_for(database: Database) -> None:
    lamp, order = delivered(database, 3, FakeGateway())
    found = requested(database, order, 3)
    database.run(lambda s: approve_return(s, found, actor=ACTOR))
    received(database, order, found, 1)

    done = database.run(lambda s: inspect_return(s, found, {}, actor=ACTOR))

    (line,) = database.run(lambda s: list_return_lines(s, found))
    assert (line.received, line.resellable, line.missing) == (1, 1, 2)
    assert Money(done.refund_amount, "EUR") == eur("19.90")
    assert shelf(database, lamp)[0] == 8
    assert requested(database, order, 2).status == "requested", "the missing ones may still come"


def test_no_more_comes_back_than_was_sent(database: Database) -> None:
    _, order = delivered(database, 2)
    requested(database, order, 1)
    with pytest.raises(QuantityNotLeftError):
        requested(database, order, 2)
    found = requested(database, order, 1)
    database.run(lambda s: approve_return(s, found, actor=ACTOR))
    with pytest.raises(QuantityNotLeftError):
        received(database, order, found, 2)


def test_a_rejected_return_frees_its_pieces(database: Database) -> None:
    _, order = delivered(database, 1)
    found = requested(database, order, 1)
    database.run(lambda s: reject_return(s, found, reason="worn", actor=ACTOR))
    with pytest.raises(TransitionRefusedError):
        received(database, order, found, 1)

    assert requested(database, order, 1).status == "requested"


def test_after_the_window_nothing_comes_back(database: Database, clock: FrozenClock) -> None:
    with use_clock(clock):
        _, order = delivered(database, 1)
        clock.move(days=31)
        with pytest.raises(ReturnNotEligibleError) as caught:
            requested(database, order, 1)

    assert caught.value.refusal == "window_closed"
    assert timedelta(days=30).days == 30


def test_what_was_sold_for_good_stays(database: Database) -> None:
    _, order = delivered(database, 1)
    database.sql("""UPDATE commerce_order_line SET details = '{"returnable": false}'""")
    with pytest.raises(ReturnNotEligibleError) as caught:
        requested(database, order, 1)

    assert caught.value.refusal == "final_sale"


def test_two_clerks_on_one_return(database: Database) -> None:
    _, order = delivered(database, 1)
    found = requested(database, order, 1)
    database.run(lambda s: approve_return(s, found, actor=ACTOR, version=1))
    with pytest.raises(VersionConflictError):
        database.run(lambda s: reject_return(s, found, reason="x", actor="bob", version=1))


def test_nothing_comes_back_of_what_never_left(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 1})
    with pytest.raises(TransitionRefusedError) as caught:
        requested(database, order, 1)

    assert caught.value.refusal == "nothing_shipped"


def test_an_exchange_is_a_return_and_an_order(database: Database) -> None:
    _, order = delivered(database, 1)
    large = stock(database, "LAMP-L", 4)
    found = requested(database, order, 1)

    new = database.run(lambda s: exchange_return(s, found, {large: 1}, actor=ACTOR, free=True))

    assert (new.status, str(new.total)) == ("processing", "0.0000")
    assert new.shipping_address == order.shipping_address
    assert shelf(database, large) == (4, 1, 0)
    with pytest.raises(InvalidStateError):
        database.run(lambda s: exchange_return(s, found, {large: 1}, actor=ACTOR))


def test_a_claim_is_made_good_without_anything_coming_back(database: Database) -> None:
    lamp, order = delivered(database, 2)
    (line,) = lines_of(database, order)
    claim = database.run(
        lambda s: open_claim(s, order, ClaimKind.BROKEN, {line.id: 1}, actor=ACTOR)
    )

    new = database.run(lambda s: replace_claim(s, claim, actor=ACTOR))

    assert str(new.total) == "0.0000"
    assert shelf(database, lamp) == (8, 1, 0)
    with pytest.raises(InvalidStateError):
        database.run(lambda s: replace_claim(s, claim, actor=ACTOR))
    with pytest.raises(QuantityNotLeftError):
        database.run(lambda s: open_claim(s, order, ClaimKind.LOST, {line.id: 3}, actor=ACTOR))
    assert story(database, order)[-2:] == ["return", "return"]


def claimed(database: Database, order: Order, pieces: int) -> Claim:
    (line,) = lines_of(database, order)
    return database.run(
        lambda s: open_claim(s, order, ClaimKind.BROKEN, {line.id: pieces}, actor=ACTOR)
    )


def test_a_piece_is_claimed_once_unless_the_claim_was_rejected(database: Database) -> None:
    _, order = delivered(database, 3)
    first = claimed(database, order, 2)
    with pytest.raises(QuantityNotLeftError) as caught:
        claimed(database, order, 2)
    assert caught.value.fields["left"] == 1

    database.run(lambda s: reject_claim(s, first, reason="worn", actor=ACTOR))
    second = claimed(database, order, 3)
    database.run(lambda s: replace_claim(s, second, actor=ACTOR))
    with pytest.raises(QuantityNotLeftError):
        claimed(database, order, 1)


def test_what_has_come_back_is_not_claimed_as_well(database: Database) -> None:
    _, order = delivered(database, 2)
    found = requested(database, order, 1)
    database.run(lambda s: approve_return(s, found, actor=ACTOR))
    received(database, order, found, 1)
    database.run(lambda s: inspect_return(s, found, {}, actor=ACTOR))

    with pytest.raises(QuantityNotLeftError):
        claimed(database, order, 2)
    assert claimed(database, order, 1).status == "open"


def test_what_is_claimed_or_on_its_way_back_is_not_the_other_as_well(database: Database) -> None:
    _, order = delivered(database, 2)
    claim = claimed(database, order, 1)
    with pytest.raises(QuantityNotLeftError):
        requested(database, order, 2)
    requested(database, order, 1)
    with pytest.raises(QuantityNotLeftError):
        claimed(database, order, 1)

    database.run(lambda s: reject_claim(s, claim, reason="worn", actor=ACTOR))
    assert requested(database, order, 1).status == "requested"


def test_what_is_sent_instead_belongs_to_the_same_customer(database: Database) -> None:
    lamp, ann = stock(database, "LAMP", 10), Customer(number="C-1", name="Ann")
    database.run(lambda s: s.add(ann))
    order = place(database, {lamp: 2}, customer=ann)
    database.run(lambda s: ship_order(s, order, actor=ACTOR))

    claim, found = claimed(database, order, 1), requested(database, order, 1)
    again = database.run(lambda s: replace_claim(s, claim, actor=ACTOR))
    other = database.run(lambda s: exchange_return(s, found, {lamp: 1}, actor=ACTOR))

    assert (again.customer_id, other.customer_id) == (ann.id, ann.id)
