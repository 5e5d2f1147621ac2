"""Accounts and passwords as functions on a session, on both databases."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from argon2 import extract_parameters

from commerce_core import make_engine, make_session_factory
from webapp.accounts import passwords
from webapp.accounts.models import User
from webapp.accounts.passwords import InvalidPasswordError, hash_password, verify_password
from webapp.accounts.roles import Role
from webapp.accounts.throttle import _network
from webapp.accounts.users import (
    DuplicateUserError,
    InvalidUserError,
    LastAdminError,
    UserNotFoundError,
    clean_email,
    create_user,
    find_user,
    get_user,
    list_users,
    parse_role,
    set_user_active,
    set_user_role,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session


EMAILS = ("admin@example.com", "clerk@example.com")


@pytest.fixture
def session(any_url: str) -> Iterator[Session]:
    engine = make_engine(any_url)
    with make_session_factory(engine)() as opened:
        yield opened
    engine.dispose()


def add(session: Session, email: str = "new@example.com", name: str = "New") -> User:
    return create_user(
        session, email=email, name=name, role=Role.CLERK, password_hash="x", actor="tests"
    )


def test_an_account_is_found_in_whatever_case_it_is_written(session: Session) -> None:
    made = add(session, " New@Example.COM ", "  Anna   Berg ")
    assert made.email == "new@example.com"
    assert made.name == "Anna Berg"
    assert find_user(session, email="NEW@example.com") is made
    assert made in list_users(session)


def test_a_second_account_for_an_address_is_refused_and_the_session_goes_on(
    session: Session,
) -> None:
    add(session)
    with pytest.raises(DuplicateUserError) as caught:
        add(session, "NEW@example.com")
    assert caught.value.email == "new@example.com"
    assert add(session, "other@example.com").id


def test_who_is_not_there_is_named(session: Session) -> None:
    assert find_user(session, email="nobody@example.com") is None
    with pytest.raises(UserNotFoundError, match=r"nobody@example\.com"):
        get_user(session, email="nobody@example.com")


@pytest.mark.parametrize(
    "email",
    ["", "x", "a@b", "a b@c.de", "a@b.de\r\nBcc: x@y.de", "@b.de", "a@@b.de", f"{'a' * 250}@b.de"],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidUserError, match="e-mail"):
        clean_email(email)


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "x" * 121, "\u202egod"])
def test_a_name_that_cannot_be_shown_is_refused(session: Session, name: str) -> None:
    with pytest.raises(InvalidUserError, match="name"):
        add(session, name=name)


def test_the_last_admin_who_can_sign_in_stays_one(session: Session) -> None:
    first = get_user(session, email="admin@example.com")
    second = get_user(session, email="clerk@example.com")
    set_user_role(session, second, Role.ADMIN, actor="tests")
    set_user_active(session, second, active=False, actor="tests")

    with pytest.raises(LastAdminError, match="make somebody else an admin first"):
        set_user_role(session, first, Role.MANAGER, actor="tests")
    with pytest.raises(LastAdminError):
        set_user_active(session, first, active=False, actor="tests")
    assert (first.role, first.is_active) == (Role.ADMIN, True)

    set_user_active(session, second, active=True, actor="tests")
    set_user_role(session, first, Role.MANAGER, actor="tests")
    set_user_role(session, first, Role.VIEWER, actor="tests")  # no admin, so not the last
    with pytest.raises(LastAdminError):
        set_user_role(session, second, Role.MANAGER, actor="tests")


@pytest.mark.postgres
def test_two_admins_cannot_take_each_other_away_at_once(postgres_url: str) -> None:
    engine = make_engine(postgres_url)
    factory = make_session_factory(engine)
    with factory() as session:
        set_user_role(session, get_user(session, email=EMAILS[1]), Role.ADMIN, actor="tests")
        session.commit()
    start = Barrier(2)

    def demote(email: str) -> bool:
        with factory() as session:
            user = get_user(session, email=email)
            start.wait()
            try:
                set_user_role(session, user, Role.CLERK, actor="tests")
            except LastAdminError:
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, EMAILS)) == [False, True]
    engine.dispose()


def test_a_role_is_read_from_its_name() -> None:
    assert parse_role("manager") is Role.MANAGER
    with pytest.raises(InvalidUserError, match="viewer, clerk, manager, admin"):
        parse_role("root")


def test_passwords_are_argon2id_and_salted() -> None:
    first, second = (hash_password("correct horse", email="a@b.de") for _ in range(2))
    assert first != second
    assert first.startswith("$argon2id$")
    assert verify_password("correct horse", first)
    assert not verify_password("correct horsE", first)
    assert not verify_password("correct horse", None)
    assert not verify_password("correct horse", "not a hash")


def test_the_hash_of_nobody_costs_as_much_as_a_real_one() -> None:
    real = extract_parameters(hash_password("correct horse", email="a@b.de"))
    assert extract_parameters(passwords._NOBODY) == real


def test_a_password_may_be_typed_on_any_keyboard() -> None:
    composed = "überlänge äöü"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert verify_password(decomposed, hash_password(composed, email="a@b.de"))


@pytest.mark.parametrize("password", ["", "short", "x" * 201, "someone@example.com"])
def test_a_bad_new_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidPasswordError):
        hash_password(password, email="Someone@example.com")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_an_attacker_is_what_owns_a_network(address: str, network: str) -> None:
    assert _network(address) == network
