"""Bearer tokens: kept per host, app and user, fetched once however many ask at the same time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import httpx

from commerce_core.logistics.dhl import _answers
from commerce_core.logistics.dhl._protocol import Api, Call, Flow, Setting, exchange
from commerce_core.logistics.dhl.errors import DHLProtocolError

if TYPE_CHECKING:
    from commerce_core.logistics.dhl.config import DHLConfig

TOKEN_PATH: Final = "/parcel/de/account/auth/ropc/v1/token"  # noqa: S105 - a path
LONGEST_LIFE_SECONDS: Final = 86_400.0
USUAL_LIFE_SECONDS: Final = 300.0
"""Assumed where DHL does not say; its tokens live half an hour."""
EARLY_SECONDS: Final = 60.0
"""A token is renewed this long before it expires, so that none dies on its way."""

TokenKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Token:
    """A token and when it ends; the text is never shown."""

    text: str = field(repr=False)
    expires_at: datetime


class TokenCache:
    """Tokens of one or more clients. Two users, apps or hosts never share one."""

    def __init__(self) -> None:
        self._tokens: dict[TokenKey, Token] = {}
        self._locks: dict[TokenKey, threading.Lock] = {}
        self._guard = threading.Lock()

    def find(self, key: TokenKey, *, now: datetime, refused: str | None = None) -> Token | None:
        """Return a token that will live a while yet and is not the one DHL refused."""
        token = self._tokens.get(key)
        if token is None or token.text == refused:
            return None
        return token if token.expires_at - now > timedelta(seconds=EARLY_SECONDS) else None

    def keep(self, key: TokenKey, token: Token) -> None:
        """Keep a token for the next requests."""
        self._tokens[key] = token

    def lock(self, key: TokenKey) -> threading.Lock:
        """Return the lock that lets one thread fetch while the others wait."""
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())


def token_key(config: DHLConfig) -> TokenKey:
    """Return what makes a token ours: host, app, user (fingerprints, not secrets)."""
    return (config.host, config.key_fingerprint, config.username or "")


def fetch_token(setting: Setting) -> Flow[Token]:
    """Ask for a token with user and password (Authentication API 2.0.6)."""
    config = setting.config
    form = {
        "grant_type": "password",
        "username": config.username or "",
        "password": config.password or "",
        "client_id": config.api_key,
        "client_secret": config.api_secret or "",
    }
    request = httpx.Request("POST", config.host + TOKEN_PATH, data=form)
    response = yield from exchange(setting, request, Call(api=Api.TOKEN))
    if not response.is_success:
        raise _answers.error_of(response, config, Api.TOKEN)
    body = _answers.read_json(response, config, Api.TOKEN)
    text = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(text, str) or not text or not text.isprintable():
        where = _answers.facts(config, Api.TOKEN)
        raise DHLProtocolError("the token answer holds no token", **where)
    return Token(text, setting.now() + timedelta(seconds=_lifetime(body.get("expires_in"))))


def _lifetime(value: object) -> float:
    """Return how long a token lives, read as a number or as digits, within reason."""
    try:
        seconds = float(value)  # type: ignore[arg-type]  # that is the question
    except (TypeError, ValueError):
        return USUAL_LIFE_SECONDS
    return min(seconds, LONGEST_LIFE_SECONDS) if seconds > 0 else USUAL_LIFE_SECONDS
