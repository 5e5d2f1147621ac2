"""The form that adjusts a level: parsed, with a sentence beside each field that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from commerce_core.errors import InvalidInputError
from commerce_core.inventory.ledger import MAX_QUANTITY
from commerce_core.inventory.models import REASON_LENGTH
from webapp.stock.filters import PATH
from webapp.wire import safe_next

_SIGN: Final = re.compile(r"^([+-]) ")
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,12}")
_PLACE: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


class UnknownPlaceError(InvalidInputError):
    """The address does not say which variant and location are meant."""

    code = "unknown_place"


@dataclass(frozen=True, slots=True)
class Place:
    """A variant at a location, written ``42-1`` in addresses and forms."""

    variant_id: int
    location_id: int

    def __str__(self) -> str:
        return f"{self.variant_id}-{self.location_id}"

    @classmethod
    def parse(cls, text: object) -> Place:
        """Read a place.

        Raises:
            UnknownPlaceError: it is none.
        """
        match = _PLACE.fullmatch(str(text or ""))
        if match is None:
            message = "choose a number on the stock board to adjust it"
            raise UnknownPlaceError(message)
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class AdjustForm:
    """What was typed. ``delta`` is the text as it was typed, ``errors`` the fields that are wrong.

    Each error is a key that the template turns into a sentence.
    """

    place: Place
    delta: str = ""
    reason: str = ""
    note: str = ""
    back: str = PATH
    key: str = field(default_factory=lambda: uuid4().hex)
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> AdjustForm:
        """Read a form that was sent, and note what is wrong with it.

        Raises:
            UnknownPlaceError: it does not say what to adjust.
        """

        def text(name: str) -> str:
            return " ".join(str(values.get(name) or "").split())

        key = text("key")
        form = cls(
            place=Place.parse(values.get("at")),
            delta=text("delta"),
            reason=text("reason"),
            note=text("note"),
            back=safe_next(text("back") or PATH),
            key=key if key.isalnum() and len(key) <= len(uuid4().hex) else uuid4().hex,
        )
        return form.with_errors(**form.faults())

    def with_errors(self, **errors: str) -> AdjustForm:
        """Return the same form with these errors beside its fields."""
        known = {
            name: getattr(self, name)
            for name in ("place", "delta", "reason", "note", "back", "key")
        }
        return AdjustForm(**known, errors=errors)

    def faults(self) -> dict[str, str]:
        """Return what is wrong, by field."""
        faults = {}
        pieces = self.pieces
        if pieces is None:
            faults["delta"] = "not_whole"
        elif pieces == 0:
            faults["delta"] = "zero"
        elif abs(pieces) > MAX_QUANTITY:
            faults["delta"] = "too_large"
        if not self.reason:
            faults["reason"] = "no_reason"
        elif len(self.story) > REASON_LENGTH:
            faults["note"] = "too_long"
        return faults

    @property
    def pieces(self) -> int | None:
        """The change as a number; None where it is no whole number.

        A space may follow the sign and stand nowhere else: "1 0" is a slip and not ten.
        """
        plain = _SIGN.sub(r"\1", self.delta.replace("\u2212", "-"))
        return int(plain) if _WHOLE.fullmatch(plain) else None

    @property
    def story(self) -> str:
        """The reason as it is written into the journal."""
        return f"{self.reason}: {self.note}" if self.note else self.reason
