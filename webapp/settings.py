"""Every setting of the back office, read once from arguments and ``COMMERCE_*`` variables.

Nothing else in ``webapp`` reads the environment. A value that cannot be used stops the start with
one sentence that names the variable.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from commerce_core.errors import InvalidInputError

PREFIX: Final = "COMMERCE_"
"""All variables start with this: ``port`` is ``COMMERCE_PORT``."""

DEFAULT_DATABASE_URL: Final = "sqlite:///commerce.db"


class InvalidSettingError(InvalidInputError):
    """A setting cannot be used. ``name`` is its variable, ``value`` what was found."""

    code = "invalid_setting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one installation runs. Durations are ``timedelta``; everything has a working default."""

    database_url: str = DEFAULT_DATABASE_URL
    redis_url: str | None = None
    """Redis for several processes. None: each process reads the database by itself."""
    host: str = "127.0.0.1"
    port: int = 8000
    allowed_hosts: tuple[str, ...] = ()
    """Host names (without port) this installation answers to. Empty: any."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses, comma-separated, whose ``X-Forwarded-*`` headers are believed."""
    secure_cookies: bool = False
    """True when users arrive over https. Cookies then carry ``Secure`` and ``__Host-``."""
    shop_name: str = "Commerce"
    locale: str = "en"
    time_zone: str = "UTC"
    session_idle: timedelta = timedelta(hours=4)
    """A session ends after this time without a page."""
    session_lifetime: timedelta = timedelta(hours=16)
    """A session ends after this time whatever happens."""
    stay_idle: timedelta = timedelta(days=7)
    stay_lifetime: timedelta = timedelta(days=30)
    """The same two for "Stay signed in on this computer"."""
    access_log: bool = False
    """Write a line for each request but streams, probes and static files."""
    jobs: bool = True
    """Run the clean-up jobs inside this process."""
    image_folder: str = "commerce-images"
    """Folder for uploaded pictures of products. Several processes share it."""
    metrics_token: str | None = None
    """What Prometheus shows at /metrics as a bearer token. None: there is no such page."""
    debug: bool = False
    """Show tracebacks to the developer. Never set it where others can reach the server."""

    def __post_init__(self) -> None:
        """Refuse what would only fail later, far from its cause."""
        if not 0 <= self.port <= _HIGHEST_PORT:
            raise _bad("port", self.port, f"a number from 0 to {_HIGHEST_PORT}")
        if not self.shop_name.strip():
            raise _bad("shop_name", self.shop_name, "a name")
        for name in ("session_idle", "session_lifetime", "stay_idle", "stay_lifetime"):
            if getattr(self, name) <= timedelta(0):
                raise _bad(name, getattr(self, name), "a number of minutes above 0")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise _bad("time_zone", self.time_zone, 'a zone such as "Europe/Berlin"') from exc


_HIGHEST_PORT: Final = 65_535


def load_settings(environ: Mapping[str, str] | None = None, **arguments: Any) -> Settings:
    """Return the settings: arguments first, then ``COMMERCE_*`` variables, then defaults.

    An argument of None counts as not given, so a command line can pass its options through.

    Raises:
        InvalidSettingError: a value cannot be read; the message names the variable.
    """
    variables = os.environ if environ is None else environ
    chosen: dict[str, Any] = {}
    for field in fields(Settings):
        text = variables.get(PREFIX + field.name.upper())
        if arguments.get(field.name) is not None:
            chosen[field.name] = arguments[field.name]
        elif text is not None and text.strip():
            chosen[field.name] = _parse(field.name, str(field.type), text.strip())
    return Settings(**chosen)


def _parse(name: str, kind: str, text: str) -> Any:
    parser = _PARSERS.get(kind)
    if parser is None:
        return text
    try:
        return parser(text)
    except ValueError as exc:
        raise _bad(name, text, _EXPECTED[kind]) from exc


def _parse_bool(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError(text)


def _parse_minutes(text: str) -> timedelta:
    return timedelta(minutes=int(text))


def _parse_names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    "bool": _parse_bool,
    "int": int,
    "timedelta": _parse_minutes,
    "tuple[str, ...]": _parse_names,
}
_EXPECTED: Final = {
    "bool": "yes or no",
    "int": "a whole number",
    "timedelta": "a whole number of minutes",
    "tuple[str, ...]": "names separated by commas",
}


def _bad(name: str, value: object, expected: str) -> InvalidSettingError:
    variable = PREFIX + name.upper()
    option = name.replace("_", " ")
    message = f"the {option} (variable {variable}) is {str(value)!r}, but must be {expected}"
    return InvalidSettingError(message, name=variable, value=str(value))
