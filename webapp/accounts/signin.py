"""Signing in and out: throttle, password, new session, in this order and nowhere else.

An unknown address, a switched-off account and a wrong password cost the same time and get the
same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from commerce_core.clock import utc_now
from commerce_core.errors import InvalidInputError
from webapp.accounts.models import User
from webapp.accounts.passwords import verify_password_async
from webapp.accounts.sessions import SessionLimits, end_session, start_session
from webapp.accounts.throttle import TooManyAttemptsError, count_attempt, forgive_attempt
from webapp.accounts.users import find_user
from webapp.database import Transact
from webapp.settings import Settings


class WrongCredentialsError(InvalidInputError):
    """The e-mail address or the password is not right; which of them is not said."""

    code = "wrong_credentials"


_WRONG: Final = "E-mail or password is not right. Try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What somebody sent to the sign-in page."""

    email: str
    password: str
    address: str
    """The network address it came from."""
    stays: bool
    """Whether "Stay signed in on this computer" was ticked."""
    old_token: str | None
    """The session cookie the browser already had, if any. It is never used again."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """The token for the cookie, and how long the cookie lasts (None: until the browser ends)."""

    token: str
    cookie_lasts: timedelta | None


async def sign_in(transact: Transact, settings: Settings, attempt: Attempt) -> NewSession:
    """Check the credentials and start a session under a new token.

    Commits the count of the attempt before it looks at the password, and the session after.

    Raises:
        TooManyAttemptsError: it was tried too often; the password was not looked at.
        WrongCredentialsError: address and password do not belong together.
    """
    wait = await transact(
        count_attempt, email=_counted(attempt.email), address=attempt.address, as_of=utc_now()
    )
    if wait:
        message = f"Too many attempts. Try again in {-(-wait // 60)} minutes."
        raise TooManyAttemptsError(message, retry_after=wait)
    user = await transact(find_user, email=attempt.email)
    known = user.password_hash if user is not None and user.is_active else None
    if not await verify_password_async(attempt.password, known) or user is None:
        raise WrongCredentialsError(_WRONG)
    limits = SessionLimits.of(settings, stays=attempt.stays)
    token = await transact(_open_session, user, attempt, limits=limits, as_of=utc_now())
    return NewSession(token, limits.lifetime if attempt.stays else None)


def _counted(email: str) -> str:
    """Return the form under which all spellings of one address are counted together."""
    return email.strip().lower()


def _open_session(
    session: Session, user: User, attempt: Attempt, *, limits: SessionLimits, as_of: datetime
) -> str:
    """Write the session, unless the account was changed while the password was being checked."""
    now_stored = find_user(session, email=user.email)
    if (
        now_stored is None
        or not now_stored.is_active
        or now_stored.password_hash != user.password_hash
    ):
        raise WrongCredentialsError(_WRONG)
    forgive_attempt(session, email=user.email, address=attempt.address)
    if attempt.old_token is not None:
        end_session(session, attempt.old_token)
    return start_session(session, now_stored, limits=limits, stays=attempt.stays, as_of=as_of)
