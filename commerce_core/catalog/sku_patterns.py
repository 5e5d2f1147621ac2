"""SKU patterns: ``TEE-{color}-{size}`` filled with the values of a combination."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from commerce_core.catalog.models import SKU_LENGTH
from commerce_core.errors import InvalidMatrixError
from commerce_core.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PLACE: Final = re.compile(r"\{([^{}:]*)(?::([0-9]{1,2}))?\}")
PRODUCT: Final = "product"
NUMBER: Final = "n"


@dataclass(frozen=True, slots=True)
class SkuPattern:
    """A text with places: ``{color}`` or ``{color:3}`` (its first 3 signs), ``{product}``, ``{n}``.

    ``{n}`` counts the combinations of the matrix from 1. Names of options are compared without
    case, spaces and accents.
    """

    text: str

    def require_names(self, options: Sequence[str]) -> None:
        """Raise InvalidMatrixError where a place names no option, or a brace stands alone."""
        known = {place_name(option) for option in options} | {PRODUCT, NUMBER}
        for match in _PLACE.finditer(self.text):
            if place_name(match[1]) not in known:
                names = ", ".join(f"{{{name}}}" for name in sorted(known))
                message = f"the SKU pattern names {shown(match[0])}: there are {names}"
                raise InvalidMatrixError(message, pattern=self.text)
        if re.search(r"[{}]", _PLACE.sub("", self.text)):
            message = "a brace of the SKU pattern has no partner: write places as {color}"
            raise InvalidMatrixError(message, pattern=self.text)

    def fill(self, values: Mapping[str, str], *, product: str, number: int) -> str:
        """Return the SKU of a combination; ``values`` maps options to their values."""
        texts = {place_name(option): sku_part(value) for option, value in values.items()}
        texts |= {PRODUCT: product.upper(), NUMBER: str(number)}

        def filled(match: re.Match[str]) -> str:
            text = texts[place_name(match[1])]
            return text[: int(match[2])] if match[2] else text

        return _PLACE.sub(filled, self.text).strip()[: SKU_LENGTH + 1]


def default_pattern(options: Sequence[str]) -> SkuPattern:
    """Return the pattern of a product that has none: its slug and every value."""
    places = "".join(f"-{{{option}}}" for option in options)
    return SkuPattern(f"{{{PRODUCT}}}{places}")


def place_name(option: str) -> str:
    """Return the form in which options are compared with the places of a pattern."""
    plain = unicodedata.normalize("NFKD", option).casefold()
    return "".join(c for c in plain if not c.isspace() and not unicodedata.combining(c))


def sku_part(value: str) -> str:
    """Return an option value as a part of a SKU: ``Navy blue`` is ``NAVY-BLUE``."""
    plain = unicodedata.normalize("NFKD", value)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).upper()
    return re.sub(r"[\W_]+", "-", plain).strip("-") or "X"
