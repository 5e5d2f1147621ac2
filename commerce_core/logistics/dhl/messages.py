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
from typing import Any, NamedTuple, Self, TypeVar

Reader = Callable[[Any], Any]
_M = TypeVar("_M", bound="Message")
_new = object.__new__
_EMPTY: Mapping[str, Any] = MappingProxyType({})


def key(
    name: str, reader: Callable[..., Any], default: Any = None, *, place: str | None = None
) -> Any:
    """Declare a field of a message: its name in DHL's JSON and how its value is read.

    ``place`` names the field beside it whose JSON the reader is given too: a time is the clock
    of a place.
    """
    return field(default=default, metadata={"key": name, "reader": reader, "place": place})


@dataclass(frozen=True, kw_only=True)
class Message:
    """Base of all answers. ``raw`` is the JSON object as DHL sent it."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, raw: object) -> Self:  # noqa: C901 - each call taken out is a tenth of the time
        """Read a JSON object; anything else reads as an object without fields.

        This is where the time goes, so it writes the object's ``__dict__`` at once. What is not
        in there is found in the class: the default of a field that DHL did not send, or a
        :class:`_Later` that reads an object inside this one when somebody looks at it.
        """
        source: Mapping[str, Any] = raw if isinstance(raw, dict) else _EMPTY
        values: dict[str, Any] = {"raw": source}
        if source:
            texts, others, settle, _ = _plans.get(cls) or _make_plan(cls)
            for name, sent in source.items():
                if name in texts:
                    value = sent if type(sent) is str else text(sent)
                    if value is not None:
                        values[texts[name]] = value
            for name, attribute, reader, place in others:
                if (sent := source.get(name)) is not None:
                    value = reader(sent) if place is None else reader(sent, source.get(place))
                    if value is not None:
                        values[attribute] = value
            if settle is not None:
                settle(values)
        message = _new(cls)
        _fill(message, values)
        return message

    @classmethod
    def _settle(cls, values: dict[str, Any]) -> None:
        """Let a message set right what only several fields together can say."""

    @property
    def unknown_fields(self) -> Mapping[str, Any]:
        """The fields that DHL sent and this version does not know."""
        known = (_plans.get(type(self)) or _make_plan(type(self))).known
        return {name: value for name, value in self.raw.items() if name not in known}


_fill: Callable[[Message, dict[str, Any]], None] = vars(Message)["__dict__"].__set__
"""Puts a whole ``__dict__`` in place: what ``__init__`` of a frozen class does field by field."""


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


class _Plan(NamedTuple):
    """How a class is read: texts are most of every answer, and need no reader."""

    texts: dict[str, str]
    others: tuple[tuple[str, str, Callable[..., Any], str | None], ...]
    settle: Callable[[dict[str, Any]], None] | None
    known: frozenset[str]


_plans: dict[type, _Plan] = {}


def _make_plan(cls: type[Message]) -> _Plan:
    """Return DHL's field names of a message with our names and readers; made once a class."""
    texts: dict[str, str] = {}
    others: list[tuple[str, str, Callable[..., Any], str | None]] = []
    declared = {item.metadata["key"]: item for item in fields(cls) if "key" in item.metadata}
    for name, item in declared.items():
        reader = item.metadata["reader"]
        if reader is text:
            texts[name] = item.name
        elif hasattr(reader, "inner"):
            setattr(cls, item.name, _Later(item.name, name, reader))
        else:
            others.append((name, item.name, reader, item.metadata["place"]))
    has_own = any("_settle" in vars(kind) for kind in cls.__mro__[: cls.__mro__.index(Message)])
    settle = cls._settle if has_own else None
    _plans[cls] = _Plan(texts, tuple(others), settle, frozenset(declared))
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
    read_one = cls.read

    def read(value: object) -> tuple[_M, ...] | None:
        if isinstance(value, list):
            return tuple([read_one(item) for item in value if isinstance(item, dict)])
        return (read_one(value),) if isinstance(value, dict) else None

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
