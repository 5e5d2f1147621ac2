"""The machine of orders as a drawing: the states where they stand, and an arrow for each way.

The arrows are those of the rules, so the drawing cannot say anything else than the machine does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from commerce_core.orders.machine import ORDERS, Trigger
from commerce_core.orders.models import OrderStatus

WIDTH: Final = 720
HEIGHT: Final = 236
_BOX: Final = (104, 32)
_FAR: Final = 250
"""States that are further apart have another one between them."""
_PLACES: Final = {
    OrderStatus.PENDING: (64, 92),
    OrderStatus.PROCESSING: (256, 92),
    OrderStatus.SHIPPED: (456, 92),
    OrderStatus.DELIVERED: (652, 92),
    OrderStatus.EXPIRED: (64, 204),
    OrderStatus.CANCELLED: (256, 204),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A state. ``look`` is "now", "past" or ""."""

    status: OrderStatus
    x: int
    y: int
    look: str
    width: int = _BOX[0]
    height: int = _BOX[1]

    @property
    def left(self) -> int:
        """Where its box begins."""
        return self.x - self.width // 2

    @property
    def top(self) -> int:
        """Where its box begins."""
        return self.y - self.height // 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from a state to another, and what leads along it."""

    source: OrderStatus
    target: OrderStatus
    triggers: tuple[Trigger, ...]
    path: str
    is_next: bool
    label_x: int
    label_y: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it."""

    nodes: list[Node]
    arrows: list[Arrow]
    width: int = WIDTH
    height: int = HEIGHT


def ways() -> dict[tuple[OrderStatus, OrderStatus], list[Trigger]]:
    """Return what leads from each state to another one, by the rules."""
    found: dict[tuple[OrderStatus, OrderStatus], list[Trigger]] = {}
    for rule in ORDERS.rules:
        for source in rule.sources:
            if rule.target is None or rule.target == source:
                continue
            triggers = found.setdefault((OrderStatus(source), OrderStatus(rule.target)), [])
            if rule.trigger not in triggers:
                triggers.append(Trigger(rule.trigger))
    for triggers in found.values():
        # What usually leads there stands first; that nothing else is left is the exception.
        triggers.sort(key=lambda trigger: trigger is Trigger.CANCEL_LINES)
    return found


def draw(status: OrderStatus, passed: Iterable[OrderStatus], allowed: set[Trigger]) -> Drawing:
    """Return the drawing with an order in ``status`` that has been in the states of ``passed``.

    An arrow is drawn strong where one of its triggers is allowed now.
    """
    been = set(passed) - {status}
    nodes = [
        Node(one, x, y, "now" if one is status else "past" if one in been else "")
        for one, (x, y) in _PLACES.items()
    ]
    return Drawing(
        nodes,
        [
            _arrow(*way, tuple(triggers), is_next=way[0] is status and bool(allowed & {*triggers}))
            for way, triggers in ways().items()
        ],
    )


def _arrow(
    source: OrderStatus, target: OrderStatus, triggers: tuple[Trigger, ...], *, is_next: bool
) -> Arrow:
    (x1, y1), (x2, y2) = _PLACES[source], _PLACES[target]
    half_width, half_height = _BOX[0] // 2, _BOX[1] // 2
    if y1 == y2:
        sign = 1 if x2 > x1 else -1
        start, end = x1 + sign * half_width, x2 - sign * half_width
        is_far = abs(x2 - x1) > _FAR
        if is_far:  # over the state that stands between
            start, end, top = x1 + sign * 24, x2 - sign * 24, y1 - half_height
            path = f"M{start} {top}C{start} {top - 64} {end} {top - 64} {end} {top}"
            return Arrow(source, target, triggers, path, is_next, (start + end) // 2, top - 54)
        y = y1 - 7 * sign  # there and back beside each other
        path = f"M{start} {y}L{end} {y}"
        return Arrow(source, target, triggers, path, is_next, (start + end) // 2, y - 6 * sign + 3)
    down = y2 > y1
    start_y = y1 + (half_height if down else -half_height)
    end_y = y2 - (half_height if down else -half_height)
    shift = -10 if down else 10
    path = f"M{x1 + shift} {start_y}L{x2 + shift} {end_y}"
    middle = (x1 + x2) // 2 + shift + (-4 if x1 == x2 and down else 4)
    return Arrow(source, target, triggers, path, is_next, middle, (start_y + end_y) // 2)
