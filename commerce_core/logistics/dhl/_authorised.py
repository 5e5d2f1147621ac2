"""Requests to the Parcel DE APIs, which want the key and a user: by token, else by password."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import httpx

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl._protocol import Api, Call, Flow, Setting, exchange
from commerce_core.logistics.dhl.errors import DHLConfigurationError

if TYPE_CHECKING:
    from commerce_core.logistics.dhl.config import DHLConfig

Params = list[tuple[str, str | int | float | bool | None]]


def ask(
    setting: Setting,
    api: Api,
    method: str,
    url: str,
    *,
    params: Params | None = None,
    body: Any = None,
    changes: bool = False,
    language: str | None = None,
) -> Flow[httpx.Response]:
    """Ask with key and user. A request that ``changes`` something is never repeated blindly."""
    config = setting.config
    headers = {"Accept": "application/json", "dhl-api-key": config.api_key}
    bearer = config.uses_oauth
    if not bearer:
        headers["Authorization"] = _basic(config)
    if language:
        headers["Accept-Language"] = language
    content = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        content = _write(body)
    request = httpx.Request(method, url, params=params or None, headers=headers, content=content)
    call = Call(api=api, changes=changes, bearer=bearer)
    return (yield from exchange(setting, request, call))


def _write(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError) as error:
        message = f"the request cannot be written as JSON: {error}"
        raise InvalidInputError(message) from error


def basic(name: str, secret: str) -> str:
    """Return the value of a Basic ``Authorization`` header."""
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def _basic(config: DHLConfig) -> str:
    if not (config.username and config.password):
        raise DHLConfigurationError(
            "returns and shipping need the user and password of DHL's business portal",
            setting="username",
            hint="set COMMERCE_DHL_USERNAME and COMMERCE_DHL_PASSWORD (and COMMERCE_DHL_API_SECRET "
            "for tokens, which DHL prefers)",
        )
    return basic(config.username, config.password)
