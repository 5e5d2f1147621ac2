"""How our requests become DHL's JSON: declared fields, nothing sent that was not set.

A payload also reads DHL's JSON, so that a body written for DHL's documentation can be used as it
is. Values that DHL's specification would refuse are not refused here but listed by
:meth:`Payload.complaints`: two of DHL's own examples break it, and the server decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self, TypeVar

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl.errors import Problem

Check = Callable[[Any], str | None]


def out(name: str, *checks: Check, of: Any = None, default: Any = None) -> Any:
    """Declare a field: its name in DHL's JSON, soft checks, and the payload class it holds.

    A field whose default is ``...`` has none and must be given.
    """
    metadata = {"key": name, "checks": checks, "of": of}
    if default is ...:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def longest(limit: int, least: int = 0) -> Check:
    """Complain about texts that DHL cuts or refuses."""

    def check(value: Any) -> str | None:
        length = len(str(value))
        if length > limit:
            return f"{length} characters; DHL takes {limit}"
        return f"{length} characters; DHL wants {least}" if length < least else None

    return check


def within(low: Decimal | int | str, high: Decimal | int | str) -> Check:
    """Complain about numbers outside DHL's range."""

    def check(value: Any) -> str | None:
        if isinstance(value, int | float | Decimal) and not (
            Decimal(low) <= Decimal(str(value)) <= Decimal(high)
        ):
            return f"{value} is not between {low} and {high}"
        return None

    return check


def among(*values: str) -> Check:
    """Complain about a word that DHL's list does not have."""

    def check(value: Any) -> str | None:
        return None if str(value) in values else f"{value!r} is not in DHL's list"

    return check


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Base of everything we send. ``extra`` holds fields of DHL's that have no name here."""

    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def as_json(self) -> dict[str, Any]:
        """Return DHL's JSON: only what was set, numbers as numbers."""
        found: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if "key" in item.metadata and value is not None and value != ():
                found[item.metadata["key"]] = _encode(value)
        return found | dict(self.extra)

    def complaints(self) -> tuple[Problem, ...]:
        """Return what DHL's specification says against these values; DHL may think otherwise."""
        return tuple(self._complaints(""))

    def _complaints(self, path: str) -> list[Problem]:
        found: list[Problem] = []
        for item in fields(self):
            value = getattr(self, item.name)
            if "key" not in item.metadata or value is None:
                continue
            place = path + item.metadata["key"]
            for check in item.metadata["checks"]:
                said = check(value)
                if said:
                    found.append(Problem(field=place, message=said, state="Warning"))
            parts = value if isinstance(value, tuple) else (value,)
            for part in parts:
                if isinstance(part, Payload):
                    found.extend(part._complaints(place + "."))  # noqa: SLF001 - the same class
        return found

    @classmethod
    def from_json(cls, body: object) -> Self:
        """Read DHL's JSON.

        Raises:
            InvalidInputError: it is no object, or lacks a field without which nothing can be sent.
        """
        if not isinstance(body, Mapping):
            message = f"{cls.__name__} is a JSON object, not {type(body).__name__}"
            raise InvalidInputError(message)
        known = {item.metadata["key"]: item for item in fields(cls) if "key" in item.metadata}
        values: dict[str, Any] = {"extra": {k: v for k, v in body.items() if k not in known}}
        for name, item in known.items():
            if body.get(name) is not None:
                values[item.name] = _decoded(body[name], item.metadata["of"], name)
        try:
            return cls(**values)
        except TypeError as error:
            message = f"{cls.__name__}: {error}"
            raise InvalidInputError(message) from None


_Enum = TypeVar("_Enum", bound=StrEnum)


def choice(kind: type[_Enum], value: object) -> _Enum:
    """Return the member of a list that ``value`` names.

    Raises:
        InvalidInputError: the list has no such word.
    """
    try:
        return kind(str(value))
    except ValueError:
        message = f"{value!r} is none of {', '.join(kind)}"
        raise InvalidInputError(message, value=value) from None


def decimal_of(value: Any) -> Decimal:
    """Read a number of a JSON body, given as a number or as its digits."""
    number = Decimal(str(value))
    if not number.is_finite():
        message = f"{value!r} is no finite number"
        raise InvalidInputError(message, value=str(value))
    return number


def _decoded(value: Any, of: Any, name: str) -> Any:
    try:
        return _decode(value, of)
    except InvalidInputError:
        raise
    except (ValueError, TypeError, ArithmeticError):
        message = f"{name}: {str(value)[:40]!r} cannot be read"
        raise InvalidInputError(message, field=name) from None


def _encode(value: Any) -> Any:
    if isinstance(value, Payload):
        return value.as_json()
    if isinstance(value, tuple | list):
        return [_encode(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        value = decimal_of(value)
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _decode(value: Any, of: Any) -> Any:
    if of is None:
        return tuple(value) if isinstance(value, list) else value
    if isinstance(value, list):
        return tuple(_decode(item, of) for item in value)
    if isinstance(of, type) and issubclass(of, Payload):
        return of.from_json(value)
    return of(value)
