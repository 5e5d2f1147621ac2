"""One login for each role, good at every start."""

from __future__ import annotations

from sqlalchemy.orm import Session, sessionmaker

from commerce_core import run_in_transaction
from webapp.accounts.passwords import verify_password
from webapp.accounts.roles import Role
from webapp.accounts.users import get_user, list_users, set_user_password
from webapp.demo.logins import LOGINS, PASSWORD, describe_logins, ensure_logins


def test_each_role_has_a_login(shop: sessionmaker[Session]) -> None:
    ensure_logins(shop)
    with shop() as session:
        users = list_users(session)
    assert {user.role for user in users} == set(Role)
    assert all(verify_password(PASSWORD, user.password_hash) for user in users)


def test_a_second_start_changes_nothing(shop: sessionmaker[Session]) -> None:
    ensure_logins(shop)
    with shop() as session:
        before = {user.email: user.password_hash for user in list_users(session)}
    ensure_logins(shop)
    with shop() as session:
        assert {user.email: user.password_hash for user in list_users(session)} == before


def test_a_changed_password_is_given_back(shop: sessionmaker[Session]) -> None:
    ensure_logins(shop)
    email = LOGINS[0][0]

    def change(session: Session) -> None:
        set_user_password(session, get_user(session, email=email), "x", actor="tests")

    run_in_transaction(shop, change)
    ensure_logins(shop)
    with shop() as session:
        assert verify_password(PASSWORD, get_user(session, email=email).password_hash)


def test_what_is_printed_is_what_is_needed() -> None:
    text = describe_logins()
    assert PASSWORD in text
    assert all(email in text and role in text for email, _, role in LOGINS)
