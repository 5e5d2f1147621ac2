"""What programs send about an order, as the fields of the page's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.exceptions import HTTPException

from commerce_core.idempotency import require_key
from webapp.fields import new_key

_TEXTS: Final = (
    "reason", "carrier", "tracking_number", "reference", "amount", "kind", "other"
)  # fmt: skip
_NUMBERS: Final = ("version", "parcel", "claim", "task")
_FLAGS: Final = ("damaged", "partial", "preview")


async def read_body(request: Request[Any, Any, Any]) -> FormMultiDict:
    """Return the body as the fields of the page's form.

    Raises:
        HTTPException: 400, the body is no object, or something in it is of another kind.
        InvalidInputError: the key cannot be one.
    """
    body = await request.json() if await request.body() else {}
    if not isinstance(body, Mapping):
        raise HTTPException("The body must be an object.", status_code=400)
    lines, add, address = (_mapping(body, name) for name in ("lines", "add", "address"))
    fields = [(name, str(body[name])) for name in _TEXTS if body.get(name) is not None]
    fields += [(n, _whole(body[n], n)) for n in _NUMBERS if body.get(n) is not None]
    fields += [(name, "1") for name in _FLAGS if body.get(name)]
    fields += [(f"line-{line}", _whole(pieces, "lines")) for line, pieces in lines.items()]
    fields += [(f"to-{name}", str(text)) for name, text in address.items()]
    for sku, pieces in add.items():
        fields += [("sku", str(sku)), ("quantity", _whole(pieces, "add"))]
    key = request.headers.get("idempotency-key")
    fields.append(("key", new_key() if key is None else require_key(key)[:64]))
    return FormMultiDict(fields)


def _mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name, {})
    if not isinstance(value, Mapping):
        raise HTTPException(f"{name} must be an object.", status_code=400)
    return value


def _whole(value: object, name: str) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise HTTPException(f"{name} must be whole numbers.", status_code=400)
    return str(value)
