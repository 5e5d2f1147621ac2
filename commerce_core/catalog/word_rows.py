"""How a word is found in the rows of the catalog: by an index where it is rare, else row by row.

``search.py`` decides what a query means; here stands what each of the two databases is asked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    union_all,
)

from commerce_core.catalog.models import Product, Variant
from commerce_core.database import is_postgresql
from commerce_core.database.id_lists import is_one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

RARE: Final = 1000
"""A word that at most so many variants or products have is looked up; others are tested."""
FEW_PRODUCTS: Final = 250
"""The variants of at most so many products are sorted; with more the list is walked in order."""
_MARKS: Final = "-/.,_('\""
"""What stands between words, where no index tells."""

Hits = list[int] | None
"""The ids of the rows that have a word, None where those are many."""


@dataclass(frozen=True, slots=True)
class Place:
    """A table that holds words."""

    table: str
    row_id: InstrumentedAttribute[int]
    texts: tuple[Any, ...]


def products() -> Place:
    """Return the place of the words of products."""
    return Place("commerce_product", Product.id, (Product.name,))


def variants() -> Place:
    """Return the place of the words of variants."""
    barcode = func.coalesce(Variant.barcode, "")
    return Place(
        "commerce_variant", Variant.id, (Variant.sku, Variant.name, barcode, Variant.option_text)
    )


def look_up(
    session: Session, words: Sequence[str], places: Sequence[Place]
) -> dict[tuple[int, int], Hits]:
    """Return the hits by the numbers of word and place.

    One statement, and one row for each word and place: a common word shows itself after RARE + 1
    rows, which the database counts and keeps.
    """
    is_server = is_postgresql(session)
    find = _lookup_postgresql if is_server else _lookup_sqlite
    gather = func.array_agg if is_server else func.json_group_array
    lookups = []
    for number, word in enumerate(words):
        for index, place in enumerate(places):
            hits = find(place, word, number).limit(RARE + 1).subquery()
            none = "'{}'::bigint[]" if is_server else "'[]'"
            ids = case((func.count() <= RARE, func.coalesce(gather(hits.c.id), text(none))))
            lookups.append(select(literal_column(f"{number}"), literal_column(f"{index}"), ids))
    found: dict[tuple[int, int], Hits] = {}
    for number, index, ids in session.execute(union_all(*lookups)):
        found[number, index] = json.loads(ids) if isinstance(ids, str) else ids
    return found


def _lookup_postgresql(place: Place, word: str, number: int) -> Select[Any]:
    pattern = {f"word{number}": word if len(word) == 1 else f"{word}:*"}
    test = text(f"{place.table}.search_words @@ to_tsquery('simple', :word{number})")
    return select(place.row_id).where(test.bindparams(**pattern))


def _lookup_sqlite(place: Place, word: str, number: int) -> Select[Any]:
    pattern = {f"word{number}": f'"{word}"' if len(word) == 1 else f'"{word}"*'}
    words = f"{place.table}_words"
    test = text(f"{words} MATCH :word{number}").bindparams(**pattern)
    return select(literal_column("rowid").label("id")).select_from(text(words)).where(test)


def has_word(
    session: Session, place: Place, word: str, hits: Hits, *, is_narrow: bool
) -> ColumnElement[bool]:
    """Return the test of a row for ``word``, which is known to be in ``hits``.

    ``is_narrow``: another test leads to few rows, so no index need be read for this one.
    """
    if hits is None:
        if is_postgresql(session):
            return _test_postgresql(place, word, is_narrow=is_narrow)
        return _test_sqlite(place, word)
    if not hits:
        return false()
    if place.row_id is Product.id and len(hits) > FEW_PRODUCTS and not is_postgresql(session):
        # The sum hides the column from its index: the list is walked, and each product is asked.
        is_one: ColumnElement[bool] = func.likely(is_one_of(session, Product.id + 0, hits))
        return is_one
    return is_one_of(session, place.row_id, hits)


def _test_postgresql(place: Place, word: str, *, is_narrow: bool) -> ColumnElement[bool]:
    words: ColumnElement[Any] = literal_column(f"{place.table}.search_words")
    if is_narrow:
        # Hides the column from its index: of a common word that would read very many rows.
        words = func.coalesce(words, literal_column("''::tsvector"))
    return words.op("@@")(func.to_tsquery("simple", word if len(word) == 1 else f"{word}:*"))


def _test_sqlite(place: Place, word: str) -> ColumnElement[bool]:
    """Return the test of a row for a word, without any index.

    It says "most rows pass" to the planner: a database that expects few would sort the whole
    catalog instead of walking it in order. Most rows that fail do so at the first look, before
    the marks between their words are replaced.
    """
    row: Any = literal(" ")
    for part in place.texts:
        row = row + part + " "
    row = func.lower(row)
    split = row
    for mark in _MARKS:
        split = func.replace(split, mark, " ")
    forms = _forms(word)
    end = " " if len(word) == 1 else ""
    somewhere = or_(*(func.instr(row, form) > 0 for form in forms))
    at_begin = or_(*(func.instr(split, f" {form}{end}") > 0 for form in forms))
    is_found: ColumnElement[bool] = func.likely(and_(somewhere, at_begin))
    return is_found


def _forms(word: str) -> list[str]:
    """Return how a word may stand in a text that SQLite lowered: it lowers a to z only."""
    written = (word, word.capitalize(), word.upper())
    return sorted({re.sub(r"[A-Z]", lambda letter: letter[0].lower(), form) for form in written})
