"""The form of anything that is done to an order. Nothing typed into it can make reading it fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from commerce_core.orders.return_models import ClaimKind
from webapp.fields import key_of, new_key, text_of, whole_of
from webapp.line_forms import FormLine, read_lines

MOST_PIECES: Final = 1_000_000
_LONGEST_REASON: Final = 200
_LINE: Final = "line-"
_TO: Final = "to-"
ADDRESS: Final = (
    "kind", "name", "line1", "line2", "postal_code", "city", "country", "number", "post_number"
)  # fmt: skip
"""What a form asks of an address."""


@dataclass(slots=True)
class ActionForm:
    """What was typed. ``pieces`` by order line; ``version`` is that of the order it was about.

    ``errors`` holds a code by field: reason, amount, pieces, kind, other, or a line's id as text.
    ``additions`` are lines to put on, ``claim`` and ``task`` are ids, ``other`` another order as
    the person saw it ("12:3", id and version), ``seen`` the version of the order behind a return.
    ``seal`` stands for the preview that was shown: "" for none, None where nobody looks at one.
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
    kind: str = ""
    claim: int | None = None
    task: int | None = None
    other: str = ""
    seen: int | None = None
    customer: str = ""
    address: dict[str, str] = field(default_factory=dict)
    additions: list[FormLine] = field(default_factory=list)
    is_free: bool = False
    is_partial: bool = False
    waits: bool = False
    seal: str | None = ""
    wants_lines: bool = False
    """The button "More lines" was pressed: nothing is to be done yet."""
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
            kind=text_of(form, "kind"),
            claim=whole_of(text_of(form, "claim")),
            task=whole_of(text_of(form, "task")),
            other=text_of(form, "other"),
            seen=whole_of(text_of(form, "seen")),
            customer=text_of(form, "customer"),
            additions=read_lines(form),
            is_free="free" in form,
            is_partial="partial" in form,
            waits="waits" in form,
            seal=text_of(form, "seal"),
            wants_lines="more" in form,
        )
        typed = {name: text_of(form, f"{_TO}{name}") for name in ADDRESS}
        read.address = {name: text for name, text in typed.items() if text}
        for name in form:
            line = whole_of(name.removeprefix(_LINE)) if name.startswith(_LINE) else None
            if line is not None:
                read.pieces[line] = text_of(form, name)
        read._check(needs)
        return read

    def _check(self, needs: frozenset[str]) -> None:
        wrong = {
            "reason": "missing" if "reason" in needs and not self.reason else "",
            "amount": "not_money" if "amount" in needs and not self._is_payable() else "",
            "kind": "none" if "kind" in needs and self.kind not in set(ClaimKind) else "",
            "other": "none" if "other" in needs and not self.other_order[0] else "",
        }
        if len(self.reason) > _LONGEST_REASON:
            wrong["reason"] = "too_long"
        for line, text in self.pieces.items():
            number = whole_of(text) if text else 0
            if number is None or not 0 <= number <= MOST_PIECES:
                wrong[str(line)] = "not_whole"
        self.errors |= {name: code for name, code in wrong.items() if code}
        is_blank = not self.quantities and not ("lines" in needs and self.additions)
        if needs & {"pieces", "lines"} and not self.errors and is_blank:
            self.errors["pieces"] = "none"

    def _is_payable(self) -> bool:
        return self.money is not None and self.money > 0

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

    @property
    def other_order(self) -> tuple[int, int | None]:
        """The id and version of the other order, (0, None) where none is named."""
        number, _, version = self.other.partition(":")
        return whole_of(number) or 0, whole_of(version)

    def content(self, number: int) -> tuple[Any, ...]:
        """Return what makes two of these forms the same."""
        texts = (self.reason, self.carrier, self.tracking_number, self.amount, self.reference)
        more = (
            self.kind,
            self.claim,
            self.task,
            self.other,
            self.customer,
            sorted(self.address.items()),
        )
        flags = (self.is_damaged, self.is_free, self.is_partial, self.waits)
        added = [(line.sku, line.quantity) for line in self.additions]
        pieces = sorted(self.quantities.items())
        return (number, self.parcel, flags, texts, pieces, added, more)
