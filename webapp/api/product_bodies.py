"""Reads the bodies of requests about products: names of fields checked, kinds of values as well."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from litestar import Request
from litestar.exceptions import HTTPException

from commerce_core.catalog.edits import CellEdit
from commerce_core.catalog.variant_fields import VARIANT_FIELDS
from commerce_core.errors import InvalidInputError
from commerce_core.idempotency import require_key
from commerce_core.money import Money

PRODUCT_FIELDS: Final = ("name", "slug", "description", "brand", "category", "status")
_PRICE_FIELDS: Final = ("kind", "amount", "currency", "from", "until", "variants")


async def read_body(request: Request[Any, Any, Any], known: Collection[str]) -> dict[str, Any]:
    """Return the body, whose names are all ``known``.

    Raises:
        HTTPException: 400, it is no object.
        InvalidInputError: it has another name.
    """
    body = await request.json() if await request.body() else {}
    if not isinstance(body, Mapping):
        raise HTTPException("The body must be an object.", status_code=400)
    return require_names(body, known)


def require_names(fields: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """Return ``fields``; a misspelt one must not be passed over.

    Raises:
        InvalidInputError: one of them is not ``known``.
    """
    strange = [str(name)[:40] for name in fields if name not in known]
    if strange:
        message = f"there is no field {strange[0]!r} here: there are {', '.join(known)}"
        raise InvalidInputError(message, field=strange[0])
    return dict(fields)


def key_of(request: Request[Any, Any, Any]) -> str | None:
    """Return the key of the request, None if it has none.

    Raises:
        InvalidTextError: it cannot be one.
    """
    key = request.headers.get("idempotency-key")
    return None if key is None else require_key(key)


def whole(body: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number of the body, None where it is missing.

    Raises:
        HTTPException: 400, it is something else.
    """
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise HTTPException(f"{name} must be a whole number.", status_code=400)
    return value


def texts(body: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return those of these fields that are there: texts, or null.

    Raises:
        HTTPException: 400, one of them is something else.
    """
    found = {name: body[name] for name in names if name in body}
    for name, value in found.items():
        if value is not None and not isinstance(value, str):
            raise HTTPException(f"{name} must be a text.", status_code=400)
    return found


def money_of(body: Mapping[str, Any], name: str) -> Money:
    """Return the amount in the field ``name`` with the body's ``currency`` (EUR unless told).

    Raises:
        HTTPException: 400, the amount is no text: a float is not exact.
        InvalidMoneyError: it is no amount.
    """
    found = texts(body, (name, "currency"))
    amount, currency = found.get(name), found.get("currency") or "EUR"
    if amount is None:
        raise HTTPException(f'{name} must be a text such as "9.90".', status_code=400)
    return Money.of(amount, currency)


def options_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the options of a new variant.

    Raises:
        HTTPException: 400, they are no object of texts.
    """
    options = body.get("options", {})
    if not isinstance(options, Mapping) or not all(isinstance(v, str) for v in options.values()):
        raise HTTPException("options must be an object of texts.", status_code=400)
    return dict(options)


def edits_of(body: Mapping[str, Any]) -> list[CellEdit]:
    """Return the cells that ``variants`` says: ``[{"id": 7, "version": 3, "price": "9.90"}]``.

    Raises:
        HTTPException: 400, that is no list of objects with an id, or a value is of a wrong kind.
        InvalidInputError: a variant has no such field.
    """
    edits: list[CellEdit] = []
    for row in _rows(body):
        fields = require_names(row, ("id", "version", *VARIANT_FIELDS))
        number, version = whole(fields, "id"), whole(fields, "version")
        if number is None:
            raise HTTPException("each variant needs its id.", status_code=400)
        edits += [
            CellEdit(number, name, plain_value(name, fields[name]), version)
            for name in fields
            if name in VARIANT_FIELDS
        ]
    return edits


def _rows(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rows = body.get("variants")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise HTTPException("variants must be a list of objects.", status_code=400)
    return rows


def plain_value(name: str, value: object) -> object:
    """Return the value of a variant's field.

    Raises:
        HTTPException: 400, it is no text, whole number, true, false or null.
    """
    if value is None or isinstance(value, str | int):
        return value
    message = f'{name} must be a text (amounts too: "9.90"), a whole number, true, false or null.'
    raise HTTPException(message, status_code=400)


def moment_of(body: Mapping[str, Any], name: str) -> datetime | None:
    """Return a moment of the body, ``2026-12-01T00:00:00+01:00``; None where it is missing.

    Raises:
        HTTPException: 400, it is none, or says no zone.
    """
    text = texts(body, (name,)).get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        text = f"{name} must be a moment with its zone, such as 2026-12-01T00:00:00+01:00."
        raise HTTPException(text, status_code=400)
    return moment


async def read_price_body(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Return the body of a price that is to be set or planned.

    Raises:
        HTTPException: 400, the kind is none of ours, or ``variants`` no list of ids.
        InvalidInputError: it has another name.
    """
    body = await read_body(request, _PRICE_FIELDS)
    if body.setdefault("kind", "regular") not in {"regular", "sale"}:
        raise HTTPException("kind must be regular or sale.", status_code=400)
    ids = body.get("variants")
    if ids is not None and not (isinstance(ids, list) and all(type(one) is int for one in ids)):
        raise HTTPException("variants must be a list of ids.", status_code=400)
    return body
