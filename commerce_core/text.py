"""Texts that people type: trimmed, bounded, and free of what no database can store."""

from __future__ import annotations

import unicodedata
from typing import Final

from commerce_core.errors import InvalidTextError

_INVISIBLE: Final = {"Cf", "Zl", "Zp", "Zs"}
"""Unicode categories of joiners, marks of direction and spaces."""


def clean_text(value: object, *, name: str, max_length: int) -> str:
    """Return ``value`` in Unicode form NFC without outer spaces.

    Emoji and right-to-left text are kept as they are.

    Raises:
        InvalidTextError: nothing that can be seen, longer than ``max_length`` characters, or with
            control characters.
    """
    if not isinstance(value, str):
        message = f"{name} must be text, not {type(value).__name__}"
        raise InvalidTextError(message, name=name)
    cleaned = unicodedata.normalize("NFC", value).strip()
    if all(unicodedata.category(character) in _INVISIBLE for character in cleaned):
        message = f"{name} is empty"
        raise InvalidTextError(message, name=name)
    if len(cleaned) > max_length:
        message = f"{name} has {len(cleaned):,} characters; at most {max_length} can be stored"
        raise InvalidTextError(message, name=name, length=len(cleaned), max_length=max_length)
    for character in cleaned:
        if unicodedata.category(character) in {"Cc", "Cs"}:
            message = f"{name} holds a control character (U+{ord(character):04X})"
            raise InvalidTextError(message, name=name)
    return cleaned


def clean_optional(value: str | None, *, name: str, max_length: int) -> str | None:
    """Return ``clean_text`` of ``value``, or None where there is nothing but spaces."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return clean_text(value, name=name, max_length=max_length)
