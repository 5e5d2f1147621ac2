"""Pages cannot write, and a write is never cut in half."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from commerce_core.errors import NotFoundError
from webapp.accounts.models import User
from webapp.accounts.users import get_user
from webapp.database import WebDatabase
from webapp.tests.harness import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.orm import Session

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(any_url: str) -> AsyncIterator[WebDatabase]:
    opened = WebDatabase.open(any_url)
    yield opened
    await opened.close()


def rename(session: Session, name: str) -> str:
    get_user(session, email="clerk@example.com").name = name
    return name


async def name_of_clerk(database: WebDatabase) -> str:
    async with database.reads() as session:
        statement = select(User.name).where(User.email == "clerk@example.com")
        return (await session.scalars(statement)).one()


async def test_a_page_session_cannot_write(database: WebDatabase) -> None:
    async with database.reads() as session:
        with pytest.raises(Exception, match=r"read-?only"):
            await session.execute(text("DELETE FROM commerce_web_user"))


async def test_an_open_page_session_blocks_no_writer(database: WebDatabase) -> None:
    async with database.reads() as session:
        await session.execute(text("SELECT * FROM commerce_web_user"))
        async with asyncio.timeout(PATIENCE):
            assert await database.transact(rename, "Written") == "Written"
    assert await name_of_clerk(database) == "Written"


async def test_what_raises_is_rolled_back(database: WebDatabase) -> None:
    def fail(session: Session) -> None:
        rename(session, "Half")
        raise NotFoundError("gone")

    with pytest.raises(NotFoundError):
        await database.transact(fail)
    assert await name_of_clerk(database) == "Some clerk"


async def test_a_cancelled_request_leaves_a_whole_write_and_no_lock(database: WebDatabase) -> None:
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(session: Session) -> None:
        rename(session, "Whole")
        session.flush()
        loop.call_soon(started.set)
        session.execute(text("SELECT 1"))

    task = asyncio.create_task(database.transact(slow))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await name_of_clerk(database) == "Whole"
    async with asyncio.timeout(PATIENCE):
        await database.transact(rename, "After")
    assert await name_of_clerk(database) == "After"
