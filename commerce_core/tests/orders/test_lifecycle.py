from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from commerce_core.inventory import (
    Allocation,
    StockLocation,
    receive_stock,
    verify_ledger,
    verify_promises,
)
from commerce_core.orders.fulfilling import (
    deliver_fulfillment,
    fulfill_order,
    pack_fulfillment,
    ship_fulfillment,
)
from commerce_core.orders.undoing import cancel_fulfillment, cancel_lines, cancel_order
from commerce_core.testing import make_location
from commerce_core.tests.orders.shop import (
    ACTOR,
    counts,
    lines_of,
    place,
    read_order,
    shelf,
    stock,
    story,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database


def test_an_order_goes_from_placed_to_delivered(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 2})
    assert (order.status, str(order.total)) == ("processing", "39.8000")
    assert shelf(database, lamp) == (5, 2, 0)

    (parcel,) = database.run(lambda s: fulfill_order(s, order, actor=ACTOR))
    database.run(lambda s: pack_fulfillment(s, parcel, actor=ACTOR))
    database.run(lambda s: ship_fulfillment(s, parcel, actor=ACTOR))
    assert (read_order(database, order).status, shelf(database, lamp)) == ("shipped", (3, 0, 0))
    database.run(lambda s: deliver_fulfillment(s, parcel, actor=ACTOR))

    assert read_order(database, order).status == "delivered"
    assert counts(*lines_of(database, order)) == {
        "allocated": 2,
        "fulfilled": 2,
        "shipped": 2,
        "delivered": 2,
    }
    assert story(database, order) == ["place", "fulfill", "pack", "ship", "deliver"]
    assert not database.run(verify_ledger)
    assert not database.run(verify_promises)


def test_part_of_a_parcel_ships_and_the_rest_waits_in_another(database: Database) -> None:
    lamp, bulb = stock(database, "LAMP", 5), stock(database, "BULB", 5)
    order = place(database, {lamp: 2, bulb: 3})
    line, other = lines_of(database, order)
    (parcel,) = database.run(lambda s: fulfill_order(s, order, actor=ACTOR))

    database.run(lambda s: ship_fulfillment(s, parcel, actor=ACTOR, quantities={line.id: 1}))

    assert read_order(database, order).status == "processing"
    line, other = lines_of(database, order)
    assert counts(line) == {"allocated": 2, "fulfilled": 2, "shipped": 1}
    assert counts(other) == {"allocated": 3, "fulfilled": 3}
    assert (shelf(database, lamp), shelf(database, bulb)) == ((4, 1, 0), (5, 3, 0))
    rest = database.sql("SELECT id FROM commerce_fulfillment WHERE number = 2")
    assert database.sql(
        "SELECT order_line_id, quantity FROM commerce_fulfillment_line"
        " WHERE fulfillment_id = :id ORDER BY 1",
        id=rest[0][0],
    ) == [(line.id, 1), (other.id, 3)]


def test_cancelling_a_parcel_keeps_its_stock_and_cancelling_the_order_frees_it(
    database: Database,
) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 2})
    (parcel,) = database.run(lambda s: fulfill_order(s, order, actor=ACTOR))

    database.run(lambda s: cancel_fulfillment(s, parcel, reason="wrong box", actor=ACTOR))
    assert shelf(database, lamp) == (5, 2, 0)
    assert counts(*lines_of(database, order)) == {"allocated": 2}

    database.run(lambda s: fulfill_order(s, order, actor=ACTOR))
    database.run(lambda s: cancel_order(s, order, reason="customer", actor=ACTOR))
    assert shelf(database, lamp) == (5, 0, 0)
    assert counts(*lines_of(database, order)) == {"cancelled": 2}
    assert read_order(database, order).total == 0


def test_cancelling_part_of_a_line_frees_that_part(database: Database) -> None:
    lamp = stock(database, "LAMP", 5)
    order = place(database, {lamp: 3})
    (line,) = lines_of(database, order)

    database.run(
        lambda s: cancel_lines(s, order, {line.id: 1}, reason="one is enough", actor=ACTOR)
    )

    assert shelf(database, lamp) == (5, 2, 0)
    now = read_order(database, order)
    assert (now.status, str(now.total), now.version) == ("processing", "39.8000", 2)


def test_cancelling_part_of_a_line_leaves_what_is_in_a_parcel(database: Database) -> None:
    """The newest promises go first, but not those that somebody holds in his hands."""
    lamp = stock(database, "LAMP", 2)

    def more_elsewhere(session: Session) -> None:
        berlin = make_location(session, code="BER")
        receive_stock(session, lamp, berlin, quantity=2, actor=ACTOR)

    database.run(more_elsewhere)
    order = place(database, {lamp: 4})
    (line,) = lines_of(database, order)
    query = select(StockLocation).join(Allocation, Allocation.location_id == StockLocation.id)
    newest = database.run(lambda s: s.scalars(query.order_by(Allocation.id.desc())).first())
    (parcel,) = database.run(lambda s: fulfill_order(s, order, actor=ACTOR, location=newest))

    database.run(lambda s: cancel_lines(s, order, {line.id: 2}, reason="two do", actor=ACTOR))
    database.run(lambda s: ship_fulfillment(s, parcel, actor=ACTOR))

    assert (read_order(database, order).status, shelf(database, lamp)) == ("shipped", (2, 0, 0))
    assert not database.run(verify_ledger)
    assert not database.run(verify_promises)
