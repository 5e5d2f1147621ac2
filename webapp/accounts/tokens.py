"""Tokens of programs: whoever shows one in ``Authorization: Bearer`` acts for an account.

A token is a session with a name. It is good under ``/api/`` alone and not as a cookie, lives as
long as it was given and no longer, and ends like all sessions of its account: when it is revoked,
when the account is switched off, when its password is changed. Only its SHA-256 is stored.

Functions on a ``Session``; they flush and never commit.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from commerce_core.errors import InvalidInputError, NotFoundError
from commerce_core.text import clean_text
from webapp.accounts.models import User, WebSession
from webapp.accounts.sessions import hash_token

PREFIX: Final = "commerce_"
"""Every token begins so: whoever scans files for secrets finds it."""
MOST_DAYS: Final = 3650
_TOKEN_BYTES: Final = 32
_NAME_LENGTH: Final = 60


class InvalidTokenError(InvalidInputError):
    """A token cannot be made as asked."""

    code = "invalid_token"


class TokenNotFoundError(NotFoundError):
    """No token has this number."""

    code = "token_not_found"
    token: int


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed. Nothing here opens anything."""

    id: int
    name: str
    email: str
    created_at: datetime
    ends_at: datetime


def issue_token(session: Session, user: User, *, name: str, days: int, as_of: datetime) -> str:
    """Write a token of ``user`` that is good for ``days``; return it. It exists nowhere else.

    Raises:
        InvalidTextError: the name is empty or longer than 60 characters.
        InvalidTokenError: the account is switched off, or the days are not 1 to 3,650.
    """
    if not user.is_active:
        message = f"{user.email} is switched off: activate the account first"
        raise InvalidTokenError(message)
    if not 1 <= days <= MOST_DAYS:
        message = f"a token is good for 1 to {MOST_DAYS} days, not {days}"
        raise InvalidTokenError(message)
    token = PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    ends_at = as_of + timedelta(days=days)
    row = WebSession(
        token_hash=hash_token(token),
        user_id=user.id,
        name=clean_text(name, name="name", max_length=_NAME_LENGTH),
        created_at=as_of,
        seen_at=as_of,
        idle_expires_at=ends_at,
        expires_at=ends_at,
    )
    session.add(row)
    session.flush()
    return token


def list_tokens(session: Session, *, as_of: datetime) -> Sequence[Token]:
    """Return the tokens that are good, by account and name."""
    columns = (WebSession.id, WebSession.name, User.email)
    statement = (
        select(*columns, WebSession.created_at, WebSession.expires_at)
        .join(User, User.id == WebSession.user_id)
        .where(WebSession.name != "", WebSession.expires_at > as_of, User.is_active)
        .order_by(User.email, WebSession.name, WebSession.id)
    )
    return [Token(*row) for row in session.execute(statement)]


def revoke_token(session: Session, id_: int) -> None:
    """End a token: its next request, and its open stream within a minute.

    Raises:
        TokenNotFoundError: there is none with this number.
    """
    named = delete(WebSession).where(WebSession.id == id_, WebSession.name != "")
    if session.execute(named.returning(WebSession.id)).first() is None:
        message = f"there is no token {id_}: `commerce token list` shows them"
        raise TokenNotFoundError(message, token=id_)
