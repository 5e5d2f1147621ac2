"""Slows down the guessing of passwords, before any password is looked at.

Three counters in windows of 15 minutes: one account from one address, one address, one account.
The attempt is counted first and judged second, in one statement per counter, so that parallel
attempts cannot slip through together; a right password is taken out of the count again. Whether
the account exists plays no part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from commerce_core.database import is_postgresql
from commerce_core.errors import CommerceError
from webapp.accounts.models import LoginThrottle

WINDOW: Final = timedelta(minutes=15)
_LIMITS: Final = {"pair": 5, "address": 40, "account": 60}
"""Attempts per window. The pair is strict; the others only stop what comes from many sides, and
leave room for an office behind one address and for the owner of an account under attack."""


class TooManyAttemptsError(CommerceError):
    """Signing in was tried too often. ``retry_after`` is in seconds."""

    code = "too_many_attempts"
    retry_after: int


def count_attempt(session: Session, *, email: str, address: str, as_of: datetime) -> int:
    """Count one attempt and return the seconds to wait; 0 means the attempt may go on.

    The count must be committed before the password is checked.
    """
    wait = 0
    # One order for everybody, so that two attempts cannot wait for each other's rows.
    for key, limit in sorted(_keys(email, address)):
        started_at, attempts = _count(session, key, as_of)
        if attempts > limit:
            rest = started_at + WINDOW - as_of
            wait = max(wait, int(rest.total_seconds()) + 1)
    return wait


def forgive_attempt(session: Session, *, email: str, address: str) -> None:
    """Take a right password out of the count, or an office that signs in at nine locks itself out.

    The pair's counter is deleted. The wide ones lose this one attempt: what was guessed wrong
    before, by whomever, stays counted.
    """
    network = _network(address)
    pair = _key("pair", email, network)
    session.execute(delete(LoginThrottle).where(LoginThrottle.key == pair))
    for key in sorted((_key("address", network), _key("account", email))):
        this = LoginThrottle.key == key
        session.execute(delete(LoginThrottle).where(this, LoginThrottle.attempts == 1))
        session.execute(
            update(LoginThrottle).where(this).values(attempts=LoginThrottle.attempts - 1)
        )


def delete_old_attempts(session: Session, *, as_of: datetime) -> None:
    """Delete the counters whose window is over."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.started_at <= as_of - WINDOW))


def _count(session: Session, key: bytes, as_of: datetime) -> tuple[datetime, int]:
    insert: Any = postgresql.insert if is_postgresql(session) else sqlite.insert
    over = LoginThrottle.started_at <= as_of - WINDOW
    statement = (
        insert(LoginThrottle)
        .values(key=key, started_at=as_of, attempts=1)
        .on_conflict_do_update(
            index_elements=[LoginThrottle.key],
            set_={
                "started_at": case((over, as_of), else_=LoginThrottle.started_at),
                "attempts": case((over, 1), else_=LoginThrottle.attempts + 1),
            },
        )
        .returning(LoginThrottle.started_at, LoginThrottle.attempts)
    )
    started_at, attempts = session.execute(statement).one()
    return started_at, attempts


def _keys(email: str, address: str) -> Sequence[tuple[bytes, int]]:
    network = _network(address)
    return (
        (_key("pair", email, network), _LIMITS["pair"]),
        (_key("address", network), _LIMITS["address"]),
        (_key("account", email), _LIMITS["account"]),
    )


def _key(*parts: str) -> bytes:
    text = "\0".join(parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _network(address: str) -> str:
    """Return what one attacker has: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
