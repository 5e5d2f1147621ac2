"""What may be logged: the kind of request and its outcome. Never a key, a token, or a person."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Final

from commerce_core.logistics.dhl._protocol import call_of

if TYPE_CHECKING:
    import httpx

logger: Final = logging.getLogger("commerce_core.logistics.dhl")
_HARMLESS: Final = frozenset(
    {
        "service",
        "language",
        "limit",
        "offset",
        "labelType",
        "countryCode",
        "requesterCountryCode",
        "originCountryCode",
        "validate",
        "mustEncode",
        "includeDocs",
        "docFormat",
        "printFormat",
        "retourePrintFormat",
        "combine",
        "all",
        "date",
        "maxResult",
    }
)


def describe(request: httpx.Request) -> str:
    """Return method, host, path and the harmless parameters; the others by name only.

    Tracking numbers become a short hash, so that lines of one parcel can be found together.
    """
    shown = []
    for name, value in request.url.params.multi_items():
        if name in _HARMLESS:
            shown.append(f"{name}={value}")
        elif name in ("trackingNumber", "shipment"):
            shown.append(f"{name}=#{hashlib.sha256(value.encode()).hexdigest()[:8]}")
        else:
            shown.append(f"{name}=…")
    path = _path(request.url.path)
    query = "?" + "&".join(shown) if shown else ""
    return f"{request.method} {request.url.host}{path}{query}"


def log_answer(request: httpx.Request, response: httpx.Response) -> None:
    """Log one exchange; the body of neither side."""
    if logger.isEnabledFor(logging.INFO):
        level = logging.INFO if response.status_code < 400 else logging.WARNING  # noqa: PLR2004
        api = call_of(request).api
        logger.log(level, "dhl %s: %s -> %d", api, describe(request), response.status_code)


def log_failure(request: httpx.Request, error: Exception) -> None:
    """Log that no answer came; the error's text may hold the URL, so only its kind is shown."""
    logger.warning(
        "dhl %s: %s -> %s", call_of(request).api, describe(request), type(error).__name__
    )


def _path(path: str) -> str:
    """Hide the id in ``/subscription/{id}``: with it a stranger could cancel the pushes."""
    head, found, _ = path.partition("/subscription/")
    return f"{head}{found}…" if found else path


class HideQuestions(logging.Filter):
    """Put on the logger of httpx: it writes whole URLs, and DHL's carry numbers and passwords."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the URL of a request to DHL; let everything else pass as it is."""
        if isinstance(record.args, tuple):
            record.args = tuple(_shorten(value) for value in record.args)
        return True


def hide_questions_in_log() -> None:
    """See to it that httpx logs no question to DHL in full. Doing it twice does nothing."""
    httpx_log = logging.getLogger("httpx")
    if not any(isinstance(one, HideQuestions) for one in httpx_log.filters):
        httpx_log.addFilter(HideQuestions())


def _shorten(value: object) -> object:
    # The class is compared by name: a log filter is no reason to import httpx.
    if type(value).__name__ != "URL":
        return value
    path = str(getattr(value, "path", ""))
    if not any(part in path for part in ("/track/", "/tracking/", "/parcel/de/")):
        return value
    return f"{getattr(value, 'scheme', '')}://{getattr(value, 'host', '')}{_path(path)}?…"
