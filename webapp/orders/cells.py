"""Writes what changes of an order while the list is open: the same for the page and the stream."""

from __future__ import annotations

import json
from typing import Any, Final

from jinja2 import Environment

from commerce_core.money import Money
from webapp.live.changes import Changes
from webapp.live.frames import Encoder, Event, order_as_json

TEMPLATE: Final = "orders/_cells.html"


def make_order_encoder(environment: Environment) -> Encoder:
    """Return the encoder of orders in the representation "html".

    For each order its cells, and an event ``order`` that says what happened to which.
    """
    cells: Any = environment.get_template(TEMPLATE).module

    def encode(changes: Changes) -> list[Event]:
        if not changes.orders:
            return []
        written = "".join(
            str(cells.live_cells(one, Money(one.total, one.currency), True))
            for one in changes.orders
        )
        # One event for all: a script decides from it what to read again.
        told = [order_as_json(one) for one in changes.orders]
        return [Event(written), Event(json.dumps(told, separators=(",", ":")), "orders")]

    return encode


def together(*encoders: Encoder) -> Encoder:
    """Return an encoder that tells what each of them has to say."""

    def encode(changes: Changes) -> list[Event]:
        return [event for one in encoders for event in one(changes)]

    return encode
