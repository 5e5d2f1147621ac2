"""Who may do what: every route states its right, and without one nobody gets in.

A handler says ``@get("/stock", right=Right.VIEW_STOCK)``. One guard on the application compares
it with the role of the signed-in person; ``require_rights`` refuses to build an application that
has a route without.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.exceptions import (
    NotAuthorizedException,
    NotFoundException,
    PermissionDeniedException,
)
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.routes import ASGIRoute, HTTPRoute, WebSocketRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError
from webapp.accounts.desk import IdentityDesk
from webapp.accounts.roles import Role
from webapp.accounts.sessions import (
    Identity,
    SessionLimits,
    find_live_sessions,
    touch_session,
)
from webapp.database import WebDatabase
from webapp.records import address_number
from webapp.settings import Settings


class Right(Enum):
    """What a route allows, with the lowest role that has it (None: everybody, signed in or not)."""

    PUBLIC = ("public", None)
    SIGNED_IN = ("signed_in", Role.VIEWER)
    VIEW_STOCK = ("view_stock", Role.VIEWER)
    VIEW_PRODUCTS = ("view_products", Role.VIEWER)
    EDIT_PRODUCTS = ("edit_products", Role.MANAGER)
    VIEW_CUSTOMERS = ("view_customers", Role.CLERK)
    CHANGE_STOCK = ("change_stock", Role.CLERK)
    CHANGE_POLICY = ("change_policy", Role.MANAGER)
    ORDER_STOCK = ("order_stock", Role.MANAGER)
    VIEW_ORDERS = ("view_orders", Role.VIEWER)
    PACK_ORDERS = ("pack_orders", Role.CLERK)
    DECIDE_ORDERS = ("decide_orders", Role.MANAGER)
    VIEW_LIVE = ("view_live", Role.MANAGER)
    MANAGE_USERS = ("manage_users", Role.ADMIN)
    VIEW_STYLE = ("view_style", Role.ADMIN)

    def __init__(self, word: str, lowest_role: Role | None) -> None:
        self.word = word
        self.lowest_role = lowest_role

    def belongs_to(self, user: Identity | None) -> bool:
        """Tell whether ``user`` (None: not signed in) has this right."""
        lowest = self.lowest_role
        return lowest is None or (user is not None and user.role.includes(lowest))


class MissingRightError(CommerceError):
    """A route was written without a right. The application does not start."""

    code = "missing_right"
    paths: list[str]


def right_of(handler: BaseRouteHandler) -> Right | None:
    """Return the right a handler (or a router around it) states, None if it states none."""
    right = handler.opt.get("right")
    return right if isinstance(right, Right) else None


@dataclass(frozen=True, slots=True)
class StatedRoute:
    """One handler as the route table has it. ``right`` is None where none is stated."""

    path: str
    methods: tuple[str, ...]
    right: Right | None


def stated_routes(routes: Iterable[HTTPRoute | ASGIRoute | WebSocketRoute]) -> list[StatedRoute]:
    """Return every handler that somebody wrote.

    The answers to OPTIONS, which Litestar adds by itself, only list the methods; they are left
    out.
    """
    found = []
    for route in routes:
        if isinstance(route, HTTPRoute):
            handlers = [h for h in route.route_handlers if not _only_lists_methods(h)]
            found += [
                StatedRoute(route.path, tuple(sorted(h.http_methods)), right_of(h))
                for h in handlers
            ]
        else:
            found.append(StatedRoute(route.path, (), right_of(route.route_handler)))
    return found


def require_rights(routes: Iterable[HTTPRoute | ASGIRoute | WebSocketRoute]) -> None:
    """Stop the start of an application with a route that states no right.

    Raises:
        MissingRightError: names the routes.
    """
    without = sorted({route.path for route in stated_routes(routes) if route.right is None})
    if without:
        message = f"add right=Right.… to the handlers of {', '.join(without)}"
        raise MissingRightError(message, paths=without)


def guard_addresses(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Answer 404 for an id in the address that is not plain digits, or that no database can hold.

    The framework reads a number as Python does: ``1_0``, ``+1`` and other scripts' digits, too.
    """
    template = connection.scope["path_template"].split("/")
    for stated, written in zip(template, connection.scope["path"].split("/"), strict=False):
        is_number = isinstance(connection.path_params.get(stated.strip("{}")), int)
        if is_number and address_number(written) is None:
            raise NotFoundException


