"""What a stream tells: changes, resets and delays, read from their JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class StockChange:
    """A stock level in its present state. Quantities are pieces.

    ``version`` counts the level's changes; the highest is the truth. ``kind`` and
    ``occurred_at`` are those of the newest movement, None for a level without one. ``cursor`` is
    where to go on once this is handled: keep it, and pass it as ``after`` in the next run.
    """

    variant_id: int
    sku: str
    location: str
    on_hand: int
    available: int
    allocated: int
    reserved: int
    incoming: int
    minimum: int
    version: int
    kind: str | None
    occurred_at: datetime | None
    cursor: str = ""

    @property
    def key(self) -> tuple[int, str]:
        """What the change is about: a variant at a location."""
        return self.variant_id, self.location

    @classmethod
    def from_json(cls, content: dict[str, Any], *, cursor: str = "") -> StockChange:
        """Read a level as stream and API tell it. Fields of a later server are left out.

        Raises:
            KeyError, ValueError, TypeError: it is no level.
        """
        known = {name: content[name] for name in _FROM_JSON}
        if known["occurred_at"] is not None:
            known["occurred_at"] = datetime.fromisoformat(known["occurred_at"])
        return cls(**known, cursor=cursor)


_FROM_JSON = tuple(field.name for field in fields(StockChange) if field.name != "cursor")


@dataclass(frozen=True, slots=True)
class StockReset:
    """What you know is worth nothing any more: read everything again, then go on.

    Sent when the position was too old, or when the database was restored.
    """

    reason: str
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class StockDelay:
    """The numbers are ``seconds`` behind, because something holds the journal back; 0: no more."""

    seconds: int
    cursor: str = ""


StreamItem: TypeAlias = StockChange | StockReset | StockDelay
"""One thing that a stream tells."""


def read_item(name: str, data: str, *, cursor: str) -> StreamItem | None:
    """Return what an event says, or None for an event of a later server.

    Raises:
        KeyError, ValueError, TypeError: it does not say what the contract has it say.
    """
    if name == "stock":
        return StockChange.from_json(json.loads(data), cursor=cursor)
    if name == "reset":
        return StockReset(str(json.loads(data)["reason"]), cursor)
    if name == "status":
        return StockDelay(int(json.loads(data)["delayed"]), cursor)
    return None
