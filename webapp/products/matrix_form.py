"""Reads what the option editor sends: options, their values, what is left out, and decisions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from commerce_core.catalog.amounts import read_decimal
from commerce_core.catalog.matrix import MOST_AXES, Axis, Combination, MatrixChoice
from commerce_core.errors import InvalidMoneyError
from commerce_core.money import Money
from webapp.fields import text_of, texts_of
from webapp.records import address_number

RETIRE: Final = "retire"
_BETWEEN: Final = re.compile(r"[;\n]|,\s")


@dataclass(slots=True)
class AxisForm:
    """An option of the form: ``values`` are ticked or added, ``others`` could be ticked."""

    option: str = ""
    values: list[str] = field(default_factory=list)
    default: str = ""
    is_new: bool = False
    others: list[str] = field(default_factory=list)
    swatches: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class MatrixForm:
    """The form. ``skipped`` are combinations that are not wanted; ``errors`` codes by field.

    ``skus`` are those that were typed for single new combinations.
    """

    axes: list[AxisForm] = field(default_factory=list)
    pattern: str = ""
    price: str = ""
    currency: str = "EUR"
    skipped: set[Combination] = field(default_factory=set)
    decisions: dict[int, Combination | None] = field(default_factory=dict)
    skus: dict[Combination, str] = field(default_factory=dict)
    expected: str = ""
    wants_more: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> MatrixForm:
        """Read the form and note what is wrong with the price; the rest the library tells."""
        read = cls(
            axes=[axis for n in range(MOST_AXES) if (axis := _axis(form, n)) is not None],
            pattern=text_of(form, "pattern"),
            price=text_of(form, "price"),
            currency=text_of(form, "currency") or "EUR",
            skipped={c for text in _all(form, "skip") if (c := combination_of(text)) is not None},
            decisions=_decisions(form),
            skus=_skus(form),
            expected=text_of(form, "expected"),
            wants_more="more" in form,
        )
        if read.price:
            try:
                read._money()
            except InvalidMoneyError:
                read.errors["price"] = "not_money"
        return read

    def _money(self) -> Money | None:
        return Money.of(read_decimal(self.price), self.currency) if self.price else None

    @property
    def choice(self) -> MatrixChoice:
        """What the library is asked for. Options without values are left out."""
        axes = [axis for axis in self.axes if axis.option and axis.values]
        return MatrixChoice(
            axes=[Axis(one.option, tuple(one.values), one.default or None) for one in axes],
            sku_pattern=self.pattern,
            price=None if "price" in self.errors else self._money(),
            excluded=tuple(sorted(c for c in self.skipped if len(c) == len(axes))),
            decisions=self.decisions,
            skus={c: sku for c, sku in self.skus.items() if len(c) == len(axes)},
        )


def _all(form: Mapping[str, Any], name: str) -> list[str]:
    """Return the values of all fields with this name, as long as they are."""
    get_all = getattr(form, "getall", None)
    found = get_all(name, []) if get_all else []
    return [value for value in found if isinstance(value, str)]


def _axis(form: Mapping[str, Any], number: int) -> AxisForm | None:
    option = text_of(form, f"option-{number}")
    if not option or f"drop-{number}" in form:
        return None
    added = [part.strip() for part in _BETWEEN.split(text_of(form, f"add-{number}"))]
    ticked = texts_of(form, f"value-{number}")
    values = list(dict.fromkeys(value for value in (*ticked, *added) if value))
    return AxisForm(option, values, text_of(form, f"default-{number}"), f"new-{number}" in form)


def combination_of(text: str) -> Combination | None:
    """Return the combination that a field holds as a JSON list of names, or None."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, list) or not all(isinstance(name, str) for name in read):
        return None
    return tuple(read)


def combination_text(values: Combination) -> str:
    """Return a combination as a field holds it."""
    return json.dumps(list(values), ensure_ascii=False)


def _decisions(form: Mapping[str, Any]) -> dict[int, Combination | None]:
    found: dict[int, Combination | None] = {}
    for name in list(form):
        number = address_number(name.removeprefix("decide-")) if name[:7] == "decide-" else None
        text = text_of(form, name)
        if number is None or not text:
            continue
        wanted = None if text == RETIRE else combination_of(text)
        if text == RETIRE or wanted is not None:
            found[number] = wanted
    return found


def _skus(form: Mapping[str, Any]) -> dict[Combination, str]:
    """Return the SKUs that were typed for single combinations; the pattern makes the others."""
    pairs = zip(_all(form, "made"), texts_of(form, "made-sku"), strict=False)
    typed = ((combination_of(values), sku) for values, sku in pairs if sku)
    return {values: sku for values, sku in typed if values is not None}
