"""Find customers by words of their names.

PostgreSQL has an index of the words, SQLite a full-text table (``models.py``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, column, func, literal, literal_column, select, table

from commerce_core.customers.models import NAME_WORDS, Customer
from commerce_core.database import is_postgresql

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

MOST_FOUND: Final = 200
"""More customers of one name than this are not looked at."""
MOST_WORDS: Final = 4
_WORD: Final = re.compile(r"[^\W_]+")


def customers_named(session: Session, text: str) -> Select[int]:
    """Return a query of the ids of customers whose names have a word beginning with each word.

    At most 200; none where no word is in the text. No statement.
    """
    words = _WORD.findall(text.lower())[:MOST_WORDS]
    query = select(Customer.id).limit(MOST_FOUND)
    if not words:
        return query.where(literal(value=False))
    if is_postgresql(session):
        wanted = func.to_tsquery("simple", " & ".join(f"{word}:*" for word in words))
        vector: ColumnElement[str] = literal_column("to_tsvector('simple', commerce_customer.name)")
        return query.where(vector.op("@@")(wanted))
    match = " AND ".join(f'"{word}"*' for word in words)
    rows = table(NAME_WORDS, column("rowid", Integer))
    found = select(rows.c.rowid).where(literal_column(NAME_WORDS).op("MATCH")(match))
    return found.limit(MOST_FOUND)
