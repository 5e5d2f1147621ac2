"""Finds out who is asking, for many requests in one query.

After a restart thousands of streams come back within a second. While one query is under way, all
who come meanwhile wait for the next one together; who comes alone waits for nobody. Each answer
was read after its request had come.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from webapp.accounts.sessions import Identity, find_identities, hash_token
from webapp.database import WebDatabase

MOST_AT_ONCE: Final = 200

_Waiting = tuple[bytes, datetime, asyncio.Future[Identity | None]]


class IdentityDesk:
    """Answers who holds a token. One for each application."""

    def __init__(self, database: WebDatabase) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def find(self, token: str, *, as_of: datetime) -> Identity | None:
        """Return who holds the token; None when it is unknown, has ended, or its user is off."""
        answer: asyncio.Future[Identity | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((hash_token(token), as_of, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._serve())
        return await answer

    async def _serve(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                await self._answer(batch)
        finally:
            self._task = None

    async def _answer(self, batch: list[_Waiting]) -> None:
        try:
            async with self._database.reads() as session:
                hashes = {token_hash for token_hash, _, _ in batch}
                found = await session.run_sync(find_identities, hashes)
        except BaseException as exc:
            for _, _, answer in batch:
                if not answer.done():
                    answer.set_exception(exc)
            if not isinstance(exc, Exception):
                raise
            return
        for token_hash, as_of, answer in batch:
            if not answer.done():
                user = found.get(token_hash)
                answer.set_result(user if user is not None and user.ends_at > as_of else None)
