"""Finds which lines of a file are in the database already, so that each is imported once.

A line is recognised by its document, code, quantity and price; exact duplicates are counted, not
merged. This is all that a resumed, repeated or overlapping import needs: no state of its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, literal, select, type_coerce

from commerce_core.importing.models import ImportedAdjustment
from commerce_core.importing.values import DocumentKind
from commerce_core.orders.models import CreditNote, CreditNoteLine, Order, OrderLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from commerce_core.importing.rows import Row

_ROWS_AT_ONCE: Final = 20_000

_Key = tuple[DocumentKind, str]


@dataclass(slots=True)
class _KnownDocument:
    id: int
    lines: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    positions: set[int] = field(default_factory=set)

    def has(self, row: Row) -> bool:
        """Tell whether the row is here; each line here answers for one row only."""
        line = (row.item.key, row.quantity, row.price)
        if not self.lines[line]:
            return False
        self.lines[line] -= 1
        return True

    def placed(self, row: Row) -> Row:
        """Return the row with a position that is free in this document."""
        position = row.position
        if position in self.positions:
            position = max(row.document.lines, *self.positions) + 1
        self.positions.add(position)
        return row._replace(position=position)


def new_rows(session: Session, system: str, rows: Sequence[Row]) -> list[Row]:
    """Return the rows that are not in the database, and give known documents their ids."""
    known = _known_documents(session, system)
    if not known:
        return list(rows)
    fresh: list[Row] = []
    for row in rows:
        document = known.get((row.document.kind, row.document.number))
        if document is None:
            fresh.append(row)
        else:
            row.document.id = document.id
            if not document.has(row):
                fresh.append(document.placed(row))
    return fresh


def _known_documents(session: Session, system: str) -> dict[_Key, _KnownDocument]:
    known: dict[_Key, _KnownDocument] = {}
    for kind, number, document_id, position, code, quantity, price in _lines(session, system):
        key = (DocumentKind(kind), number)
        document = known.get(key)
        if document is None:
            document = known[key] = _KnownDocument(document_id)
        if position is not None:
            document.lines["".join(code.split()).upper(), quantity, price] += 1
            document.positions.add(position)
    return known


def _lines(session: Session, system: str) -> Iterator[Any]:
    """Yield every line of the system's documents; a document without lines comes once."""
    adjustment = literal(DocumentKind.ADJUSTMENT.value)
    queries: list[Select[Any]] = [
        _with_lines(
            Order, OrderLine, literal(DocumentKind.ORDER.value), OrderLine.order_id, system
        ),
        _with_lines(
            CreditNote, CreditNoteLine, CreditNote.kind, CreditNoteLine.credit_note_id, system
        ),
    ]
    for query in queries:
        yield from session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))
    yield from session.execute(
        select(
            adjustment,
            ImportedAdjustment.number,
            ImportedAdjustment.id,
            *_content(ImportedAdjustment),
        )
        .where(ImportedAdjustment.system == system)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )


def _with_lines(document: Any, line: Any, kind: Any, reference: Any, system: str) -> Select[Any]:
    return (
        select(kind, document.number, document.id, *_content(line))
        .outerjoin_from(document, line, reference == document.id)
        .where(document.channel == system)
    )


def _content(line: Any) -> tuple[Any, ...]:
    price = type_coerce(line.unit_price, BigInteger)
    return (line.position, line.code, line.quantity, price)
