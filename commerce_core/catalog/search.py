"""Find variants by the words people type: product and variant name, SKU, barcode, options.

Each word typed must begin a word of the variant or of its product; case does not count. A rare
word is looked up in the index. A word that very many variants have is of no help in finding, so
it is tested on each row instead: the caller walks the variants in the order of its page and has
one after a few rows. What a page costs depends neither on the catalog nor, mostly, on the word.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    and_,
    any_,
    bindparam,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
    union_all,
)

from commerce_core.catalog.models import Product, Variant
from commerce_core.database import is_postgresql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

RARE: Final = 1000
"""A word that at most so many variants or products have is looked up; others are tested."""
FEW_PRODUCTS: Final = 250
"""The variants of at most so many products are sorted; with more the list is walked in order."""
MOST_WORDS: Final = 6
"""Words beyond these are ignored."""
_WORD: Final = re.compile(r"[^\W_]+")
_LONGEST_TEXT: Final = 200
_MARKS: Final = "-/.,_('\""
"""What stands between words, where no index tells."""


@dataclass(frozen=True, slots=True)
class VariantMatch:
    """Which variants have all the words.

    ``condition`` selects them in a query over ``Variant`` joined with ``Product``. ``is_narrow``
    tells that a rare word leads to them by an index, so that they are few.
    """

    condition: ColumnElement[bool]
    is_narrow: bool = False


def search_words(query: str) -> list[str]:
    """Return the words of what somebody typed, in lower case, each once."""
    found = _WORD.findall(query[:_LONGEST_TEXT].lower())
    return list(dict.fromkeys(found))[:MOST_WORDS]


def match_variants(session: Session, query: str) -> VariantMatch:
    """Return what selects the variants that ``query`` names. One statement, none without words.

    A single letter or digit has to be a whole word ("M"); longer ones are beginnings.
    """
    words = search_words(query)
    if not words:
        return VariantMatch(false() if query.strip() else true())
    places: tuple[_Place, ...] = (_products(), _variants())
    found = _look_up(session, words, places)
    conditions: list[ColumnElement[bool]] = []
    is_narrow = False
    for number, word in enumerate(words):
        hits = [found[number, index] for index in range(len(places))]
        is_rare = None not in hits and len(hits[0] or ()) <= FEW_PRODUCTS
        is_narrow = is_narrow or is_rare
        either = zip(places, hits, strict=True)
        conditions.append(or_(*(_selects(session, place, word, ids) for place, ids in either)))
    return VariantMatch(and_(*conditions), is_narrow)


def match_products(session: Session, query: str) -> ColumnElement[bool]:
    """Return what selects the products whose names have all the words, in a query over them.

    One statement; none, and every product, where no word was typed.
    """
    condition: ColumnElement[bool] = true()
    if words := search_words(query):
        place = _products()
        found = _look_up(session, words, (place,))
        condition = and_(
            *(_selects(session, place, word, found[number, 0]) for number, word in enumerate(words))
        )
    return condition


def find_products(session: Session, query: str, *, limit: int = 40) -> Sequence[Product]:
    """Return products whose names have all the words, by name; all products where none is typed.

    One statement, and one before it where words were typed.
    """
    by_name = select(Product).where(match_products(session, query))
    return session.scalars(by_name.order_by(Product.name, Product.id).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class _Place:
    """A table that holds words of a variant, and how a variant points to its row."""

    table: str
    row_id: InstrumentedAttribute[int]
    pointer: InstrumentedAttribute[int]
    texts: tuple[Any, ...]


def _products() -> _Place:
    return _Place("commerce_product", Product.id, Product.id, (Product.name,))


def _variants() -> _Place:
    texts = (
        Variant.sku,
        Variant.name,
        func.coalesce(Variant.barcode, ""),
        Variant.option_text,
    )
    return _Place("commerce_variant", Variant.id, Variant.id, texts)


def _look_up(
    session: Session, words: Sequence[str], places: Sequence[_Place]
) -> dict[tuple[int, int], list[int] | None]:
    """Return by word and place the ids of the rows that have it, None where that are many.

    One statement, and one row for each word and place: a common word shows itself after RARE + 1
    rows, which the database counts and keeps.
    """
    is_server = is_postgresql(session)
    look_up = _lookup_postgresql if is_server else _lookup_sqlite
    gather = func.array_agg if is_server else func.json_group_array
    lookups = []
    for number, word in enumerate(words):
        for index, place in enumerate(places):
            hits = look_up(place, word, number).limit(RARE + 1).subquery()
            none = "'{}'::bigint[]" if is_server else "'[]'"
            ids = case((func.count() <= RARE, func.coalesce(gather(hits.c.id), text(none))))
            lookups.append(select(literal_column(f"{number}"), literal_column(f"{index}"), ids))
    found: dict[tuple[int, int], list[int] | None] = {}
    for number, index, ids in session.execute(union_all(*lookups)):
        found[number, index] = json.loads(ids) if isinstance(ids, str) else ids
    return found


def _lookup_postgresql(place: _Place, word: str, number: int) -> Select[Any]:
    pattern = {f"word{number}": word if len(word) == 1 else f"{word}:*"}
    test = text(f"{place.table}.search_words @@ to_tsquery('simple', :word{number})")
    return select(place.row_id).where(test.bindparams(**pattern))


def _lookup_sqlite(place: _Place, word: str, number: int) -> Select[Any]:
    pattern = {f"word{number}": f'"{word}"' if len(word) == 1 else f'"{word}"*'}
    words = f"{place.table}_words"
    test = text(f"{words} MATCH :word{number}").bindparams(**pattern)
    return select(literal_column("rowid").label("id")).select_from(text(words)).where(test)


def _selects(
    session: Session, place: _Place, word: str, ids: list[int] | None
) -> ColumnElement[bool]:
    """Return what selects the variants that have ``word`` in ``place``; ids None: many have."""
    if ids is None:
        return _has_word(session, place, word)
    if not ids:
        return false()
    # One parameter, however many ids: the statement stays the same and is planned quickly.
    if is_postgresql(session):
        return place.pointer == any_(bindparam(None, ids, ARRAY(BigInteger)))
    values = func.json_each(json.dumps(ids)).table_valued("value")
    if place.table == "commerce_product" and len(ids) > FEW_PRODUCTS:
        # The sum hides the column from its index: the list is walked, and each product is asked.
        is_one: ColumnElement[bool] = func.likely((Product.id + 0).in_(select(values.c.value)))
        return is_one
    return place.pointer.in_(select(values.c.value))


def _has_word(session: Session, place: _Place, word: str) -> ColumnElement[bool]:
    """Return the test of a row for a word, without any index.

    It says "most rows pass" to the planner: a database that expects few would sort the whole
    catalog instead of walking it in order.
    """
    if is_postgresql(session):
        pattern = word if len(word) == 1 else f"{word}:*"
        words: ColumnElement[Any] = literal_column(f"{place.table}.search_words")
        return words.op("@@")(func.to_tsquery("simple", pattern))
    row: Any = literal(" ")
    for part in place.texts:
        row = row + func.lower(part) + " "
    end = " " if len(word) == 1 else ""
    for mark in _MARKS:
        row = func.replace(row, mark, " ")
    is_found: ColumnElement[bool] = func.likely(
        or_(*(func.instr(row, f" {form}{end}") > 0 for form in _forms(word)))
    )
    return is_found


def _forms(word: str) -> list[str]:
    """Return how a word may stand in a text that SQLite lowered: it lowers a to z only."""
    written = (word, word.capitalize(), word.upper())
    return sorted({re.sub(r"[A-Z]", lambda letter: letter[0].lower(), form) for form in written})
