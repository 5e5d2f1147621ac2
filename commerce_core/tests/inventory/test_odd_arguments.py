"""Every argument of every public verb, given something that does not belong there.

Generated from the signatures: a new verb is asked the same as soon as it is public.
"""

from __future__ import annotations

import inspect
from contextlib import closing
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from commerce_core import inventory, make_engine, make_session_factory
from commerce_core.errors import CommerceError
from commerce_core.inventory import Cause, SetAside, StockMovement, get_location
from commerce_core.money import Money
from commerce_core.testing import make_location, make_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import SqliteFiles

WHOLE = {  # what a program gives as a whole: another kind of thing is a fault of the program
    "components",
    "file",
    "holders",
    "kinds",
    "lines",
    "received",
    "requests",
    "reservations",
    "semantics",
    "strategy",
    "variant_ids",
}


class Elsewhere(StrEnum):
    """A list of places that is not ours."""

    ATTIC = "attic"


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**70,
    1.5,
    "x" * 300,
    "a\x00",
    [],
    {"on_hand": 1},
    object(),
    Elsewhere.ATTIC,
    datetime(2026, 1, 1),  # noqa: DTZ001 - that is what is tested
    datetime(9999, 1, 1, tzinfo=UTC),
    timedelta(days=-1),
)


def _plain_values() -> dict[str, Any]:
    return {
        "quantity": 1,
        "actor": "ann",
        "reason": "wet",
        "place": SetAside.DAMAGED,
        "holder": Cause("order", "2"),
        "counted": 3,
        "code": "HAM",
        "name": "Shed",
        "at": datetime.now(UTC),
        "within": timedelta(minutes=5),
        "expires_in": timedelta(minutes=5),
    }


class Store:
    """One of each thing that a verb can be given."""

    def __init__(self, session: Session) -> None:
        self.session = session
        lamp = make_variant(session, on_hand=50)
        hall, far = get_location(session, code="HAM"), make_location(session, code="FAR")
        by: Any = {"actor": "ann"}
        held = inventory.reserve_stock(session, lamp, hall, quantity=1, **by)
        promised = inventory.allocate_stock(
            session, lamp, hall, quantity=1, holder=Cause("order", "1"), **by
        )
        supplier = inventory.create_supplier(session, name="Atelier")
        bought = {lamp: (3, Money.of("1", "EUR"))}
        draft = inventory.create_purchase_order(session, supplier, hall, bought, **by)
        ordered = inventory.create_purchase_order(session, supplier, hall, bought, **by)
        inventory.place_purchase_order(session, ordered, **by)
        (line,) = inventory.list_purchase_order_lines(session, ordered)
        packed = inventory.create_transfer(session, hall, far, {lamp: 2}, **by)
        sent = inventory.transfer_stock(session, hall, far, {lamp: 2}, **by)
        (moved,) = inventory.list_transfer_lines(session, sent)
        inventory.set_aside_stock(
            session, lamp, hall, quantity=2, place=SetAside.DAMAGED, reason="wet", **by
        )
        self.special: dict[str, dict[str, Any]] = {
            "create_location": {"code": "NEW"},
            "create_purchase_order": {"lines": bought},
            "receive_purchase_order": {"order": ordered, "received": {line.id: 1}},
            "reserve_basket": {"lines": [inventory.BasketLine(lamp, 1)]},
            "send_transfer": {"transfer": packed},
            "ship_allocation": {"quantity": 1},
        }
        self.usual: dict[str, Any] = _plain_values() | {
            "variant": lamp,
            "location": hall,
            "reservation": held,
            "allocation": promised,
            "supplier": supplier,
            "order": draft,
            "lines": {lamp: 1},
            "source": hall,
            "destination": far,
            "count": inventory.start_count(session, hall, name="May", **by),
            "kit": make_variant(session),
            "components": {lamp: 1},
            "transfer": sent,
            "received": {moved.id: 1},
            "requests": [inventory.ReserveRequest(lamp.id, hall.id, 1)],
            "reservations": [held],
            "holders": {held: Cause("order", "3")},
            "reservation_id": held.id,
            "variant_ids": [lamp.id],
        }
        session.commit()

    def arguments_of(self, name: str) -> dict[str, Any]:
        """Return arguments with which the verb does what it is for."""
        chosen = self.usual | self.special.get(name, {})
        parameters = list(inspect.signature(getattr(inventory, name)).parameters.values())[1:]
        return {
            p.name: chosen.get(p.name) if p.default is p.empty else p.default for p in parameters
        } | self.special.get(name, {})

    def movements(self) -> int:
        return self.session.scalar(select(func.count()).select_from(StockMovement)) or 0


FILES = {"apply_stock_file", "preview_stock_file"}
"""Their rows are tried where files are read."""
VERBS = sorted(
    name
    for name in set(inventory.__all__) - FILES
    if inspect.isfunction(function := getattr(inventory, name))
    and "session" in inspect.signature(function).parameters
)


@pytest.fixture(scope="module")
def store(sqlite_files: SqliteFiles) -> Iterator[Store]:
    engine = make_engine(sqlite_files.stock_alone_url())
    with closing(make_session_factory(engine)()) as session:
        yield Store(session)
    engine.dispose()


@pytest.mark.parametrize("name", VERBS)
def test_the_usual_arguments_are_taken(store: Store, name: str) -> None:
    getattr(inventory, name)(store.session, **store.arguments_of(name))
    store.session.rollback()


@pytest.mark.parametrize("name", VERBS)
def test_what_does_not_belong_is_refused_by_name_and_leaves_nothing(
    store: Store, name: str
) -> None:
    verb, usual, before = getattr(inventory, name), store.arguments_of(name), store.movements()
    refusals = []
    for parameter in usual.keys() - WHOLE:
        for odd in ODD:
            try:
                verb(store.session, **{**usual, parameter: odd})
            except CommerceError as refusal:
                refusals.append(str(refusal))
                assert store.movements() == before, (parameter, odd)
            finally:
                store.session.rollback()

    assert refusals or not usual.keys() - WHOLE
    assert not [text for text in refusals if "\n" in text]


OTHER_RECORDS = [
    (name, parameter)
    for name in VERBS
    for parameter in inspect.signature(getattr(inventory, name)).parameters
    if parameter in {"variant", "location", "kit", "reservation", "allocation", "order"}
    or parameter in {"transfer", "count", "supplier", "source", "destination"}
]


@pytest.mark.parametrize(("name", "parameter"), OTHER_RECORDS)
def test_a_record_of_another_kind_is_never_taken_for_one_with_its_number(
    store: Store, name: str, parameter: str
) -> None:
    usual = store.arguments_of(name)
    records = [value for value in store.usual.values() if hasattr(value, "id")]
    others = [one for one in records if type(one) is not type(store.usual[parameter])]
    assert len(others) > 1
    for other in others:
        if not isinstance(other, Cause):
            with pytest.raises(CommerceError, match=" is needed here, not "):
                getattr(inventory, name)(store.session, **{**usual, parameter: other})
            store.session.rollback()
