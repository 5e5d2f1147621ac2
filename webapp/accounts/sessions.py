"""Server-side sessions: a random token in the cookie, only its SHA-256 in the database.

Functions on a ``Session``; they flush and never commit. A session ends when it is idle too long,
when its lifetime is over, when its user signs out, is switched off, or changes the password.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from webapp.accounts.models import User, WebSession
from webapp.accounts.roles import Role
from webapp.settings import Settings

_TOKEN_BYTES: Final = 32
_TOUCH_AFTER: Final = timedelta(minutes=5)
"""A session row is written at most this often, so that reading pages does not write."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The signed-in person of one request, as read from the database for this request."""

    user_id: int
    email: str
    name: str
    role: Role
    session_id: int
    seen_at: datetime
    stays: bool
    ends_at: datetime
    """When the session ends if no page is asked for before."""
    token_name: str = ""
    """The name of the token a program showed; empty for a browser's session."""

    @property
    def actor(self) -> str:
        """The name under which this person's changes are journaled."""
        return f"user:{self.user_id}"

    def must_be_touched(self, as_of: datetime) -> bool:
        """Tell whether the idle clock of the session has to be set back. A token has none."""
        return not self.token_name and as_of - self.seen_at >= _TOUCH_AFTER


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session may be idle and how long it may live in all."""

    idle: timedelta
    lifetime: timedelta

    @classmethod
    def of(cls, settings: Settings, *, stays: bool) -> SessionLimits:
        """Return the limits for an ordinary session or for one that stays."""
        if stays:
            return cls(settings.stay_idle, settings.stay_lifetime)
        return cls(settings.session_idle, settings.session_lifetime)


def hash_token(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def start_session(
    session: Session, user: User, *, limits: SessionLimits, stays: bool, as_of: datetime
) -> str:
    """Write a new session of ``user`` and return its token, which exists nowhere else."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    expires_at = as_of + limits.lifetime
    row = WebSession(
        token_hash=hash_token(token),
        user_id=user.id,
        created_at=as_of,
        seen_at=as_of,
        idle_expires_at=min(as_of + limits.idle, expires_at),
        expires_at=expires_at,
        stays=stays,
    )
    session.add(row)
    session.flush()
    return token


def find_identity(session: Session, token: str, *, as_of: datetime) -> Identity | None:
    """Return who holds ``token``, or None when it is unknown, has ended, or its user is off."""
    token_hash = hash_token(token)
    user = find_identities(session, {token_hash}).get(token_hash)
    return user if user is not None and user.ends_at > as_of else None


def find_identities(session: Session, token_hashes: Collection[bytes]) -> dict[bytes, Identity]:
    """Return who holds each token, by its hash. Whether a session has ended is for the caller."""
    columns: tuple[Any, ...] = (
        WebSession.token_hash,
        User.id,
        User.email,
        User.name,
        User.role,
        WebSession.id,
        WebSession.seen_at,
        WebSession.stays,
        WebSession.idle_expires_at,
        WebSession.name,
    )
    statement = (
        select(*columns)
        .join(User, User.id == WebSession.user_id)
        .where(WebSession.token_hash.in_(token_hashes), User.is_active)
    )
    return {row[0]: Identity(*row[1:]) for row in session.execute(statement)}


def find_live_sessions(
    session: Session, session_ids: Collection[int], *, as_of: datetime
) -> set[int]:
    """Return those of the sessions that are still good. Reading this keeps nothing alive."""
    statement = (
        select(WebSession.id)
        .join(User, User.id == WebSession.user_id)
        .where(WebSession.id.in_(session_ids), WebSession.idle_expires_at > as_of, User.is_active)
    )
    return set(session.scalars(statement))


def touch_session(
    session: Session, session_id: int, *, limits: SessionLimits, as_of: datetime
) -> None:
    """Set the idle clock of a session back, never beyond its lifetime."""
    row = session.get(WebSession, session_id)
    if row is not None and row.idle_expires_at > as_of:
        row.seen_at = as_of
        row.idle_expires_at = min(as_of + limits.idle, row.expires_at)
        session.flush()


def end_session(session: Session, token: str) -> bool:
    """Delete the session of ``token``. Returns False when there was none."""
    return _rows(session, delete(WebSession).where(WebSession.token_hash == hash_token(token))) == 1


def end_sessions_of(session: Session, user: User) -> int:
    """Delete all sessions of ``user`` and return how many there were."""
    return _rows(session, delete(WebSession).where(WebSession.user_id == user.id))


def delete_ended_sessions(session: Session, *, as_of: datetime) -> int:
    """Delete the sessions that ended by time and return how many there were."""
    return _rows(session, delete(WebSession).where(WebSession.idle_expires_at <= as_of))


def _rows(session: Session, statement: Any) -> int:
    result: CursorResult[Any] = session.execute(statement)  # type: ignore[assignment]
    return result.rowcount
