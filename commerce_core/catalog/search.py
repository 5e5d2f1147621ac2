"""Find variants by the words people type: product and variant name, SKU, barcode, options.

Each word typed must begin a word of the variant or of its product; case does not count. A rare
word is looked up in the index. A word that very many variants have is of no help in finding, so
it is tested on each row instead: the caller walks the variants in the order of its page and has
one after a few rows. What a page costs depends neither on the catalog nor, mostly, on the word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, false, or_, select, true

from commerce_core.catalog import word_rows
from commerce_core.catalog.models import Product
from commerce_core.catalog.word_rows import FEW_PRODUCTS, has_word, look_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

MOST_WORDS: Final = 6
"""Words beyond these are ignored."""
_WORD: Final = re.compile(r"[^\W_]+")
_LONGEST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class VariantMatch:
    """Which variants have all the words.

    ``condition`` selects them in a query over ``Variant`` joined with ``Product``; ``named``
    selects the products whose names alone have all the words. ``is_narrow`` tells that a rare
    word leads to the variants by an index, so that they are few.
    """

    condition: ColumnElement[bool]
    named: ColumnElement[bool]
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
        every = false() if query.strip() else true()
        return VariantMatch(every, every)
    products, variants = word_rows.products(), word_rows.variants()
    found = look_up(session, words, (products, variants))
    hits = [(word, found[number, 0], found[number, 1]) for number, word in enumerate(words)]
    is_narrow = any(_is_rare(by_product, by_variant) for _, by_product, by_variant in hits)
    has = partial(has_word, session, is_narrow=is_narrow)
    names = [has(products, word, by_product) for word, by_product, _ in hits]
    rows = [has(variants, word, by_variant) for word, _, by_variant in hits]
    either = (or_(*both) for both in zip(names, rows, strict=True))
    return VariantMatch(and_(*either), and_(*names), is_narrow)


def _is_rare(by_product: word_rows.Hits, by_variant: word_rows.Hits) -> bool:
    few_products = by_product is not None and len(by_product) <= FEW_PRODUCTS
    return few_products and by_variant is not None


def match_products(session: Session, query: str) -> ColumnElement[bool]:
    """Return what selects the products whose names have all the words, in a query over them.

    One statement; none, and every product, where no word was typed.
    """
    words = search_words(query)
    if not words:
        return true()
    place = word_rows.products()
    found = look_up(session, words, (place,))
    tests = (
        has_word(session, place, word, found[number, 0], is_narrow=False)
        for number, word in enumerate(words)
    )
    return and_(*tests)


def find_products(session: Session, query: str, *, limit: int = 40) -> Sequence[Product]:
    """Return products whose names have all the words, by name; all products where none is typed.

    One statement, and one before it where words were typed.
    """
    by_name = select(Product).where(match_products(session, query))
    return session.scalars(by_name.order_by(Product.name, Product.id).limit(limit)).all()
