"""Decides what happens next in the living shop, and how soon."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from commerce_core.catalog.models import Product, Variant, VariantStatus
from commerce_core.clock import utc_now
from commerce_core.inventory import StockMovement, expire_reservations
from commerce_core.orders.models import LineKind, Order, OrderLine
from webapp.demo import live_orders, live_stock
from webapp.demo.live_orders import ACTOR
from webapp.demo.live_returns import bring_back
from webapp.demo.randomness import Urn, make_dice

if TYPE_CHECKING:
    from random import Random

    from sqlalchemy.orm import Session

_PAUSE_SECONDS: Final = (0.3, 2.0)
_RUSH: Final = (3, 6)
_RUSH_PAUSE_SECONDS: Final = (0.08, 0.3)
_LINES: Final = Urn((1, 2, 3, 4), (52, 28, 14, 6))
_THINKING_SECONDS: Final = (3, 45)
_PACKING_SECONDS: Final = (5, 90)
_CHECKOUT_RATE: Final = 0.8
_PUT_BACK_RATE: Final = 0.1
"""All other baskets are left alone until they expire."""
_CALM: Final = 150_000
"""After so many movements of its own the shop goes at half the pace, and so on: a demo that is
left alone for weeks grows its file by the root of the time."""
_WINDOW: Final = 50
"""So many variants, the first of the board, lie in the shop window …"""
_WINDOW_RATE: Final = 0.35
"""… and this share of all wishes is for them: whoever opens the board sees it move."""
_LOOK_BACK: Final = timedelta(days=60)
_FORGOTTEN: Final = 0.2
"""Weight of a variant that nobody bought of late."""

Scene = tuple[float, Callable[["Session"], object]]
"""A pause in seconds, and what happens after it in a transaction of its own."""


class Street:
    """The people in the shop: those who come in, those who think, and those who pack."""

    def __init__(
        self,
        dice: Random,
        likings: Urn[int],
        *,
        window: Sequence[int] = (),
        movements: int = 0,
        parcels: Sequence[int] = (),
    ) -> None:
        self._dice = dice
        self._likings = likings
        self._window = window
        self._stretch = 1 + movements / _CALM
        self._thinking: deque[tuple[datetime, list[int]]] = deque()
        self._parcels: deque[tuple[datetime, int]] = deque()
        for number in parcels:
            self._hand_to_packer(number)
        self._rushing: deque[int] = deque()
        self._happenings = Urn(
            (
                self._come_in,
                self._buy_in_shop,
                self._send_back,
                self._miscount,
                self._rush,
                self._arrive,
                self._pay_late,
            ),
            (70, 12, 12, 2, 4, 24, 4),
        )

    @classmethod
    def open(cls, session: Session, *, seed: int) -> Street:
        """Look at what sells, how much happened already, and what waits to be packed."""
        mine = select(func.count()).select_from(StockMovement).filter_by(actor=ACTOR)
        movements = session.scalar(mine) or 0
        return cls(
            make_dice("street", seed, movements),
            popularity(session),
            window=shop_window(session),
            movements=movements,
            parcels=live_stock.open_parcels(session),
        )

    def next_scene(self) -> Scene:
        """Return what happens next, most urgent first."""
        if self._rushing:
            pause = self._dice.uniform(*_RUSH_PAUSE_SECONDS)
            return pause * self._stretch, partial(self._fill, wishes=[self._rushing.popleft()])
        pause = self._dice.uniform(*_PAUSE_SECONDS) * self._stretch
        return pause, self._happen

    def _happen(self, session: Session) -> object:
        expire_reservations(session, actor=ACTOR)
        if live_stock.needs_refill(session, self._dice):
            return live_stock.refill(session, self._dice)
        now = utc_now()
        if self._parcels and self._parcels[0][0] <= now:
            return live_stock.pack(session, self._parcels.popleft()[1])
        if self._thinking and self._thinking[0][0] <= now:
            return self._decide(session, self._thinking.popleft()[1])
        return self._happenings.draw(self._dice)(session)

    # --- what can happen ---------------------------------------------------------------

    def _come_in(self, session: Session) -> object:
        return self._fill(session, wishes=self._wishes())

    def _buy_in_shop(self, session: Session) -> object:
        return live_orders.buy_in_shop(session, self._wishes())

    def _arrive(self, session: Session) -> object:
        return live_orders.arrive(session)

    def _pay_late(self, session: Session) -> object:
        order = live_orders.pay_late(session, self._dice)
        if order is not None:
            self._hand_to_packer(order.id)
        return order

    def _send_back(self, session: Session) -> object:
        return bring_back(session, self._dice)

    def _miscount(self, session: Session) -> object:
        return live_stock.correct_level(session, self._dice)

    def _rush(self, session: Session) -> object:
        """Let several people want the same at once, as after a newsletter."""
        wish = self._wish()
        self._rushing.extend([wish] * self._dice.randint(*_RUSH))
        return self._fill(session, wishes=[wish])

    def _wishes(self) -> list[int]:
        wishes = [self._wish() for _ in range(_LINES.draw(self._dice))]
        return list(dict.fromkeys(wishes))

    def _wish(self) -> int:
        if self._window and self._dice.random() < _WINDOW_RATE:
            return self._dice.choice(self._window)
        return self._likings.draw(self._dice)

    def _fill(self, session: Session, *, wishes: list[int]) -> object:
        basket = live_orders.fill_basket(session, self._dice, wishes)
        if basket:
            self._thinking.append((self._later(_THINKING_SECONDS), basket))
        return basket

    def _decide(self, session: Session, basket: list[int]) -> object:
        chance = self._dice.random()
        if chance < _PUT_BACK_RATE:
            return live_orders.leave_basket(session, basket)
        if chance >= _PUT_BACK_RATE + _CHECKOUT_RATE:
            return None
        order = live_orders.check_out(session, self._dice, basket)
        if order is not None:
            self._hand_to_packer(order.id)
        return order

    def _hand_to_packer(self, number: int) -> None:
        self._parcels.append((self._later(_PACKING_SECONDS), number))

    def _later(self, seconds: tuple[int, int]) -> datetime:
        return utc_now() + timedelta(seconds=self._dice.uniform(*seconds))


def shop_window(session: Session) -> Sequence[int]:
    """Return the ids of the variants on the first page of the board."""
    query = select(Variant.id).join(Product, Product.id == Variant.product_id)
    order = (Product.name, Product.id, Variant.position, Variant.id)
    return session.scalars(query.order_by(*order).limit(_WINDOW)).all()


def popularity(session: Session) -> Urn[int]:
    """Return the ids of all variants, weighted by what was sold in the last two months."""
    last = session.scalar(select(func.max(Order.placed_at))) or utc_now()
    sold = session.execute(
        select(OrderLine.variant_id, func.sum(OrderLine.quantity))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.kind == LineKind.GOODS, Order.placed_at >= last - _LOOK_BACK)
        .group_by(OrderLine.variant_id)
    )
    weights = {number: float(pieces) for number, pieces in sold}
    ids = session.scalars(select(Variant.id).filter_by(status=VariantStatus.ACTIVE)).all()
    return Urn(ids, [_FORGOTTEN + max(0.0, weights.get(number, 0.0)) for number in ids])
