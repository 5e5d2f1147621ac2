"""The only writer of stock levels, movements, reservations and allocations.

A verb locks levels, decides on their state in memory with ``Batch.apply``, and ``Batch.write``
puts everything into the database at once: one statement on PostgreSQL, one for each table on
SQLite, with CHECKs and unique keys behind them. Nothing here commits.
"""

from __future__ import annotations

from commerce_core.inventory.ledger.batch import Batch, Cause, KeyTakenError
from commerce_core.inventory.ledger.changes import write_with
from commerce_core.inventory.ledger.levels import (
    MAX_QUANTITY,
    LevelState,
    empty_state,
    lock_due_levels,
    lock_level,
    lock_levels,
    lock_offers,
    lock_open_levels,
    lock_with,
    lock_with_policy,
    locked_or_new,
    offers_query,
)
from commerce_core.inventory.ledger.places import ensure_levels, id_about_places, require_places
from commerce_core.inventory.ledger.promise_at_once import promise_at_once
from commerce_core.inventory.ledger.reserve_at_once import KeyTakenAtOnceError, reserve_at_once

__all__ = [
    "MAX_QUANTITY",
    "Batch",
    "Cause",
    "KeyTakenAtOnceError",
    "KeyTakenError",
    "LevelState",
    "empty_state",
    "ensure_levels",
    "id_about_places",
    "lock_due_levels",
    "lock_level",
    "lock_levels",
    "lock_offers",
    "lock_open_levels",
    "lock_with",
    "lock_with_policy",
    "locked_or_new",
    "offers_query",
    "promise_at_once",
    "require_places",
    "reserve_at_once",
    "write_with",
]
