"""How answers become typed, frozen messages: declared fields, read tolerantly.

A message reads what it knows and never refuses: a missing field is None, a value of another type
becomes None too, an unknown enum value is kept as text, unknown fields stay in ``raw``
(:attr:`Message.unknown_fields` lists them). What was sent can always be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Self, TypeVar

Reader = Callable[[Any], Any]
_M = TypeVar("_M", bound="Message")
_new, _set = object.__new__, object.__setattr__
_EMPTY: Mapping[str, Any] = MappingProxyType({})


def key(name: str, reader: Reader, default: Any = None) -> Any:
    """Declare a field of a message: its name in DHL's JSON and how its value is read."""
    return field(default=default, metadata={"key": name, "reader": reader})


@dataclass(frozen=True, kw_only=True)
class Message:
    """Base of all answers. ``raw`` is the JSON object as DHL sent it."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, raw: object) -> Self:
        """Read a JSON object; anything else reads as an object without fields.

        This is where the time goes, so it writes the object's ``__dict__`` at once. What is not
        in there is found in the class: the default of a field that DHL did not send, or a
        :class:`_Later` that reads an object inside this one when somebody looks at it.
        """
        source: Mapping[str, Any] = raw if isinstance(raw, dict) else _EMPTY
        values: dict[str, Any] = {"raw": source}
        if source:
            plan, settle = _plans.get(cls) or _make_plan(cls)
            for name, sent in source.items():
                known = plan.get(name)
                if known is None:
                    continue
                attribute, is_text, inner, reader = known
                if is_text and type(sent) is str:
                    values[attribute] = sent
                elif inner is None and (value := reader(sent)) is not None:
                    values[attribute] = value
            if settle is not None:
                settle(values)
        message = _new(cls)
        _set(message, "__dict__", values)
        return message

    @classmethod
    def _settle(cls, values: dict[str, Any]) -> None:
        """Let a message set right what only several fields together can say."""

    @property
    def unknown_fields(self) -> Mapping[str, Any]:
        """The fields that DHL sent and this version does not know."""
        known, _ = _plans.get(type(self)) or _make_plan(type(self))
        return {name: value for name, value in self.raw.items() if name not in known}


class _Later:
    """Stands in the class for an object inside a message, and reads it at the first look.

    Not a data descriptor: once read, the object lies in the message's ``__dict__`` and is found
    there first.
    """

    def __init__(self, name: str, key_of: str, reader: Reader) -> None:
        self._name = name
        self._key = key_of
        self._reader = reader

    def __get__(self, message: Message | None, owner: type) -> Any:
        if message is None:
            return None  # what dataclasses expect to find in the class: the default
        value = self._reader(message.raw.get(self._key))
        message.__dict__[self._name] = value
        return value


_Fields = dict[str, tuple[str, bool, type[Message] | None, Reader]]
_plans: dict[type, tuple[_Fields, Callable[[dict[str, Any]], None] | None]] = {}


def _make_plan(
    cls: type[Message],
) -> tuple[_Fields, Callable[[dict[str, Any]], None] | None]:
    """Return DHL's field names of a message with our names and readers; made once a class."""
    known: _Fields = {}
    for item in fields(cls):
        if "key" in item.metadata:
            reader = item.metadata["reader"]
            inner = getattr(reader, "inner", None)
            known[item.metadata["key"]] = (item.name, reader is text, inner, reader)
            if inner is not None:
                setattr(cls, item.name, _Later(item.name, item.metadata["key"], reader))
    has_own = any("_settle" in vars(kind) for kind in cls.__mro__[: cls.__mro__.index(Message)])
    _plans[cls] = (known, cls._settle if has_own else None)
    return _plans[cls]


# --- readers: DHL's value in, ours or None out ----------------------------------------------------


def text(value: object) -> str | None:
    """Read a text; numbers become their digits (DHL has sent an ``id`` as a number)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return _digits(value)


term = text
"""Reads a value of a list that DHL may lengthen (``service``, ``type``): kept as it is."""


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


def one(cls: type[_M], *, at_once: bool = False) -> Callable[[object], _M | None]:
    """Return a reader of an object; it is read when first looked at, or ``at_once``."""

    def read(value: object) -> _M | None:
        return cls.read(value) if isinstance(value, dict) else None

    if not at_once:
        read.inner = cls  # type: ignore[attr-defined]  # Message.read leaves it for later
    return read


def many(cls: type[_M]) -> Callable[[object], tuple[_M, ...] | None]:
    """Return a reader of a list of objects; a lone object counts as a list of one."""

    def read(value: object) -> tuple[_M, ...] | None:
        if isinstance(value, dict):
            return (cls.read(value),)
        if not isinstance(value, list):
            return None
        return tuple([cls.read(item) for item in value if isinstance(item, dict)])

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
