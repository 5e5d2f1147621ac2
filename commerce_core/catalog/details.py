"""What a shop keeps with a product or variant beyond our columns: one JSON object."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from commerce_core.errors import InvalidInputError

_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON writes it: PostgreSQL stores none."""


def require_details(details: object) -> dict[str, Any]:
    """Return ``details`` if every database can keep them as JSON; an empty object for None.

    Raises:
        InvalidInputError: not an object, or it holds dates, NaN, or other values JSON has not.
    """
    if details is None:
        return {}
    if not isinstance(details, dict):
        message = f"details are a JSON object (a dict), not {type(details).__name__}"
        raise InvalidInputError(message, found=type(details).__name__)
    if not all(isinstance(name, str) for name in details):
        message = "the names in details must be texts"
        raise InvalidInputError(message)
    try:
        written = json.dumps(details, allow_nan=False, ensure_ascii=False)
        written.encode()
    except (TypeError, ValueError, RecursionError) as exc:
        message = f"the details cannot be kept as JSON: {str(exc)[:80]}"
        raise InvalidInputError(message) from exc
    if _NUL.search(written):
        message = "the details hold a control character (U+0000)"
        raise InvalidInputError(message)
    return details
