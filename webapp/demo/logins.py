"""One account for each role, all with the same password, which is no secret."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from commerce_core.flows import run_in_transaction
from webapp.accounts.passwords import hash_password, verify_password
from webapp.accounts.roles import Role
from webapp.accounts.users import create_user, find_user, set_user_password

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

PASSWORD: Final = "kiefer-und-kalk"  # noqa: S105 - printed at every start; only this machine can reach the demo
LOGINS: Final = (
    ("mara@kiefer-kalk.example", "Mara Jansen", Role.ADMIN),
    ("jonas@kiefer-kalk.example", "Jonas Weber", Role.MANAGER),
    ("aylin@kiefer-kalk.example", "Aylin Demir", Role.CLERK),
    ("petra@kiefer-kalk.example", "Petra Vogel", Role.VIEWER),
)
_ACTOR: Final = "demo"
_DUTIES: Final = {
    Role.ADMIN: "everything",
    Role.MANAGER: "decides what to keep in stock",
    Role.CLERK: "receives, ships and counts",
    Role.VIEWER: "looks on",
}


def ensure_logins(factory: sessionmaker[Session]) -> None:
    """Create the accounts, and give back their password to those where it was changed."""
    for email, name, role in LOGINS:
        with factory() as session:
            user = find_user(session, email=email)
        if user is not None and verify_password(PASSWORD, user.password_hash):
            continue
        password_hash = hash_password(PASSWORD, email=email)
        save = partial(_save, email=email, name=name, role=role, password_hash=password_hash)
        run_in_transaction(factory, save)


def _save(session: Session, *, email: str, name: str, role: Role, password_hash: str) -> None:
    found = find_user(session, email=email)
    if found is not None:
        set_user_password(session, found, password_hash, actor=_ACTOR)
        return
    create_user(
        session, email=email, name=name, role=role, password_hash=password_hash, actor=_ACTOR
    )


def describe_logins() -> str:
    """Return the accounts and their password as lines to be printed."""
    lines = [f"  {email:<28} {role:<8} {_DUTIES[role]}" for email, _, role in LOGINS]
    return "\n".join(["Sign in as", *lines, f"  with the password {PASSWORD}"])
