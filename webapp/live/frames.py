"""Server-sent events as bytes. Lines end with LF alone: a CR may be split off and read as two.

A *frame* is what one tick has to say to everybody of a topic, in one representation: some events,
the last of which carries the cursor as its ``id``. A client that has seen the id has seen all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from commerce_core.journal import Cursor
from webapp.live.changes import Changes
from webapp.live.order_changes import LiveOrder
from webapp.live.states import LevelState

HEARTBEAT: Final = b": \n\n"
"""A comment: no event, but a sign of life."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Without a ``name`` it is what htmx swaps into the page."""

    data: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes of one tick, which hold everything up to ``cursor``.

    ``chunk`` is the same as a chunk of an HTTP/1.1 answer: made once, written to every line.
    """

    cursor: Cursor
    data: bytes
    chunk: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Wrap the bytes."""
        object.__setattr__(self, "chunk", as_chunk(self.data))


Encoder = Callable[[Changes], Sequence[Event]]
"""Turns changes into events of one representation; nothing to say is no event."""


def as_chunk(data: bytes) -> bytes:
    """Return the bytes (at least one) as a chunk of an HTTP/1.1 answer."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def encode_event(event: Event, *, cursor: Cursor | None = None, retry: int | None = None) -> bytes:
    """Return one event as it travels. ``retry``: milliseconds until a client connects again."""
    lines = []
    if retry is not None:
        lines.append(f"retry: {retry}")
    if event.name:
        lines.append(f"event: {event.name}")
    if cursor is not None:
        lines.append(f"id: {cursor}")
    lines.extend(f"data: {line}" for line in event.data.replace("\r", "").split("\n"))
    return ("\n".join(lines) + "\n\n").encode()


def encode_cursor(cursor: Cursor) -> bytes:
    """Return what moves a client's ``Last-Event-ID`` on without any event."""
    return f"id: {cursor}\n\n".encode()


def sign_of_life(cursor: Cursor | None) -> bytes:
    """Return a comment, with the cursor as an id where there is one."""
    return HEARTBEAT if cursor is None else HEARTBEAT + encode_cursor(cursor)


def encode_frame(events: Sequence[Event], cursor: Cursor) -> Frame | None:
    """Return the events as one frame, or None when there are none."""
    if not events:
        return None
    parts = [encode_event(event) for event in events[:-1]]
    parts.append(encode_event(events[-1], cursor=cursor))
    return Frame(cursor, b"".join(parts))


def status_event(delayed: int) -> Event:
    """Return the event that tells by how many seconds the numbers are behind (0: they are not)."""
    return Event(_dump({"delayed": delayed}), "status")


def reset_event(reason: str) -> Event:
    """Return the event that tells to read everything again and go on from its ``id``."""
    return Event(_dump({"reason": reason}), "reset")


def encode_json(changes: Changes) -> list[Event]:
    """Return an event ``stock`` for each level that changed, and ``order`` for each order."""
    events = [Event(_dump(as_json(level)), "stock") for level in changes.levels]
    events += [Event(_dump(order_as_json(order)), "order") for order in changes.orders]
    return events


def as_json(level: LevelState) -> dict[str, Any]:
    """Return a level as programs see it, in the stream and in the answers of the API."""
    return {
        "variant_id": level.variant_id,
        "sku": level.sku,
        "location": level.location,
        "on_hand": level.on_hand,
        "available": level.available,
        "allocated": level.allocated,
        "reserved": level.reserved,
        "incoming": level.incoming,
        "minimum": level.minimum,
        "version": level.version,
        "kind": level.kind and level.kind.value,
        "occurred_at": level.occurred_at and level.occurred_at.isoformat(),
    }


def order_as_json(order: LiveOrder) -> dict[str, Any]:
    """Return what is told of an order: where it stands, and nothing about people."""
    return {
        "id": order.order_id,
        "channel": order.channel,
        "number": order.number,
        "status": order.status.value,
        "standing": order.standing.value,
        "version": order.version,
        "event": order.event_id,
        "is_new": order.is_new,
        "is_return": order.is_return,
    }


def _dump(content: object) -> str:
    return json.dumps(content, separators=(",", ":"))
