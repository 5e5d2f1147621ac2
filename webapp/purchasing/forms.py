"""Reads what the form of a new purchase order sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from webapp.fields import date_of, key_of, new_key, text_of, whole_of
from webapp.line_forms import FormLine, read_lines

_LONGEST_NAME: Final = 200
CURRENCIES: Final = ("EUR", "GBP", "USD")


@dataclass(slots=True)
class PurchaseForm:
    """The form. A supplier is chosen, or named when it is new."""

    supplier: str = ""
    new_supplier: str = ""
    location: str = ""
    currency: str = "EUR"
    expected_on: str = ""
    lines: list[FormLine] = field(default_factory=list)
    key: str = field(default_factory=new_key)
    wants_lines: bool = False
    """The button "More lines" was pressed: nothing is to be made yet."""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> PurchaseForm:
        """Read the form and note what is wrong, but for the lines."""
        read = cls(
            supplier=text_of(form, "supplier"),
            new_supplier=text_of(form, "new_supplier"),
            location=text_of(form, "location"),
            currency=text_of(form, "currency"),
            expected_on=text_of(form, "expected_on"),
            lines=read_lines(form),
            key=key_of(form),
            wants_lines="more" in form,
        )
        read._check()
        return read

    @property
    def expected(self) -> date | None:
        """The day on which it is expected, if one was given."""
        return date_of(self.expected_on)

    def _check(self) -> None:
        if self.new_supplier and self.supplier:
            self.errors["new_supplier"] = "both"
        elif len(self.new_supplier) > _LONGEST_NAME:
            self.errors["new_supplier"] = "too_long"
        elif not self.new_supplier and whole_of(self.supplier) is None:
            self.errors["supplier"] = "none"
        if whole_of(self.location) is None:
            self.errors["location"] = "none"
        if self.currency not in CURRENCIES:
            self.errors["currency"] = "none"
        if self.expected_on and self.expected is None:
            self.errors["expected_on"] = "no_date"
        if not self.lines:
            self.errors["lines"] = "none"
