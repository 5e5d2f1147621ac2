"""Accounts: make them, find them, change their role or password.

Functions on a ``Session``; they flush and never commit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from commerce_core.errors import ConflictError, DuplicateError, InvalidInputError, NotFoundError
from webapp.accounts.models import User
from webapp.accounts.roles import Role
from webapp.accounts.sessions import end_sessions_of

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f.]+")
_LONGEST_EMAIL: Final = 254
_LONGEST_NAME: Final = 120


class UserNotFoundError(NotFoundError):
    """No account has this e-mail address."""

    code = "user_not_found"


class DuplicateUserError(DuplicateError):
    """An account with this e-mail address exists already."""

    code = "duplicate_user"
    email: str


class LastAdminError(ConflictError):
    """Without this account nobody could manage accounts any more."""

    code = "last_admin"
    email: str


class InvalidUserError(InvalidInputError):
    """An e-mail address, name or role cannot be accepted."""

    code = "invalid_user"


def clean_email(email: str) -> str:
    """Return the address as it is stored: trimmed, in lower case.

    Raises:
        InvalidUserError: it does not look like an address.
    """
    cleaned = email.strip().lower()
    if len(cleaned) > _LONGEST_EMAIL or not _EMAIL.fullmatch(cleaned):
        message = f"{email.strip()[:80]!r} is not an e-mail address"
        raise InvalidUserError(message, field="email")
    return cleaned


def parse_role(text: str) -> Role:
    """Return the role of this name.

    Raises:
        InvalidUserError: there is none; the message lists those there are.
    """
    try:
        return Role(text)
    except ValueError as exc:
        message = f"there is no role {text!r}; there are {', '.join(Role)}"
        raise InvalidUserError(message, field="role") from exc


def create_user(
    session: Session, *, email: str, name: str, role: Role, password_hash: str, actor: str
) -> User:
    """Create an account that can sign in.

    Raises:
        InvalidUserError: the address or the name cannot be accepted.
        DuplicateUserError: the address has an account already.
    """
    address = clean_email(email)
    shown = " ".join(name.split())
    if not 0 < len(shown) <= _LONGEST_NAME or not shown.isprintable():
        message = f"a name of 1 to {_LONGEST_NAME} characters is needed"
        raise InvalidUserError(message, field="name")
    user = User(email=address, name=shown, role=role, password_hash=password_hash, changed_by=actor)
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as exc:
        message = f"{address} has an account already"
        raise DuplicateUserError(message, email=address) from exc
    return user


def find_user(session: Session, *, email: str) -> User | None:
    """Return the account of this address, in whatever case it is written, or None."""
    return session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()


def get_user(session: Session, *, email: str) -> User:
    """Return the account of this address.

    Raises:
        UserNotFoundError: there is none.
    """
    user = find_user(session, email=email)
    if user is None:
        message = f"there is no account for {email.strip()[:80]!r}"
        raise UserNotFoundError(message, email=email)
    return user


def list_users(session: Session) -> Sequence[User]:
    """Return all accounts by address."""
    return session.scalars(select(User).order_by(User.email)).all()


def set_user_role(session: Session, user: User, role: Role, *, actor: str) -> None:
    """Give ``user`` another role. It holds from the next request on, in open sessions too.

    Raises:
        LastAdminError: nobody else is an admin who can sign in.
    """
    if role is not Role.ADMIN:
        _require_another_admin(session, user)
    user.role = role
    user.changed_by = actor
    session.flush()


def set_user_active(session: Session, user: User, *, active: bool, actor: str) -> None:
    """Let ``user`` sign in again, or no longer: then all open sessions of the account end.

    Raises:
        LastAdminError: nobody else is an admin who can sign in.
    """
    if not active:
        _require_another_admin(session, user)
        end_sessions_of(session, user)
    user.is_active = active
    user.changed_by = actor
    session.flush()


def set_user_password(session: Session, user: User, password_hash: str, *, actor: str) -> None:
    """Give ``user`` another password and end all open sessions of the account."""
    user.password_hash = password_hash
    user.changed_by = actor
    end_sessions_of(session, user)
    session.flush()


def _require_another_admin(session: Session, user: User) -> None:
    """Locks the admins, so that two of them cannot be taken away at the same moment."""
    admins = session.scalars(
        select(User.id)
        .where(User.role == Role.ADMIN, User.is_active)
        .order_by(User.id)
        .with_for_update()
    ).all()
    if list(admins) == [user.id]:
        message = f"{user.email} is the last admin: make somebody else an admin first"
        raise LastAdminError(message, email=user.email)
