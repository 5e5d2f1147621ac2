"""How answers become typed, frozen messages: declared fields, read tolerantly.

A message reads what it knows and never refuses: a missing field is None, a value of another type
becomes None too, an unknown enum value is kept as text, unknown fields stay in ``raw``
(:attr:`Message.unknown_fields` lists them). What was sent can always be seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Self, TypeVar

Reader = Callable[[Any], Any]
_M = TypeVar("_M", bound="Message")
_EMPTY: Mapping[str, Any] = MappingProxyType({})


def key(name: str, reader: Reader, default: Any = None) -> Any:
    """Declare a field of a message: its name in DHL's JSON and how its value is read."""
    return field(default=default, metadata={"key": name, "reader": reader})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Base of all answers. ``raw`` is the JSON object as DHL sent it."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, raw: object) -> Self:
        """Read a JSON object; anything else reads as an object without fields."""
        source: Mapping[str, Any] = raw if isinstance(raw, dict) else _EMPTY
        values: dict[str, Any] = {"raw": source}
        if source:
            plan = _plan(cls)
            for name, sent in source.items():
                known = plan.get(name)
                if known is not None and sent is not None:
                    value = known[1](sent)
                    if value is not None:
                        values[known[0]] = value
            cls._settle(values)
        return cls(**values)

    @classmethod
    def _settle(cls, values: dict[str, Any]) -> None:
        """Let a message set right what only several fields together can say."""

    @property
    def unknown_fields(self) -> Mapping[str, Any]:
        """The fields that DHL sent and this version does not know."""
        known = _plan(type(self))
        return {name: value for name, value in self.raw.items() if name not in known}


_plans: dict[type, dict[str, tuple[str, Reader]]] = {}


def _plan(cls: type[Message]) -> dict[str, tuple[str, Reader]]:
    """Return DHL's field names of a message with our names and readers; made once a class."""
    plan = _plans.get(cls)
    if plan is None:
        plan = _plans[cls] = {
            item.metadata["key"]: (item.name, item.metadata["reader"])
            for item in fields(cls)
            if "key" in item.metadata
        }
    return plan


# --- readers: DHL's value in, ours or None out ----------------------------------------------------


def text(value: object) -> str | None:
    """Read a text; numbers become their digits (DHL has sent an ``id`` as a number)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return _digits(value)


def term(value: object) -> str | None:
    """Read a value of a list that DHL may lengthen (``service``, ``type``): kept as it is."""
    return sys.intern(value) if isinstance(value, str) else text(value)


def number(value: object) -> Decimal | None:
    """Read a number exactly as its digits were sent; texts of digits are read too."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(_digits(value))
    except (InvalidOperation, ValueError):
        return None
    return found if found.is_finite() else None


def whole(value: object) -> int | None:
    """Read a whole number; texts of digits are read too."""
    found = number(value)
    if found is None or abs(found) > Decimal("1e18") or found != found.to_integral_value():
        return None
    return int(found)


def flag(value: object) -> bool | None:
    """Read true or false, also as the texts DHL's XML uses."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
            value.strip().lower()
        )
    return None


def one(cls: type[_M]) -> Callable[[object], _M | None]:
    """Return a reader of an object."""

    def read(value: object) -> _M | None:
        return cls.read(value) if isinstance(value, dict) else None

    return read


def many(cls: type[_M]) -> Callable[[object], tuple[_M, ...] | None]:
    """Return a reader of a list of objects; a lone object counts as a list of one."""

    def read(value: object) -> tuple[_M, ...] | None:
        if isinstance(value, dict):
            return (cls.read(value),)
        if not isinstance(value, list):
            return None
        return tuple(cls.read(item) for item in value if isinstance(item, dict))

    return read


def texts(value: object) -> tuple[str, ...] | None:
    """Read a list of texts; a lone text counts as a list of one."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        return None
    return tuple(item for item in map(text, value) if item is not None)


def _digits(value: float | str | Decimal) -> str:
    try:
        return str(value)
    except ValueError:  # an integer of more digits than Python agrees to print
        return ""
