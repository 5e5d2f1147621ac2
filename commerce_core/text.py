"""Texts that people type: trimmed, bounded, and free of what no database can store."""

from __future__ import annotations

import unicodedata
from typing import Final

from commerce_core.errors import InvalidTextError

_INVISIBLE: Final = {"Cf", "Zl", "Zp", "Zs"}
"""Unicode categories of joiners, marks of direction and spaces."""
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Overrides and isolates of direction: they would turn round the page's words behind the text."""


def clean_text(value: object, *, name: str, max_length: int) -> str:
    """Return ``value`` in Unicode form NFC without outer spaces.

    Emoji and right-to-left text are kept as they are; what turns the direction of the text
    around it (U+202A to U+202E, U+2066 to U+2069) counts as a control character.

    Raises:
        InvalidTextError: nothing that can be seen, longer than ``max_length`` characters, or with
            control characters.
    """
    cleaned = _normalized(value, name=name).strip()
    if all(unicodedata.category(character) in _INVISIBLE for character in cleaned):
        message = f"{name} is empty"
        raise InvalidTextError(message, name=name)
    _require_storable(cleaned, name=name, max_length=max_length)
    return cleaned


def clean_lines(value: object, *, name: str, max_length: int) -> str:
    """Return a text of several lines, such as a description, as ``clean_text`` does; it may be "".

    Raises:
        InvalidTextError: longer than ``max_length`` characters, or with control characters other
            than line ends and tabs.
    """
    lines = _normalized(value, name=name).replace("\r\n", "\n").replace("\r", "\n").strip()
    _require_storable(lines, name=name, max_length=max_length, but="\n\t")
    return lines


def clean_optional(value: str | None, *, name: str, max_length: int) -> str | None:
    """Return ``clean_text`` of ``value``, or None where there is nothing but spaces."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return clean_text(value, name=name, max_length=max_length)


def searchable(value: object) -> str | None:
    """Return ``value`` if a database can look for it; None for what is no text or cannot be sent.

    Nothing stored can be equal to such a value: a search for it finds nothing, and fails at none.
    """
    if not isinstance(value, str) or any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in value):
        return None
    return value


def shown(value: object) -> str:
    """Return how a message names a value from outside, however long or odd that is."""
    if value is None or isinstance(value, str):
        return repr(value[:80] if value else value)
    return f"of type {type(value).__name__}"


def _normalized(value: object, *, name: str) -> str:
    if not isinstance(value, str):
        message = f"{name} must be text, not {type(value).__name__}"
        raise InvalidTextError(message, name=name)
    return unicodedata.normalize("NFC", value)


def _require_storable(text: str, *, name: str, max_length: int, but: str = "") -> None:
    if len(text) > max_length:
        message = f"{name} has {len(text):,} characters; at most {max_length} can be stored"
        raise InvalidTextError(message, name=name, length=len(text), max_length=max_length)
    for character in text:
        is_control = character in _TURNING or unicodedata.category(character) in {"Cc", "Cs"}
        if is_control and character not in but:
            message = f"{name} holds a control character (U+{ord(character):04X})"
            raise InvalidTextError(message, name=name)
