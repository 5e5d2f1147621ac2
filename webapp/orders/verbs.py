"""Verbs of a record in addresses: a clerk's stand under ``steps``, a manager's under ``decide``.

Orders and returns both have them; what a verb asks and does is the feature's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.database import Transact
from webapp.security import Right

FOLDERS: Final[Mapping[Right, str]] = {
    Right.PACK_ORDERS: "steps",
    Right.DECIDE_ORDERS: "decide",
}
"""The middle of a verb's address, by the right it needs."""


class Verb(Protocol):
    """What can be done, under one name in addresses."""

    @property
    def verb(self) -> str:
        """Its name in addresses."""

    @property
    def right(self) -> Right:
        """The right it needs: one of ``FOLDERS``."""


V = TypeVar("V", bound=Verb)

Ask = Callable[[Request[Any, Any, Any], AsyncSession, int, V], Awaitable[Response[Any]]]
"""Answers the question of a verb about the record with a number."""
Do = Callable[[Request[Any, Any, Any], AsyncSession, Transact, int, V], Awaitable[Response[Any]]]
"""Does it."""


def address_of(action: Verb) -> str:
    """Return the end of a verb's address."""
    return f"{FOLDERS[action.right]}/{action.verb}"


def verb_at(actions: Mapping[str, V], verb: str, right: Right) -> V:
    """Return the verb that has this name among those of ``right``.

    Raises:
        NotFoundException: there is none: a manager's verb has no address among those of clerks.
    """
    found = actions.get(verb)
    if found is None or found.right is not right:
        raise NotFoundException
    return found


@dataclass(frozen=True, slots=True)
class VerbRoutes(Generic[V]):
    """The handlers of all verbs of a kind of record. ``ask`` is None where pages ask themselves."""

    actions: Mapping[str, V]
    do: Do[V]
    ask: Ask[V] | None = None

    def handlers(self) -> list[HTTPRouteHandler]:
        """Return a handler for each folder and method, below ``{number:int}``."""
        found = [self._post(right, folder) for right, folder in FOLDERS.items()]
        if self.ask is not None:
            found += [self._get(self.ask, right, folder) for right, folder in FOLDERS.items()]
        return found

    def _get(self, ask: Ask[V], right: Right, folder: str) -> HTTPRouteHandler:
        @get(f"/{folder}/{{verb:str}}", right=right)
        async def ask_verb(
            request: Request[Any, Any, Any],
            session: NamedDependency[AsyncSession],
            number: FromPath[int],
            verb: FromPath[str],
        ) -> Response[Any]:
            return await ask(request, session, number, verb_at(self.actions, verb, right))

        return ask_verb

    def _post(self, right: Right, folder: str) -> HTTPRouteHandler:
        @post(f"/{folder}/{{verb:str}}", right=right, status_code=303)
        async def do_verb(
            request: Request[Any, Any, Any],
            session: NamedDependency[AsyncSession],
            transact: NamedDependency[Transact],
            number: FromPath[int],
            verb: FromPath[str],
        ) -> Response[Any]:
            action = verb_at(self.actions, verb, right)
            return await self.do(request, session, transact, number, action)

        return do_verb
