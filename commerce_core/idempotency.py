"""Claim an idempotency key: INSERT first, work second.

For operations whose own rows carry no unique key of the request. A claim is a row that the
caller's commit makes durable; a replay gets the recorded result instead of doing the work again.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Index, String, UniqueConstraint, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.clock import utc_now
from commerce_core.database import Base, UTCDateTime, big_id, details_column, is_postgresql
from commerce_core.errors import (
    IdempotencyConflictError,
    InvalidTextError,
    OperationInProgressError,
)
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

KEEP_FOR: Final = timedelta(days=30)
"""How long a key is remembered; after that the same key is a new request."""
MAX_KEY_LENGTH: Final = 200


class IdempotencyKey(Base):
    """A request that was made once. Unique by actor, verb and key."""

    __tablename__ = "commerce_idempotency_key"
    __table_args__ = (
        UniqueConstraint("actor", "verb", "key"),
        Index(None, "created_at"),
        {
            "sqlite_autoincrement": True,
            "info": {"personal_data": ("actor", "result"), "retention": "30 days"},
        },
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    actor: Mapped[str] = mapped_column(String(120))
    verb: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(MAX_KEY_LENGTH))
    fingerprint: Mapped[str] = mapped_column(String(64))
    result: Mapped[Any | None] = mapped_column(details_column())
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utc_now)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


class Claim:
    """The right to do the work once (``is_replay`` False), or the result of when it was done."""

    def __init__(self, session: Session, row_id: int, *, is_replay: bool, result: Any) -> None:
        self._session = session
        self._row_id = row_id
        self.is_replay = is_replay
        self.result = result

    def record(self, result: Any) -> None:
        """Store the JSON ``result`` that replays will get. The caller commits."""
        self._session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.id == self._row_id)
            .values(result=result, completed_at=utc_now())
        )
        self.result = result


def fingerprint_of(**content: Any) -> str:
    """Return a digest of a request's content; equal content gives an equal digest."""
    text = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def require_key(key: object) -> str:
    """Return ``key`` if it can be stored.

    Raises:
        InvalidTextError: no text, empty, longer than 200 characters, or with control characters.
    """
    if not (isinstance(key, str) and 0 < len(key) <= MAX_KEY_LENGTH and key.isprintable()):
        message = f"an idempotency key has 1 to {MAX_KEY_LENGTH} printable characters"
        raise InvalidTextError(message, name="idempotency_key")
    return key


def claim(session: Session, *, actor: str, verb: str, key: str, fingerprint: str) -> Claim:
    """Claim ``key`` for ``verb`` by ``actor``, or return the answer it had.

    Does not commit: work and claim become durable together. On PostgreSQL a second claimant
    waits until the first one's transaction ends.

    Raises:
        IdempotencyConflictError: the key was used for a request with another fingerprint.
        OperationInProgressError: the claim is durable but its result is not recorded yet.
        InvalidTextError: the key, the actor or the verb cannot be stored.
    """
    scope = _scope(actor, verb, key)
    created = _insert(session, {**scope, "fingerprint": fingerprint})
    if created is not None:
        return Claim(session, created, is_replay=False, result=None)
    found = find_claim(session, actor=actor, verb=verb, key=key, fingerprint=fingerprint)
    if found is None:  # it was there a moment ago
        raise _in_progress(verb, key)
    return found


def sealed(*, actor: str, verb: str, key: str, fingerprint: str, result: Any) -> dict[str, Any]:
    """Return the row of a claim for work that is done, for a caller who writes both together.

    Where the key is taken the caller must write nothing, and ask ``find_claim``.

    Raises:
        InvalidTextError: the key, the actor or the verb cannot be stored.
    """
    now = utc_now()
    done = {"fingerprint": fingerprint, "result": result, "created_at": now, "completed_at": now}
    return {**_scope(actor, verb, key), **done}


def _insert(session: Session, values: dict[str, Any]) -> int | None:
    """Insert a claim and return its id, or None where the key is taken."""
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    statement = dialect.insert(IdempotencyKey).values({**values, "created_at": utc_now()})
    created: int | None = session.execute(
        statement.on_conflict_do_nothing().returning(IdempotencyKey.id)
    ).scalar_one_or_none()
    return created


def find_claim(
    session: Session, *, actor: str, verb: str, key: str, fingerprint: str
) -> Claim | None:
    """Return the answer ``key`` had, or None if it was not used yet. Claims nothing.

    Raises:
        IdempotencyConflictError, OperationInProgressError: as ``claim`` does.
    """
    query = select(IdempotencyKey).filter_by(**_scope(actor, verb, key))
    row = session.scalars(query.execution_options(populate_existing=True)).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        message = f"the idempotency key {key!r} was used before with other content: use a new key"
        raise IdempotencyConflictError(message, key=key, verb=verb)
    if row.completed_at is None:
        raise _in_progress(verb, key)
    return Claim(session, row.id, is_replay=True, result=row.result)


def is_unused(*, actor: str, verb: str, key: str, **_: str) -> ColumnElement[bool]:
    """Return the condition that ``key`` was not used when a statement began."""
    taken = select(IdempotencyKey.id).filter_by(**_scope(actor, verb, key))
    return ~taken.exists()


def _scope(actor: str, verb: str, key: str) -> dict[str, str]:
    return {
        "actor": clean_text(actor, name="the actor", max_length=120),
        "verb": clean_text(verb, name="the verb", max_length=64),
        "key": require_key(key),
    }


def _in_progress(verb: str, key: str) -> OperationInProgressError:
    message = f"the request with the idempotency key {key!r} is still under way"
    return OperationInProgressError(message, key=key, verb=verb)


def forget_old_keys(session: Session, *, as_of: datetime) -> int:
    """Delete keys older than ``KEEP_FOR``; return how many. The caller commits."""
    answer = session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.created_at < as_of - KEEP_FOR)
    )
    return int(getattr(answer, "rowcount", 0))
