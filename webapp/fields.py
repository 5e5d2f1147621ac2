"""Reads what a person typed into the fields of a form. Nothing in a form can make this fail."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,15}")
_LONGEST: Final = 2000
_LONGEST_KEY: Final = 64


def text_of(form: Mapping[str, Any], name: str) -> str:
    """Return the text of a field without outer spaces; "" where it is missing."""
    value = form.get(name)
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""


def texts_of(form: Mapping[str, Any], name: str) -> list[str]:
    """Return the texts of all fields with this name, in the order of the page."""
    get_all = getattr(form, "getall", None)
    values = get_all(name, []) if get_all else [form[name]] if name in form else []
    return [value.strip()[:_LONGEST] if isinstance(value, str) else "" for value in values]


def whole_of(text: str) -> int | None:
    """Return the whole number that ``text`` writes, or None if it writes none.

    Separators are refused, because "1.240" is a different number in English and in German.
    """
    plain = text.strip().replace("\u2212", "-")
    return int(plain) if _WHOLE.fullmatch(plain) else None


def date_of(text: str) -> date | None:
    """Return the day that a date field holds, or None if it holds none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def key_of(form: Mapping[str, Any]) -> str:
    """Return the key against a double send that the page put into its form, or a new one."""
    key = text_of(form, "key")
    return key if key and key.isprintable() and len(key) <= _LONGEST_KEY else new_key()


def new_key() -> str:
    """Return a key for a form that is about to be shown."""
    return secrets.token_urlsafe(12)
