"""The form of anything that is done to an order. Nothing typed into it can make reading it fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from webapp.fields import key_of, new_key, text_of, whole_of

MOST_PIECES: Final = 1_000_000
_LONGEST_REASON: Final = 200
_LINE: Final = "line-"


@dataclass(slots=True)
class ActionForm:
    """What was typed. ``pieces`` by order line; ``version`` is that of the order it was about.

    ``errors`` holds a code by field: reason, amount, pieces, or a line's id as text.
    """

    version: int | None = None
    key: str = field(default_factory=new_key)
    reason: str = ""
    pieces: dict[int, str] = field(default_factory=dict)
    carrier: str = ""
    tracking_number: str = ""
    amount: str = ""
    reference: str = ""
    parcel: int | None = None
    is_damaged: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, Any], needs: frozenset[str]) -> ActionForm:
        """Read the form and note what is wrong with it."""
        read = cls(
            version=whole_of(text_of(form, "version")),
            key=key_of(form),
            reason=text_of(form, "reason"),
            carrier=text_of(form, "carrier"),
            tracking_number=text_of(form, "tracking_number"),
            amount=text_of(form, "amount"),
            reference=text_of(form, "reference"),
            parcel=whole_of(text_of(form, "parcel")),
            is_damaged="damaged" in form,
        )
        for name in form:
            line = whole_of(name.removeprefix(_LINE)) if name.startswith(_LINE) else None
            if line is not None:
                read.pieces[line] = text_of(form, name)
        read._check(needs)
        return read

    def _check(self, needs: frozenset[str]) -> None:
        if "reason" in needs and not self.reason:
            self.errors["reason"] = "missing"
        if len(self.reason) > _LONGEST_REASON:
            self.errors["reason"] = "too_long"
        if "amount" in needs and (self.money is None or self.money <= 0):
            self.errors["amount"] = "not_money"
        for line, text in self.pieces.items():
            number = whole_of(text) if text else 0
            if number is None or not 0 <= number <= MOST_PIECES:
                self.errors[str(line)] = "not_whole"
        if "pieces" in needs and not self.errors and not self.quantities:
            self.errors["pieces"] = "none"

    @property
    def quantities(self) -> dict[int, int]:
        """The pieces that were typed, by order line, without those of which there are none."""
        numbers = {line: whole_of(text) or 0 for line, text in self.pieces.items()}
        return {line: number for line, number in numbers.items() if number > 0}

    @property
    def money(self) -> Decimal | None:
        """The amount, or None if it is none that can be stored."""
        try:
            amount = Decimal(self.amount.replace(",", "."))
        except InvalidOperation:
            return None
        is_small = amount.is_finite() and abs(amount) < 10**12
        return amount if is_small and amount == round(amount, 4) else None

    def content(self, number: int) -> tuple[Any, ...]:
        """Return what makes two of these forms the same."""
        texts = (self.reason, self.carrier, self.tracking_number, self.amount, self.reference)
        return (number, self.parcel, self.is_damaged, texts, sorted(self.quantities.items()))
