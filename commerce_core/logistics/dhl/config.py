"""What a client needs to know: environment, credentials, limits. Nothing here is guessed.

Secrets never appear in ``repr``; errors and logs name a key by :attr:`DHLConfig.key_fingerprint`.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from commerce_core.logistics.dhl.errors import DHLConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Environment(StrEnum):
    """Where requests go. Production labels cost money, so there is no default."""

    SANDBOX = "sandbox"
    PRODUCTION = "production"


HOSTS: Final = {
    Environment.SANDBOX: "https://api-sandbox.dhl.com",
    Environment.PRODUCTION: "https://api-eu.dhl.com",
}
PUSH_SANDBOX_HOST: Final = "https://api-test.dhl.com"
PREFIX: Final = "COMMERCE_DHL_"
_NUMBERS: Final = {"tracking_calls_per_day", "parcel_tracking_calls_per_day"}
_DAY_SECONDS: Final = 86_400
_MOST_CALLS: Final = 1_000_000_000
_FRACTIONS: Final = {
    "tracking_spacing_seconds",
    "parcel_tracking_spacing_seconds",
    "connect_timeout_seconds",
    "read_timeout_seconds",
    "deadline_seconds",
    "max_slot_wait_seconds",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DHLConfig:
    """Settings of a client.

    ``environment`` says sandbox or production. ``api_key`` and ``api_secret`` are those of the app
    at developer.dhl.com; ``username`` and ``password`` those of the business portal (returns and
    shipping); ``app_name`` and ``app_password`` those of Parcel DE tracking.
    ``base_url`` sends everything elsewhere: a proxy, or the :class:`FakeDHL` of the tests.

    Limits: ``tracking_calls_per_day`` (None: no ledger) and ``tracking_spacing_seconds`` are DHL's
    starting quota; ``max_slot_wait_seconds`` is how long a call may queue for its slot;
    ``deadline_seconds`` bounds one operation with all its retries.
    """

    environment: Environment
    api_key: str = field(repr=False)
    api_secret: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    app_name: str | None = field(default=None, repr=False)
    app_password: str | None = field(default=None, repr=False)
    billing_number: str | None = None
    profile: str = "STANDARD_GRUPPENPROFIL"
    creation_software: str | None = None
    base_url: str | None = None
    tracking_calls_per_day: int | None = 250
    tracking_spacing_seconds: float = 5.0
    parcel_tracking_calls_per_day: int | None = 1000
    parcel_tracking_spacing_seconds: float = 0.34
    connect_timeout_seconds: float = 5.0
    read_timeout_seconds: float = 30.0
    deadline_seconds: float = 60.0
    max_slot_wait_seconds: float = 60.0

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "environment", Environment(self.environment))
        except ValueError:
            raise _wrong("environment", "say sandbox or production") from None
        for name in ("api_key", "api_secret", "username", "password", "app_name", "app_password"):
            _check_credential(name, getattr(self, name))
        for name in _FRACTIONS | _NUMBERS:
            _check_number(name, getattr(self, name))
        if self.base_url is not None and not _is_address(self.base_url):
            raise _wrong("base_url", "give an address like https://host, or leave it out")
        if not self.api_key:
            raise _wrong("api_key", "the API key of your app at developer.dhl.com is missing")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> DHLConfig:
        """Return the settings of ``COMMERCE_DHL_*`` variables, named like the fields.

        Raises:
            DHLConfigurationError: environment or key is missing, or a number is not one.
        """
        source = os.environ if environ is None else environ
        found: dict[str, object] = {}
        for item in fields(cls):
            value = source.get(PREFIX + item.name.upper(), "")
            if value:
                found[item.name] = _typed(item.name, value)
        for name in ("environment", "api_key"):
            if name not in found:
                raise _wrong(name, f"set {PREFIX}{name.upper()}")
        return cls(**found)  # type: ignore[arg-type]  # the fields were read one by one

    @property
    def key_fingerprint(self) -> str:
        """Eight hex digits of the key's SHA-256: tells two keys apart, gives neither away."""
        return hashlib.sha256(self.api_key.encode()).hexdigest()[:8]

    @property
    def host(self) -> str:
        """The base URL of all APIs but the push sandbox, without a final slash."""
        return (self.base_url or HOSTS[self.environment]).rstrip("/")

    @property
    def push_host(self) -> str:
        """The base URL of the push API: its sandbox has a host of its own."""
        if self.base_url is None and self.environment is Environment.SANDBOX:
            return PUSH_SANDBOX_HOST
        return self.host

    @property
    def uses_oauth(self) -> bool:
        """True if a bearer token can be had (key, secret, user, password); else Basic is used."""
        return bool(self.api_secret and self.username and self.password)


def _check_number(name: str, value: float | None) -> None:
    """Refuse what no clock can wait for: nan, infinity, below zero, more than a day."""
    if value is None and name in _NUMBERS:
        return
    is_wait = name in _FRACTIONS
    if value is None or not 0 <= value <= (_DAY_SECONDS if is_wait else _MOST_CALLS):
        what = f"seconds from 0 to {_DAY_SECONDS}" if is_wait else "a number of calls from 0"
        raise _wrong(name, f"{value!r} is no {what}" if not is_wait else f"{value!r}: give {what}")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _check_credential(name: str, value: str | None) -> None:
    if value is None:
        return
    if value != value.strip() or not value.isprintable() or not value.isascii():
        raise _wrong(name, "it has spaces around it or characters that no header can carry")


def _typed(name: str, value: str) -> object:
    if name not in _NUMBERS | _FRACTIONS:
        return value
    if name in _NUMBERS and value == "none":
        return None
    try:
        return int(value) if name in _NUMBERS else float(value)
    except ValueError:
        raise _wrong(name, f"{value!r} is not a number") from None


def _wrong(name: str, what: str) -> DHLConfigurationError:
    return DHLConfigurationError(f"DHL setting {name}: {what}", setting=name, hint=what)
