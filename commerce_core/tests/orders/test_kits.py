"""Kits in orders: asked for by the kit, promised, packed, shipped and taken back by component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import InsufficientStockError
from commerce_core.inventory import define_kit, get_location, verify_ledger, verify_promises
from commerce_core.orders.arrivals import inspect_return, receive_return
from commerce_core.orders.fulfilling import deliver_order, fulfill_order, ship_fulfillment
from commerce_core.orders.queries import read_whole_order
from commerce_core.orders.return_models import ReturnReason
from commerce_core.orders.returns import approve_return, request_return
from commerce_core.orders.undoing import cancel_lines
from commerce_core.testing import make_variant
from commerce_core.tests.orders.shop import ACTOR, counts, lines_of, place, shelf, stock

if TYPE_CHECKING:
    from commerce_core.tests.databases import Database


def kit_of(database: Database, lamps: int, bulbs: int) -> Any:
    """Return a kit of a lamp and two bulbs, its lamp and its bulb, with stock of both."""
    lamp, bulb = stock(database, "LAMP", lamps), stock(database, "BULB", bulbs)

    def step(session: Any) -> Any:
        kit = make_variant(session, sku="SET")
        define_kit(session, kit, {lamp: 1, bulb: 2})
        return kit

    return database.run(step), lamp, bulb


def test_demand_is_summed_by_component_before_anything_is_promised(database: Database) -> None:
    kit, lamp, bulb = kit_of(database, 5, 5)
    before = database.contents()

    with pytest.raises(InsufficientStockError):  # two kits and two bulbs are six bulbs
        place(database, {kit: 2, bulb: 2})
    refused = database.contents()
    order = place(database, {kit: 2, bulb: 1})

    assert refused == before
    assert (shelf(database, lamp), shelf(database, bulb)) == ((5, 2, 0), (5, 5, 0))
    assert [counts(line) for line in lines_of(database, order)] == [
        {"allocated": 2},
        {"allocated": 1},
    ]
    assert lines_of(database, order)[0].parts == {str(lamp.id): 1, str(bulb.id): 2}


def test_a_kit_leaves_and_comes_back_by_component(database: Database) -> None:
    kit, lamp, bulb = kit_of(database, 5, 9)
    order = place(database, {kit: 3})
    (line,) = lines_of(database, order)
    (parcel,) = database.run(lambda s: fulfill_order(s, order, actor=ACTOR))

    database.run(lambda s: ship_fulfillment(s, parcel, quantities={line.id: 2}, actor=ACTOR))

    assert (shelf(database, lamp), shelf(database, bulb)) == ((3, 1, 0), (5, 2, 0))
    packed = database.run(lambda s: read_whole_order(s, order.id)).fulfillment_lines
    assert sorted((x.variant_id, x.quantity) for x in packed) == sorted(
        [(lamp.id, 2), (bulb.id, 4), (lamp.id, 1), (bulb.id, 2)]
    )
    database.run(lambda s: deliver_order(s, order, actor=ACTOR))

    def take_back(session: Any) -> None:
        wanted = {line.id: (2, ReturnReason.OTHER)}
        found = request_return(session, order, wanted, actor=ACTOR)
        approve_return(session, found, actor=ACTOR)
        receive_return(session, found, {line.id: 2}, get_location(session, code="HAM"), actor=ACTOR)
        inspect_return(session, found, {line.id: 1}, actor=ACTOR)

    database.run(take_back)

    assert (shelf(database, lamp), shelf(database, bulb)) == ((5, 1, 0), (9, 2, 0))
    damaged = dict(database.sql("SELECT variant_id, damaged FROM commerce_stock_level"))
    assert (damaged[lamp.id], damaged[bulb.id]) == (1, 2)
    assert counts(lines_of(database, order)[0])["returned"] == 2
    assert not database.run(verify_ledger)
    assert not database.run(verify_promises)


def test_part_of_a_line_of_kits_is_cancelled_with_its_components(database: Database) -> None:
    kit, lamp, bulb = kit_of(database, 5, 9)
    order = place(database, {kit: 3})
    (line,) = lines_of(database, order)

    database.run(lambda s: cancel_lines(s, order, {line.id: 1}, reason="x", actor=ACTOR))

    assert (shelf(database, lamp), shelf(database, bulb)) == ((5, 2, 0), (9, 4, 0))
    assert counts(lines_of(database, order)[0]) == {"cancelled": 1, "allocated": 2}