def guard_rights(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let the request through if the person has the right of the route.

    Raises:
        NotAuthorizedException: nobody is signed in, and the route is not public.
        PermissionDeniedException: the person's role is too low, or the route states no right.
    """
    if _only_lists_methods(handler):
        return
    right = right_of(handler)
    user = signed_in_user(connection)
    if right is None:
        raise PermissionDeniedException("This address is closed.")
    require_right(user, right)


def require_right(user: Identity | None, right: Right) -> None:
    """Refuse what ``user`` (None: not signed in) has no right to.

    Raises:
        NotAuthorizedException: nobody is signed in, and the right is not everybody's.
        PermissionDeniedException: the person's role is too low.
    """
    if right.belongs_to(user):
        return
    if user is None:
        raise NotAuthorizedException("Sign in first.")
    raise PermissionDeniedException(
        f"This needs the {right.lowest_role} role; you are {user.role}."
    )


def _only_lists_methods(handler: BaseRouteHandler) -> bool:
    """Tell whether this is the framework's own answer to OPTIONS: the methods of an address."""
    return getattr(handler, "http_methods", None) == {"OPTIONS"}


def signed_in_user(connection: ASGIConnection[Any, Any, Any, Any]) -> Identity | None:
    """Return who is signed in on this connection."""
    user = connection.scope.get("user")
    return user if isinstance(user, Identity) else None


def session_cookie_name(settings: Settings) -> str:
    """Return the name of the session cookie. ``__Host-`` pins it to this host and to https."""
    return "__Host-commerce_session" if settings.secure_cookies else "commerce_session"


class SessionMiddleware(ASGIMiddleware):
    """Puts the signed-in person, or None, into ``scope["user"]``: one query for each request.

    Routes with ``opt={"no_session": True}`` (static files, probes) are left alone. Those with
    ``is_polled=True`` do not keep a session alive.
    """

    exclude_opt_key = "no_session"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cookie: Final = session_cookie_name(settings)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Look up the cookie's session, or a program's token; set its idle clock back if due."""
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        bearer = _bearer_token(connection)
        token = bearer or connection.cookies.get(self._cookie)
        scope["user"] = scope["auth"] = None
        if token:
            user = await self._identify(connection, token, is_polled=_is_polled(scope))
            # Neither stands in for the other: a token is no cookie, a cookie's value no token.
            if user is not None and bool(user.token_name) == bool(bearer):
                scope["user"] = user
            scope["auth"] = token
        await next_app(scope, receive, send)

    async def _identify(
        self, connection: ASGIConnection[Any, Any, Any, Any], token: str, *, is_polled: bool
    ) -> Identity | None:
        now = utc_now()
        desk: IdentityDesk = connection.app.state.identities
        user = await desk.find(token, as_of=now)
        if user is not None and not is_polled and user.must_be_touched(now):
            limits = SessionLimits.of(self._settings, stays=user.stays)
            database: WebDatabase = connection.app.state.database
            await database.transact(touch_session, user.session_id, limits=limits, as_of=now)
        return user


def _bearer_token(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """Return what a program shows to the API; pages do not look at it."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    is_for_programs = connection.scope["path"].startswith("/api/")
    return token.strip() if is_for_programs and scheme.lower() == "bearer" else None


def _is_polled(scope: Scope) -> bool:
    """Tell whether a page asks by itself, again and again: that is nobody at work."""
    return bool(scope["route_handler"].opt.get("is_polled"))


async def live_sessions(database: WebDatabase, session_ids: Collection[int]) -> set[int]:
    """Return those of the sessions that still are good.

    Streams ask this every so often, because a request that never ends is never checked again.
    Asking does not keep a session alive.
    """
    async with database.reads() as session:
        return await session.run_sync(find_live_sessions, session_ids, as_of=utc_now())
