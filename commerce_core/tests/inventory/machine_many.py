"""The rest of the state machine of stock: baskets, batches, transfers, purchases and counts."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, consumes, multiple, rule

from commerce_core.inventory import (
    BasketLine,
    PurchaseOrder,
    ReserveRequest,
    StockCount,
    StockTransfer,
    cancel_purchase_order,
    cancel_transfer,
    count_stock,
    create_purchase_order,
    list_purchase_order_lines,
    list_transfer_lines,
    place_purchase_order,
    post_count,
    receive_purchase_order,
    receive_transfer,
    reserve_basket,
    reserve_many,
    start_count,
    transfer_stock,
)
from commerce_core.money import Money
from commerce_core.tests.inventory.machine import (
    LOCATIONS,
    VARIANTS,
    WHO,
    StockMachine,
    pieces,
    places,
    seconds,
)
from commerce_core.tests.inventory.model import Hold

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.tests.inventory.model import Place


class WholeMachine(StockMachine):
    """Every verb there is."""

    holds = StockMachine.holds
    transfers = Bundle("transfers")
    purchases = Bundle("purchases")
    counts = Bundle("counts")

    # --- many at once -----------------------------------------------------------------------

    @rule(
        target=holds, wishes=st.lists(st.tuples(places, pieces), min_size=1, max_size=4), t=seconds
    )
    def flash_sale(self, wishes: list[tuple[Place, int]], t: int) -> Any:
        asked = [
            ReserveRequest(self.variants[variant].id, self.spots[spot].id, n)
            for (variant, spot), n in wishes
        ]
        holds, answers = self.both(
            partial(self.model.reserve_many, wishes, t),
            lambda s: reserve_many(s, asked, expires_in=timedelta(seconds=t), **WHO),
        )
        for hold, answer in zip(holds, answers, strict=True):
            assert (hold is None) == (answer.reservation_id is None)
            if hold is not None:
                self.model.books.holds[answer.reservation_id] = hold
        return multiple(*(a.reservation_id for a in answers if a.reservation_id is not None))

    @rule(
        target=holds,
        lines=st.dictionaries(st.sampled_from([*VARIANTS, "kit"]), st.integers(1, 4), min_size=1),
        t=seconds,
        some=st.booleans(),
    )
    def basket(self, lines: dict[str, int], t: int, some: bool) -> Any:  # noqa: FBT001
        basket = [BasketLine(self.variants[name], n) for name, n in lines.items()]
        how: dict[str, Any] = {"expires_in": timedelta(seconds=t), "allow_partial": some}
        expected, found = self.both(
            partial(self.model.basket, lines, partial=some),
            lambda s: reserve_basket(s, basket, **how, **WHO),
        )
        if expected is None:
            return multiple()
        taken, short = expected
        assert {self.names[row.variant_id]: row.reserved for row in found.short} == short
        for row in found.reservations:
            place = (self.names[row.variant_id], self.spot_names[row.location_id])
            assert taken.pop(place) == row.quantity
            self.keep_hold(Hold(place, row.quantity, self.model.now + t), row)
        assert taken == {}
        return multiple(*(row.id for row in found.reservations))

    # --- journeys and counts ----------------------------------------------------------------

    @rule(target=transfers, variant=st.sampled_from(VARIANTS), way=st.booleans(), n=pieces)
    def send(self, variant: str, way: bool, n: int) -> Any:  # noqa: FBT001
        here, there = LOCATIONS if way else reversed(LOCATIONS)
        lines = {self.variants[variant]: n}
        journey, row = self.both(
            partial(self.model.send, (variant, here), (variant, there), n),
            lambda s: transfer_stock(s, self.spots[here], self.spots[there], lines, **WHO),
        )
        if journey is None:
            return multiple()
        self.model.books.journeys[row.id] = journey
        return row.id

    @rule(number=transfers, n=pieces)
    def arrive(self, number: int, n: int) -> None:
        def step(s: Session) -> None:
            transfer = s.get_one(StockTransfer, number)
            (line,) = list_transfer_lines(s, transfer)
            receive_transfer(s, transfer, {line.id: n}, **WHO)

        self.both(partial(self.model.arrive, number, n), step)

    @rule(number=transfers, lost=st.booleans())
    def call_back(self, number: int, lost: bool) -> None:  # noqa: FBT001
        step = self.of(cancel_transfer, StockTransfer, number, lost=lost)
        self.both(partial(self.model.call_back, number, lost=lost), step)

    @rule(target=purchases, place=places, n=pieces)
    def buy(self, place: Place, n: int) -> Any:
        variant, spot = self.variants[place[0]], self.spots[place[1]]
        lines = {variant: (n, Money.of("1", "EUR"))}

        def step(s: Session) -> PurchaseOrder:
            order = create_purchase_order(s, self.supplier, spot, lines, **WHO)
            return place_purchase_order(s, order, **WHO)

        journey, row = self.both(partial(self.model.order, place, n), step)
        self.model.books.journeys[-row.id] = journey
        return row.id

    @rule(number=purchases, n=pieces)
    def delivered(self, number: int, n: int) -> None:
        def step(s: Session) -> None:
            order = s.get_one(PurchaseOrder, number)
            (line,) = list_purchase_order_lines(s, order)
            receive_purchase_order(s, order, {line.id: n}, **WHO)

        self.both(partial(self.model.arrive, -number, n), step)

    @rule(number=purchases)
    def cancel_purchase(self, number: int) -> None:
        step = self.of(cancel_purchase_order, PurchaseOrder, number)
        self.both(partial(self.model.call_back, -number), step)

    @rule(target=counts, place=places, n=st.integers(0, 8))
    def count(self, place: Place, n: int) -> Any:
        variant, spot = self.variants[place[0]], self.spots[place[1]]

        def step(s: Session) -> StockCount:
            counting = start_count(s, spot, name="count", **WHO)
            count_stock(s, counting, variant, counted=n, **WHO)
            return counting

        level = self.model.books.levels.get(place)
        return self.database.run(step).id, place, level.on_hand if level else 0, n

    @rule(counted=consumes(counts))
    def post(self, counted: tuple[int, Place, int, int]) -> None:
        number, place, expected, found = counted
        step = self.of(post_count, StockCount, number)
        if expected == found:
            self.database.run(step)
            return
        self.both(partial(self.model.count, place, expected, found), step)
