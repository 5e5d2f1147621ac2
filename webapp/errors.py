"""What a user sees when something goes wrong: one sentence in the form that was asked for.

The categories of ``CommerceError`` become HTTP statuses here and nowhere else. A page gets a
page, an htmx request a fragment, ``/api/`` problem+json. Nobody ever gets a traceback: what was
not foreseen is logged under a reference that the answer shows.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from dataclasses import fields as dataclass_fields
from http import HTTPStatus
from typing import Any, Final

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Template
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import SQLAlchemyError

from commerce_core.database import translate_database_error
from commerce_core.errors import (
    CommerceError,
    ConcurrencyError,
    ConflictError,
    DatabaseNotMigratedError,
    DatabaseUnavailableError,
    InvalidInputError,
    NotFoundError,
)
from commerce_core.logistics.errors import CarrierError
from webapp.accounts.throttle import TooManyAttemptsError
from webapp.security import signed_in_user
from webapp.wire import RequestKind, is_api, kind_of, login_address

_logger: Final = logging.getLogger("webapp")

_STATUS: Final[tuple[tuple[type[CommerceError], int], ...]] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (InvalidInputError, 422),
    (TooManyAttemptsError, 429),
    (DatabaseUnavailableError, 503),
    (DatabaseNotMigratedError, 503),
    (ConcurrencyError, 503),
    (CarrierError, 502),
)
_SERVER_ERROR: Final = 500
_DETAILS: Final = {
    # In place of the framework's own words, which name files and methods of the server.
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is told to the user. ``reference`` finds the logged traceback, if there is one."""

    status: int
    code: str
    detail: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""


def status_of(error: CommerceError) -> int:
    """Return the HTTP status of an error of the library."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), _SERVER_ERROR)


def problem_of(error: Exception) -> Problem:
    """Return what is told about ``error``. Logs it when it is a fault of ours."""
    if isinstance(error, SQLAlchemyError):
        error = translate_database_error(error)
    if isinstance(error, HTTPException) and error.status_code != _SERVER_ERROR:
        return _problem_of_request(error)
    if isinstance(error, CommerceError) and status_of(error) < _SERVER_ERROR:
        headers = {}
        if isinstance(error, TooManyAttemptsError):
            headers["retry-after"] = str(error.retry_after)
        return Problem(status_of(error), error.code, error.message, error.fields, headers)
    return _problem_of_server(error)


def _problem_of_request(error: HTTPException) -> Problem:
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    extra = error.extra if isinstance(error.extra, list) else []
    fields = {"invalid": extra} if extra else {}
    detail = _DETAILS.get(error.status_code, error.detail)
    return Problem(error.status_code, code, detail, fields, dict(error.headers or {}))


def _problem_of_server(error: Exception) -> Problem:
    reference = secrets.token_hex(4)
    if isinstance(error, CommerceError) and status_of(error) != _SERVER_ERROR:
        # The message may name hosts and tables: that is for the log.
        _logger.error("%s [%s]", error.message, reference)
        detail = "The database cannot be reached. Try again in a moment."
        headers = {"retry-after": "5"}
        return Problem(status_of(error), error.code, detail, headers=headers, reference=reference)
    _logger.error("unforeseen error [%s]", reference, exc_info=error)
    detail = "Something went wrong on our side."
    return Problem(_SERVER_ERROR, "internal_error", detail, reference=reference)


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer a request that failed, in the form that was asked for."""
    problem = problem_of(error)
    kind = kind_of(request)
    if problem.status == HTTPStatus.UNAUTHORIZED and kind in {RequestKind.PAGE, RequestKind.HTMX}:
        return _ask_to_sign_in(request, kind)
    if kind is RequestKind.API or is_api(request.scope["path"]):
        return _problem_json(problem)
    if kind is RequestKind.STREAM:
        return Response(
            problem.detail,
            status_code=problem.status,
            headers=dict(problem.headers),
            media_type=MediaType.TEXT,
        )
    return Template(
        _template_for(request, kind),
        context={"problem": problem},
        status_code=problem.status,
        headers=dict(problem.headers),
        media_type=MediaType.HTML,
    )


def _template_for(request: Request[Any, Any, Any], kind: RequestKind) -> str:
    if kind is RequestKind.HTMX:
        return "errors/_error.html"
    # Without a person there is no sidebar to show.
    return "errors/page.html" if signed_in_user(request) else "errors/bare.html"


def _ask_to_sign_in(request: Request[Any, Any, Any], kind: RequestKind) -> Response[Any]:
    address = login_address(request)
    if kind is RequestKind.HTMX:
        return Response(
            b"", status_code=401, headers={"hx-redirect": address}, media_type=MediaType.HTML
        )
    return Response(b"", status_code=303, headers={"location": address}, media_type=MediaType.HTML)


def _problem_json(problem: Problem) -> Response[Any]:
    content = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.fields:
        content["fields"] = {name: _plain(value) for name, value in problem.fields.items()}
    if problem.reference:
        content["reference"] = problem.reference
    return Response(
        content,
        status_code=problem.status,
        headers=dict(problem.headers),
        media_type="application/problem+json",
    )


def _plain(value: object) -> object:
    """Return a field of an error as JSON holds it; both sides of a clash are objects."""
    if is_dataclass(value) and not isinstance(value, type):
        names = (one.name for one in dataclass_fields(value))
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | dict) else str(value)


EXCEPTION_HANDLERS: Final[ExceptionHandlersMap] = {
    HTTPException: answer_error,
    CommerceError: answer_error,
    Exception: answer_error,
}
