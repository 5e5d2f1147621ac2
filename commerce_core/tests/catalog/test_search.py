"""What people type finds what they mean, on both databases alike, by index and by walk alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, text, update

from commerce_core.catalog import (
    Product,
    Variant,
    create_product,
    create_variant,
    search,
    word_rows,
)
from commerce_core.catalog.search import find_products, match_variants, search_words
from commerce_core.clock import utc_now
from commerce_core.money import Money

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database

PRICE = Money.of("19.90", "EUR")


def fill(session: Session) -> None:
    shirt = create_product(session, name="Linen shirt Alma")
    pot = create_product(session, name="Übertopf 'Ölkanne'")
    for product, sku, barcode, options in (
        (shirt, "ALM-CHA-M", None, {"Colour": "Chalk", "Size": "M"}),
        (shirt, "ALM-INK-L", None, {"Colour": "Ink", "Size": "L"}),
        (pot, "85123A", "4006381333931", {"Colour": "Grün"}),
    ):
        create_variant(session, product, sku=sku, price=PRICE, options=options, barcode=barcode)


def found(session: Session, query: str) -> list[str]:
    match = match_variants(session, query)
    statement = select(Variant.sku).join(Product).where(match.condition).order_by(Variant.id)
    return list(session.scalars(statement))


CASES = [
    ("alma", ["ALM-CHA-M", "ALM-INK-L"]),
    ("ALMA", ["ALM-CHA-M", "ALM-INK-L"]),
    ("shi al", ["ALM-CHA-M", "ALM-INK-L"]),
    ("alma chalk", ["ALM-CHA-M"]),
    ("alma m", ["ALM-CHA-M"]),
    ("alm-cha-m", ["ALM-CHA-M"]),
    ("ALM/INK", ["ALM-INK-L"]),
    ("85123a", ["85123A"]),
    ("8512", ["85123A"]),
    ("4006381333931", ["85123A"]),
    ("übertopf", ["85123A"]),
    ("ÖLKANNE", ["85123A"]),
    ("grün", ["85123A"]),
    ("lma", []),
    ("alma grün", []),
    ("s", []),
    ("nothing of the kind", []),
    ("--", []),
    ("' OR 1=1 --", []),
    ('"alma', ["ALM-CHA-M", "ALM-INK-L"]),
    ("alma:*", ["ALM-CHA-M", "ALM-INK-L"]),
    ("", ["ALM-CHA-M", "ALM-INK-L", "85123A"]),
]


@pytest.mark.parametrize("rare", [2000, 1, 0], ids=["by index", "by both", "by walk"])
def test_every_word_must_begin_a_word(
    database: Database, monkeypatch: pytest.MonkeyPatch, rare: int
) -> None:
    monkeypatch.setattr(word_rows, "RARE", rare)
    database.run(fill)

    def ask(session: Session) -> dict[str, list[str]]:
        return {query: found(session, query) for query, _ in CASES}

    assert database.run(ask) == dict(CASES)


def test_a_rare_word_makes_the_match_narrow(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.run(fill)
    monkeypatch.setattr(word_rows, "RARE", 1)

    narrow = database.run(lambda s: [match_variants(s, q).is_narrow for q in ("chalk", "alm", "")])

    assert narrow == [True, False, False]


@pytest.mark.parametrize("rare", [2000, 1, 0], ids=["by index", "by both", "by walk"])
def test_a_match_also_tells_which_products_are_named_so(
    database: Database, monkeypatch: pytest.MonkeyPatch, rare: int
) -> None:
    monkeypatch.setattr(word_rows, "RARE", rare)
    database.run(fill)

    def ask(session: Session) -> list[list[str]]:
        queries = ("shi alma", "öl", "alma chalk", "chalk", "--")
        matches = [match_variants(session, query).named for query in queries]
        return [list(session.scalars(select(Product.slug).where(named))) for named in matches]

    assert database.run(ask) == [["linen-shirt-alma"], ["ubertopf-olkanne"], [], [], []]


@pytest.mark.parametrize("is_narrow", [False, True])
def test_beside_a_rare_word_no_index_can_be_read_for_a_common_one(
    postgres: Database, *, is_narrow: bool
) -> None:
    def plan(session: Session) -> str:
        for way in ("seqscan", "indexscan", "indexonlyscan"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))
        test = word_rows.has_word(session, word_rows.variants(), "al", None, is_narrow=is_narrow)
        asked: Any = select(Variant.id).where(test).compile(session.get_bind())
        rows = session.connection().exec_driver_sql(f"EXPLAIN {asked}", asked.params)
        return "\n".join(rows.scalars())

    assert ("ix_commerce_variant_words" in postgres.run(plan)) is not is_narrow


def test_what_is_written_in_bulk_or_changed_is_found(database: Database) -> None:
    database.run(fill)

    def change(session: Session) -> None:
        row = {"name": "Bulk bowl", "slug": "bulk", "created_at": utc_now(), "status": "active"}
        session.execute(insert(Product), [row])
        session.execute(update(Variant).values(sku="NEW-1").where(Variant.sku == "ALM-CHA-M"))

    database.run(change)

    assert database.run(lambda s: found(s, "new")) == ["NEW-1"]
    assert database.run(lambda s: found(s, "cha")) == ["NEW-1"]  # by its name, "Chalk"
    assert database.run(lambda s: found(s, "alm-cha-m")) == ["NEW-1"]  # by its product's
    assert database.run(lambda s: found(s, "alm-cha")) == ["NEW-1"]


def test_products_are_found_by_their_names(database: Database) -> None:
    database.run(fill)

    def ask(session: Session) -> list[list[str]]:
        queries = ("shi alma", "öl", "chalk", "")
        return [[p.slug for p in find_products(session, query)] for query in queries]

    found = database.run(ask)

    assert found[:3] == [["linen-shirt-alma"], ["ubertopf-olkanne"], []]
    assert sorted(found[3]) == ["linen-shirt-alma", "ubertopf-olkanne"]


def test_only_the_first_words_and_characters_count() -> None:
    assert search_words("Alma alma  M-1") == ["alma", "m", "1"]
    assert len(search_words(" ".join(map(str, range(100, 200))))) == search.MOST_WORDS
    assert search_words("x" * 5000) == ["x" * 200]
