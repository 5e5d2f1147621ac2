"""What an answer of DHL says when it is not the answer that was hoped for."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import httpx

from commerce_core.logistics.dhl.errors import (
    DHLAuthenticationError,
    DHLError,
    DHLNotFoundError,
    DHLProtocolError,
    DHLRateLimitedError,
    DHLRejectedError,
    DHLUnavailableError,
    LimitKind,
    Problem,
)

if TYPE_CHECKING:
    from commerce_core.logistics.dhl.config import DHLConfig

Facts = dict[str, Any]
_INDEX: Final = re.compile(r"shipments\[(\d+)\]\.?")
_SHOWN: Final = 200


def host(config: DHLConfig) -> str:
    """Return the host name that requests go to."""
    return httpx.URL(config.host).host or config.host


def facts(config: DHLConfig, api: str) -> Facts:
    """Return where we were asking, for an error that has no answer to show."""
    return {
        "host": host(config),
        "environment": str(config.environment),
        "key_fingerprint": config.key_fingerprint,
        "api": str(api),
    }


def facts_of(response: httpx.Response, config: DHLConfig, api: str) -> Facts:
    """Return where we were asking and what DHL said about it."""
    body = _json_or_none(response)
    problem = problem_of(body)
    return facts(config, api) | {
        "title": problem.get("title") or response.reason_phrase,
        "detail": problem.get("detail"),
        "status": response.status_code,
        "correlation_id": correlation_id(response),
        "raw": body,
    }


def correlation_id(response: httpx.Response) -> str | None:
    """Return the id by which DHL's support finds the call."""
    for name in ("correlation-id", "x-correlation-id", "message-reference"):
        if name in response.headers:
            return str(response.headers[name])
    return None


def read_json(response: httpx.Response, config: DHLConfig, api: str) -> Any:
    """Return the decoded body of an answer that promises JSON.

    Raises:
        DHLProtocolError: it is HTML, cut off, or not JSON at all.
    """
    try:
        return json.loads(response.content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        start = response.content[:_SHOWN].decode("utf-8", "replace").strip()
        is_html = start[:1] == "<" and "html" in start.lower()
        what = "an HTML page" if is_html else "no readable JSON"
        hint = (
            "a proxy, firewall or login page answered in DHL's place: check base_url and network"
            if is_html
            else "the answer was cut off or damaged on its way"
        )
        where = facts(config, api) | {
            "status": response.status_code,
            "correlation_id": correlation_id(response),
            "hint": hint,
        }
        message = f"{where['host']} answered {what} with HTTP {response.status_code}"
        raise DHLProtocolError(message, **where) from error


def error_of(response: httpx.Response, config: DHLConfig, api: str) -> DHLError:
    """Return the error that an answer outside 2xx means."""
    return error_for(response.status_code, facts_of(response, config, api), response)


def error_for(status: int, known: Facts, response: httpx.Response | None = None) -> DHLError:
    """Return the error for an HTTP status, or for the status that a body claims for itself."""
    said = ": ".join(str(part) for part in (known.get("title"), known.get("detail")) if part)
    where = f"{known['host']} ({known['environment']}, key {known['key_fingerprint']})"
    message = f"HTTP {status} from {where}: {said or 'no reason given'}"
    if status in (401, 403):
        known["hint"] = authentication_hint(known)
        return DHLAuthenticationError(f"{message}. {known['hint']}", **known)
    if status == httpx.codes.NOT_FOUND:
        return DHLNotFoundError(message, **known)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return DHLRateLimitedError(message, kind=LimitKind.SPIKE, retry_after=5.0, **known)
    if 400 <= status < 500:  # noqa: PLR2004 - client errors
        problems = problems_of(known.get("raw"))
        shown = "; ".join(str(problem) for problem in problems[:5])
        return DHLRejectedError(f"{message} {shown}".rstrip(), problems=problems, **known)
    if status >= 500:  # noqa: PLR2004 - server errors
        return DHLUnavailableError(message, **known)
    location = response.headers.get("location", "") if response is not None else ""
    known["hint"] = f"a redirect to {location[:80]} was not followed" if location else None
    return DHLProtocolError(message, **known)


def authentication_hint(known: Facts) -> str:
    """Return what an operator should look at; DHL says the same words for many causes."""
    detail = str(known.get("detail") or "").lower()
    if "user not found" in detail or "password" in detail or "invalid_grant" in detail:
        return (
            "The business portal user or its password is wrong or has expired (personal users "
            "every 90 days, system users every 12 months); sandbox users exist only in the sandbox"
        )
    if "apiproduct" in detail:
        return f"The app is not subscribed to this API ({known['api']}): add it in DHL's portal"
    return (
        "DHL does not say which is wrong: is api_key the app's API key, not its secret; is it "
        f"meant for {known['environment']}; does the app have this API ({known['api']}); a new "
        "app becomes active the night after its creation"
    )


def retry_after(response: httpx.Response, now: datetime) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, given as seconds or as a date."""
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def seconds_to_midnight(now: datetime) -> float:
    """Return the seconds until 00:00 GMT, when DHL's daily quota starts anew."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1) - now).total_seconds()


def problem_of(body: object) -> dict[str, Any]:
    """Return title, detail and status of a problem, flat or inside ``status``/``sstatus``."""
    if not isinstance(body, dict):
        return {}
    for name in ("status", "sstatus"):
        inner = body.get(name)
        if isinstance(inner, dict):
            return inner
    if "error" in body and "title" not in body:  # OAuth's own shape
        return {"title": body.get("error"), "detail": body.get("error_description")}
    return body


def status_in(body: object) -> int | None:
    """Return the status that a body claims for itself (``statusCode`` or ``status``)."""
    problem = problem_of(body)
    for name in ("statusCode", "status"):
        value = problem.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isdigit():
            return int(value[:4])
    return None


def problems_of(body: object) -> tuple[Problem, ...]:
    """Return every complaint in a body, of both shapes that DHL's shipping API uses."""
    if not isinstance(body, dict) or not isinstance(body.get("items"), list):
        return ()
    found: list[Problem] = []
    for position, item in enumerate(body["items"]):
        if not isinstance(item, dict):
            continue
        if "propertyPath" in item or "message" in item:
            found.append(_schema_problem(item))
        found += [replace_index(message, position) for message in validation_messages(item)]
    return tuple(found)


def validation_messages(item: dict[str, Any]) -> list[Problem]:
    """Return the validation messages of one item."""
    messages = item.get("validationMessages")
    return [
        Problem(
            field=str(message.get("property") or ""),
            message=str(message.get("validationMessage") or ""),
            state=str(message.get("validationState") or ""),
        )
        for message in (messages if isinstance(messages, list) else [])
        if isinstance(message, dict)
    ]


def replace_index(problem: Problem, index: int) -> Problem:
    """Return the problem as one of the shipment at ``index``."""
    return Problem(field=problem.field, message=problem.message, state=problem.state, index=index)


def _schema_problem(item: dict[str, Any]) -> Problem:
    path = str(item.get("propertyPath") or "")
    match = _INDEX.match(path)
    return Problem(
        field=path[match.end() :] if match else path,
        message=str(item.get("message") or ""),
        state="Error",
        index=int(match[1]) if match else None,
    )


def _json_or_none(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
