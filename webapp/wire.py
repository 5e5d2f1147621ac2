"""What kind of answer a request wants, and addresses that are safe to send somebody to."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final
from urllib.parse import quote, urlsplit

from litestar.connection import ASGIConnection

LOGIN_PATH: Final = "/login"
HOME_PATH: Final = "/"
API_FOLDER: Final = "/api/"
STREAM_SUFFIX: Final = "/stream"
STREAM_FOLDER: Final = "/live/"
"""The address of every event stream ends like this."""
_LONGEST_NEXT: Final = 2000


class RequestKind(Enum):
    """Who is asking: a browser for a page, htmx for a fragment, a program, or a stream."""

    PAGE = auto()
    HTMX = auto()
    API = auto()
    STREAM = auto()


def kind_of(connection: ASGIConnection[Any, Any, Any, Any]) -> RequestKind:
    """Tell what kind of answer the request wants.

    Streams are known by their address, because htmx accepts event streams with every request;
    and by ``Accept``, where it names nothing else, as browsers' own EventSource does.
    """
    accept = connection.headers.get("accept", "")
    if is_stream(connection.scope["path"]) or accept == "text/event-stream":
        return RequestKind.STREAM
    if is_api(connection.scope["path"]):
        return RequestKind.API
    if connection.headers.get("hx-request") == "true":
        return RequestKind.HTMX
    return RequestKind.PAGE


def is_api(path: str) -> bool:
    """Tell whether a program is asking, whose errors are problem+json: streams included."""
    return path.startswith(API_FOLDER)


def is_stream(path: str) -> bool:
    """Tell whether the answer at this address goes on for as long as the client listens."""
    return path.endswith(STREAM_SUFFIX) or path.startswith(STREAM_FOLDER)


def safe_next(address: str | None) -> str:
    """Return ``address`` if it is a path on this host, else the home page.

    Refuses what browsers read as another host: two slashes, a backslash for a slash, and control
    characters, which browsers drop.
    """
    if not address or len(address) > _LONGEST_NEXT or not address.startswith("/"):
        return HOME_PATH
    if address.startswith("//") or "\\" in address or not address.isprintable():
        return HOME_PATH
    if urlsplit(address).path == LOGIN_PATH:
        return HOME_PATH
    return address


def login_address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the sign-in page that leads back to the page the person is on."""
    after = safe_next(_present_page(connection))
    return LOGIN_PATH if after == HOME_PATH else f"{LOGIN_PATH}?next={quote(after, safe='/')}"


def _present_page(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """Return path and query of the page: of this request, or of the page that sent it."""
    if connection.headers.get("hx-request") == "true":
        return _local_path(connection, connection.headers.get("hx-current-url"))
    if connection.scope.get("method") in {"GET", "HEAD"}:
        query = connection.scope["query_string"].decode("latin-1")
        path = quote(connection.scope["path"], safe="/")
        return f"{path}?{query}" if query else path
    return _local_path(connection, connection.headers.get("referer"))


def _local_path(connection: ASGIConnection[Any, Any, Any, Any], address: str | None) -> str | None:
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    if parts.netloc != connection.headers.get("host"):
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
