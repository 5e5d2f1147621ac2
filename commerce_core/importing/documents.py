"""Writes what rows belong to, and their lines: orders, credit notes and adjustments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert

from commerce_core.database.bulk import insert_rows, moment_storer
from commerce_core.importing.models import ImportedAdjustment
from commerce_core.importing.values import DocumentKind
from commerce_core.orders.models import (
    CreditKind,
    CreditNote,
    CreditNoteLine,
    LineKind,
    Order,
    OrderLine,
    OrderStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.importing.rows import Document, Row

CURRENCY: Final = "GBP"
_CONTENT: Final = ("position", "kind", "variant_id", "code", "name", "quantity", "unit_price")
_ADJUSTMENT: Final = (
    "system", "number", "position", "code", "reason", "quantity", "unit_price", "occurred_at",
)  # fmt: skip
_GOODS: Final = LineKind.GOODS.value
_CHARGE: Final = LineKind.CHARGE.value
_CREDITS: Final = {
    DocumentKind.CREDIT_NOTE: CreditKind.CREDIT_NOTE,
    DocumentKind.BAD_DEBT: CreditKind.BAD_DEBT,
}


def write_documents(
    session: Session, system: str, documents: Sequence[Document], customers: Mapping[str, int]
) -> list[int]:
    """Insert orders and credit notes; return their ids, in the order of ``documents``."""
    orders = [
        _head(system, document, customers)
        | {"status": OrderStatus.DELIVERED, "placed_at": document.began_at}
        for document in documents
        if document.kind is DocumentKind.ORDER
    ]
    credits_ = [
        _head(system, document, customers)
        | {"kind": _CREDITS[document.kind], "issued_at": document.began_at}
        for document in documents
        if document.kind is not DocumentKind.ORDER
    ]
    ids = _insert(session, Order, orders) | _insert(session, CreditNote, credits_)
    return [ids[document.kind is DocumentKind.ORDER, document.number] for document in documents]


def _head(system: str, document: Document, customers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "channel": system,
        "number": document.number,
        "customer_id": None if document.customer is None else customers[document.customer],
        "currency": CURRENCY,
        "country": document.country,
        "created_at": document.began_at,
    }


def _insert(
    session: Session, model: type[Order | CreditNote], rows: list[dict[str, Any]]
) -> dict[tuple[bool, str], int]:
    if not rows:
        return {}
    table: Any = model.__table__
    answer = session.connection().execute(insert(table).returning(table.c.number, table.c.id), rows)
    return {(model is Order, number): found for number, found in answer}


def write_lines(session: Session, system: str, rows: Sequence[Row]) -> None:
    """Insert the lines of ``rows``, whose documents and variants are there."""
    sold: list[tuple[Any, ...]] = []
    credited: list[tuple[Any, ...]] = []
    adjusted: list[tuple[Any, ...]] = []
    stored = moment_storer(session)
    for moment, document, position, item, code, name, quantity, price, change in rows:
        if document.kind is DocumentKind.ADJUSTMENT:
            content = (code, name, quantity, price, stored(moment))
            adjusted.append((system, document.number, position, *content))
            continue
        goods = (_GOODS, item.variant_id) if change else (_CHARGE, None)
        lines = sold if document.kind is DocumentKind.ORDER else credited
        lines.append((document.id, position, *goods, code, name, quantity, price))
    insert_rows(session, _table(OrderLine), ("order_id", *_CONTENT), sold)
    insert_rows(session, _table(CreditNoteLine), ("credit_note_id", *_CONTENT), credited)
    insert_rows(session, _table(ImportedAdjustment), _ADJUSTMENT, adjusted)


def _table(model: type[Any]) -> Any:
    return model.__table__
