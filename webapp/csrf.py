"""No other site can make a signed-in browser change anything.

Two checks for every request that is not a read: the browser says it comes from this very host
(``Sec-Fetch-Site``, else ``Origin``), and the form or header carries a token that only pages of
this host can know. The token is an HMAC keyed with the session cookie: bound to the session, new
after each sign-in, the same from every process, with no secret to configure. Before sign-in a
cookie with a random value takes the session's place.
"""

from __future__ import annotations

import hmac
import secrets
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from webapp.errors import answer_error
from webapp.security import Right, right_of, signed_in_user
from webapp.settings import Settings

FIELD: Final = "_csrf_token"
"""Name of the hidden field in forms."""
HEADER: Final = "x-csrf-token"
"""Name of the header that htmx and programs send."""

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS: Final = frozenset({RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART})
MOST_BYTES: Final = 256 * 1024
"""A longer body is refused with 413, before it is read where its length is told."""
MOST_FIELDS: Final = 2_000
"""Parsing costs time in which nobody else is served; our largest form has 600 fields and a few."""


class FormToken:
    """The token of one request, and whether a page asked for it."""

    def __init__(self, secret: str | None) -> None:
        self.is_new = secret is None
        self.secret = secret or secrets.token_urlsafe(32)
        self.was_asked = False

    def value(self) -> str:
        """Return what forms of this browser have to carry."""
        self.was_asked = True
        key = self.secret.encode("utf-8", "surrogatepass")
        return hmac.digest(key, b"commerce form token", "sha256").hex()


_current: Final[ContextVar[FormToken | None]] = ContextVar("commerce_form_token", default=None)


def form_token() -> str:
    """Return the token for the forms of the page that is being rendered.

    A context variable and no template variable, so that macros imported without context have it
    too. Empty where no form can work: on error pages of addresses that do not exist.
    """
    token = _current.get()
    return "" if token is None else token.value()


class CsrfMiddleware(ASGIMiddleware):
    """Checks requests that change something; hands out the token to those that do not."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "no_session"

    def __init__(self, settings: Settings) -> None:
        self._secure = settings.secure_cookies
        self._cookie = "__Host-commerce_form" if settings.secure_cookies else "commerce_form"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Refuse with 403 before the handler sees the request."""
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        in_session = signed_in_user(request) is not None
        token = FormToken(scope["auth"] if in_session else request.cookies.get(self._cookie))
        before = _current.set(token)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and token.is_new and token.was_asked:
                message.setdefault("headers", [])
                headers = MutableScopeHeaders.from_message(message)
                headers.add("set-cookie", self._pre_session_cookie(token.secret))
            await send(message)

        try:
            await _require_own_page(request, token)
            await next_app(scope, receive, send_with_cookie)
        except PermissionDeniedException as exc:
            # Answered here and not further out, where the page would have no token.
            answer = answer_error(request, exc).to_asgi_response(app=None, request=request)
            await answer(scope, receive, send_with_cookie)
        finally:
            _current.reset(before)

    def _pre_session_cookie(self, value: str) -> str:
        cookie = Cookie(
            key=self._cookie, value=value, httponly=True, samesite="lax", secure=self._secure
        )
        return cookie.to_header(header="")


async def _require_own_page(request: Request[Any, Any, Any], token: FormToken) -> None:
    if request.method in _SAFE_METHODS or _will_be_asked_to_sign_in(request):
        return
    user = signed_in_user(request)
    if user is not None and user.token_name:
        return  # no browser shows a token by itself, so no other site can make one do it
    require_same_origin(request)
    if token.is_new:
        raise _out_of_date()  # no form of ours can be in there: it is not even read
    await _require_small_form(request)
    sent = await _sent_token(request)
    if not hmac.compare_digest(sent.encode(), token.value().encode()):
        raise _out_of_date()


def _out_of_date() -> PermissionDeniedException:
    return PermissionDeniedException(
        "This page is out of date. Load it again, then repeat what you did."
    )


async def _require_small_form(request: Request[Any, Any, Any]) -> None:
    """Count fields before anybody parses them (the parts of a multipart form: while parsing).

    Raises:
        HTTPException: 413, there are more than any form of ours has.
    """
    if request.content_type[0] == RequestEncodingType.URL_ENCODED:
        body = await request.body()
        if body.count(b"&") >= MOST_FIELDS:
            raise HTTPException("This form has too many fields.", status_code=413)


def _will_be_asked_to_sign_in(request: Request[Any, Any, Any]) -> bool:
    """A form sent after its session ended: the guard answers with the sign-in page."""
    is_public = right_of(request.route_handler) is Right.PUBLIC
    return not is_public and signed_in_user(request) is None


def require_same_origin(request: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse what a page of another site sends; programs, which name no site, may pass.

    Raises:
        PermissionDeniedException: it came from another site.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        allowed = site in {"same-origin", "none"}
    elif origin is not None:
        # Host only: behind a proxy that ends TLS the scheme seen here is not the browser's.
        allowed = _host_of(origin) == request.headers.get("host")
    else:
        allowed = True  # not a browser; the token still has to be right
    if not allowed:
        raise PermissionDeniedException("This request came from another site.")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


async def _sent_token(request: Request[Any, Any, Any]) -> str:
    sent = request.headers.get(HEADER)
    if sent is None and request.content_type[0] in _FORMS:
        sent = (await request.form()).get(FIELD)
    return sent if isinstance(sent, str) else ""
