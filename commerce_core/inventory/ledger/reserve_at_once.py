"""Reserve on PostgreSQL in a single guarded statement: the quick way for the common case.

On a hot SKU everybody waits for whoever holds the row lock, so the lock is taken, the guard
checked and everything written in one round trip. When the guard refuses (too few, due holds to
be let go, a closed location, an archived variant, a replayed key) nothing has happened, and the
caller decides the slow way under a lock. A key that somebody else takes at this very moment is
found after the level was raised; the raise is taken back in the same transaction, which still
holds the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from commerce_core.inventory.ledger.objects import refresh
from commerce_core.inventory.models import QUANTITIES, StockLevel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

_RESULTS: Final = ", ".join(QUANTITIES)
_OF_LEVEL: Final = ", ".join(f"l.{name}" for name in QUANTITIES)
_COLUMNS: Final = ("version", "next_expiry_at", "last_occurred_at", *QUANTITIES)

_RESERVE: Final = f"""
WITH l AS (
    UPDATE commerce_stock_level AS t
    SET reserved = t.reserved + %(quantity)s::int,
        version = t.version + 1,
        next_expiry_at = least(t.next_expiry_at, %(expires_at)s::timestamptz),
        last_occurred_at = greatest(t.last_occurred_at, %(now)s::timestamptz)
    FROM commerce_stock_location AS s, commerce_variant AS v
    WHERE t.variant_id = %(variant_id)s::bigint AND t.location_id = %(location_id)s::bigint
      AND s.id = t.location_id AND s.is_open AND v.id = t.variant_id AND v.status = 'active'
      AND t.on_hand - t.damaged - t.quality_control - t.safety_stock - t.allocated - t.reserved
          >= %(quantity)s::int
      AND (%(key)s::varchar IS NULL OR NOT EXISTS (
          SELECT FROM commerce_reservation AS k
          WHERE k.actor = %(actor)s::varchar AND k.idempotency_key = %(key)s::varchar))
    RETURNING t.*
), r AS (
    INSERT INTO commerce_reservation
        (level_id, variant_id, location_id, quantity, status, expires_at, holder_ref, actor,
         idempotency_key, created_at)
    SELECT id, variant_id, location_id, %(quantity)s::int, 'active', %(expires_at)s::timestamptz,
           %(holder_ref)s::varchar, %(actor)s::varchar, %(key)s::varchar, %(now)s::timestamptz
    FROM l
    ON CONFLICT (actor, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
    RETURNING id
), m AS (
    INSERT INTO commerce_stock_movement
        (level_id, variant_id, location_id, kind, actor, cause_kind, cause_id, occurred_at,
         recorded_at, version, reserved_delta, safety_stock, minimum, {_RESULTS})
    SELECT l.id, l.variant_id, l.location_id, 'reserved', %(actor)s::varchar,
           CASE WHEN %(holder_ref)s::varchar IS NULL THEN NULL ELSE 'holder' END,
           %(holder_ref)s::varchar, l.last_occurred_at, %(now)s::timestamptz, l.version,
           %(quantity)s::int, l.safety_stock, l.minimum, {_OF_LEVEL}
    FROM l, r
)
SELECT (SELECT id FROM r) AS reservation_id, id, {", ".join(_COLUMNS)} FROM l
"""  # noqa: S608 - built from our own column names

_TAKE_BACK: Final = """
UPDATE commerce_stock_level SET reserved = reserved - %(quantity)s, version = version - 1
WHERE id = %(level_id)s RETURNING next_expiry_at
"""


class KeyTakenAtOnceError(Exception):
    """The idempotency key exists already; the level stands as it stood."""


def reserve_at_once(session: Session, request: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return (reservation id, level id), or None when the guard refused and nothing happened.

    Raises:
        KeyTakenAtOnceError: the idempotency key exists already. Nothing is left of the attempt.
    """
    session.flush()
    connection = session.connection()
    row = connection.exec_driver_sql(_RESERVE, dict(request)).first()
    if row is None:
        return None
    if row.reservation_id is None:
        back = {"quantity": request["quantity"], "level_id": row.id}
        connection.exec_driver_sql(_TAKE_BACK, back)
        raise KeyTakenAtOnceError
    refresh(session, StockLevel, dict(zip(("id", *_COLUMNS), row[1:], strict=True)))
    return row.reservation_id, row.id
