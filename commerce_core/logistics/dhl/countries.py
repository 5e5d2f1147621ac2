"""The countries from which parcels come back, by both of their ISO 3166-1 codes."""

from __future__ import annotations

from typing import Final

from commerce_core.errors import InvalidInputError

RETURN_COUNTRIES: Final = {
    "BE": "bel", "BG": "bgr", "DK": "dnk", "DE": "deu", "EE": "est", "FI": "fin", "FR": "fra",
    "GR": "grc", "GB": "gbr", "IE": "irl", "IT": "ita", "HR": "hrv", "LV": "lva", "LT": "ltu",
    "LU": "lux", "MT": "mlt", "NL": "nld", "NO": "nor", "AT": "aut", "PL": "pol", "PT": "prt",
    "RO": "rou", "SE": "swe", "CH": "che", "SK": "svk", "SI": "svn", "ES": "esp", "CZ": "cze",
    "HU": "hun", "CY": "cyp",
}  # fmt: skip
CUSTOMS_COUNTRIES: Final = frozenset({"che", "nor", "gbr"})
"""Outside the customs union: without a declaration the parcel is stopped at the border."""
_ALIASES: Final = {"uk": "gbr", "el": "grc"}


def return_country(code: str) -> str:
    """Return DHL's lower-case three-letter code of a country given by either ISO code.

    Raises:
        InvalidInputError: DHL brings nothing back from there.
    """
    cleaned = code.strip().lower()
    found = _ALIASES.get(cleaned) or RETURN_COUNTRIES.get(cleaned.upper())
    if found is None and cleaned in RETURN_COUNTRIES.values():
        found = cleaned
    if found is None:
        known = ", ".join(sorted(RETURN_COUNTRIES))
        message = f"DHL takes no returns from {code!r}, only from {known}"
        raise InvalidInputError(message, country=code)
    return found
