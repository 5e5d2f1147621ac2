"""The database of the stream benchmark: variants at one location, and people who are signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url, text

from commerce_core import make_engine, make_session_factory, read_cursor, run_in_transaction
from commerce_core.clock import utc_now
from commerce_core.migrations import upgrade
from commerce_core.testing import make_shop
from webapp import migrations
from webapp.accounts.roles import Role
from webapp.accounts.sessions import SessionLimits, start_session
from webapp.accounts.users import create_user
from webapp.security import session_cookie_name
from webapp.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

VARIANTS = 200


def new_database(server: str, name: str) -> str:
    """Create an empty PostgreSQL database and return its URL."""
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    made = url.set(drivername="postgresql", database=name)
    return made.render_as_string(hide_password=False)


def fill(url: str, *, people: int) -> list[str]:
    """Write shop and people; return the cookie header of each, clerks all of them."""
    upgrade(url)
    migrations.upgrade(url)
    settings = Settings(database_url=url)
    limits = SessionLimits.of(settings, stays=False)
    name = session_cookie_name(settings)

    def write(session: Session) -> list[str]:
        make_shop(session, variants=VARIANTS, on_hand=1)
        cookies = []
        for number in range(people):
            user = create_user(
                session,
                email=f"clerk{number}@example.com",
                name=f"Clerk {number}",
                role=Role.CLERK,
                password_hash="",
                actor="benchmark",
            )
            token = start_session(session, user, limits=limits, stays=False, as_of=utc_now())
            cookies.append(f"{name}={token}")
        return cookies

    engine = make_engine(url)
    made = run_in_transaction(make_session_factory(engine), write)
    engine.dispose()
    return made


def cursor_of(url: str) -> str:
    """Return the present end of the journal, as a stream would give it as an id."""
    engine = make_engine(url)
    cursor = run_in_transaction(make_session_factory(engine), read_cursor)
    engine.dispose()
    return str(cursor)
