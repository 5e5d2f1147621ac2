"""What travels over the WebSocket: frames and answers out, wishes in. All of it is JSON text.

A frame is the same one that the event stream sends: its bytes are read once, whoever asks for
them, and their data is passed on as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from commerce_core.errors import InvalidInputError
from webapp.errors import Problem

MOST_CHARACTERS: Final = 4_096
"""A longer message is no wish of anybody."""
_FRAMES_KEPT: Final = 64


class InvalidMessageError(InvalidInputError):
    """A message is no request this socket knows."""

    code = "invalid_message"


@dataclass(frozen=True, slots=True)
class Wish:
    """A stock adjustment that a client asks for: ``quantity`` pieces up or down, and why.

    ``key`` makes it happen once however often it is sent; the answer carries it.
    """

    key: str
    sku: str
    location: str
    quantity: int
    reason: str


@lru_cache(maxsize=_FRAMES_KEPT)
def frame_message(data: bytes) -> str | None:
    """Return the events of a stream's bytes as one message, None where they say nothing.

    Everybody gets the same bytes, so one reading serves all.
    """
    cursor, events = "", []
    for block in data.decode().split("\n\n"):
        name, lines = "message", []
        for line in block.split("\n"):
            field, _, value = line.partition(": ")
            if field == "id":
                cursor = value
            elif field == "event":
                name = value
            elif field == "data":
                lines.append(value)
        if lines:
            events.append(f'{{"event":{json.dumps(name)},"data":{"".join(lines)}}}')
    if not events and not cursor:
        return None
    return f'{{"cursor":{json.dumps(cursor or None)},"events":[{",".join(events)}]}}'


def read_wish(text: str) -> Wish:
    """Read what a client asks for.

    Raises:
        InvalidMessageError: it is not ``{"adjust": {...}, "key": "..."}``.
    """
    try:
        content = json.loads(text) if len(text) <= MOST_CHARACTERS else None
    except ValueError:
        content = None
    key = key_of(content)
    wish = content.get("adjust") if isinstance(content, dict) else None
    if not key or not isinstance(wish, dict) or set(wish) != _TYPES.keys():
        message = 'send {"adjust": {"sku": …, "location": …, "quantity": …, "reason": …}, "key": …}'
        raise InvalidMessageError(message, key=key)
    for name, kind in _TYPES.items():
        if type(wish[name]) is not kind:
            message = f"{name} must be {'a whole number' if kind is int else 'text'}"
            raise InvalidMessageError(message, key=key, name=name)
    return Wish(key=key, **wish)


_TYPES: Final[Mapping[str, type]] = {"sku": str, "location": str, "quantity": int, "reason": str}


def key_of(content: object) -> str | None:
    """Return the key of a request, None where it has none."""
    key = content.get("key") if isinstance(content, dict) else None
    return key if isinstance(key, str) else None


def result_message(key: str, result: Mapping[str, Any]) -> str:
    """Return the answer to a wish that was granted."""
    return json.dumps({"answer": key, "result": result}, separators=(",", ":"))


def error_message(key: str | None, problem: Problem) -> str:
    """Return the answer to one that was not, with the code that API and library use for it."""
    error = {
        "code": problem.code,
        "detail": problem.detail,
        "fields": {
            name: value if isinstance(value, str | int | float | bool) else str(value)
            for name, value in problem.fields.items()
            if name != "key"
        },
    }
    if problem.reference:
        error["reference"] = problem.reference
    return json.dumps({"answer": key, "error": error}, separators=(",", ":"))
