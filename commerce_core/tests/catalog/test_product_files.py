"""Product files: what comes in is right or refused by row and column; what goes out comes back."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from commerce_core.catalog import (
    Layout,
    RowOutcome,
    create_product,
    create_variant,
    export_products,
    find_product,
    find_variant,
    get_variant,
    import_products,
    list_prices,
    mapping_for,
    price_of,
    read_product_file,
    set_price,
)
from commerce_core.clock import utc_now
from commerce_core.errors import ImportFileError
from commerce_core.flows import run_in_transaction
from commerce_core.money import Money
from commerce_core.tables import write_table

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from commerce_core.catalog import ProductFileResult
    from commerce_core.tests.databases import Database

TEES = """\
product,title,category,option1_name,option1_value,option2_name,option2_value,sku,price,barcode,weight
tee,Tee,Clothing > Shirts,Colour,Red,Size,S,TEE-R-S,19.90,4006381333931,180
tee,,,Colour,Red,Size,M,TEE-R-M,19.90,,190
tee,,,Colour,Blue,Size,S,TEE-B-S,21.90,,180
mug,Mug,Kitchen,,,,,MUG,9.5,,300
"""


def bring(database: Database, content: str | bytes, **how: Any) -> ProductFileResult:
    return import_products(database.factory, content, actor="ann", **how)


def counts(result: ProductFileResult) -> tuple[int, ...]:
    return tuple(result.counts[outcome] for outcome in RowOutcome)


def problems(result: ProductFileResult) -> list[tuple[int, str, str]]:
    return [(r.line, p.column, p.message) for r in result.refused for p in r.problems]


def test_a_file_makes_products_once_and_says_so(database: Database) -> None:
    dry = bring(database, TEES, dry_run=True)
    assert database.run(lambda s: find_product(s, slug="tee")) is None
    first = bring(database, TEES)
    again = bring(database, TEES)

    assert counts(dry) == counts(first) == (4, 0, 0, 0)
    assert counts(again) == (0, 0, 4, 0)
    assert dry.is_dry_run
    found = database.run(lambda s: get_variant(s, sku="tee-r-m"))
    assert (found.name, found.weight, found.version) == ("Red · M", 190, 1)


def test_changes_are_told_cell_by_cell_and_keep_the_old_price(database: Database) -> None:
    bring(database, TEES)
    result = bring(database, "sku,price,weight\nTEE-R-S,24,180\nMUG,9.50,310\n")

    changes = [{k: tuple(map(str, v)) for k, v in row.changes.items()} for row in result.rows]
    assert counts(result) == (0, 2, 0, 0)
    assert changes == [{"price": ("19.9000", "24.0000")}, {"weight": ("300", "310")}]
    prices = database.run(
        lambda s: [str(p.amount) for p in list_prices(s, get_variant(s, sku="TEE-R-S"))]
    )
    assert prices == ["24.0000", "19.9000"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("layout", list(Layout))
def test_an_export_that_is_imported_changes_nothing(
    database: Database, tmp_path: Path, suffix: str, layout: Layout
) -> None:
    bring(database, TEES)
    odd = (
        "product,title,description,sku,variant_name,price,image_url,image_alt\n"
        "odd,=SUM(A1),\"<b>two\nlines</b>, 'quoted'\",-5+1,@name 🎽,1.2345,https://x.example/a.png,قميص\n"
        "odd,,,'=X,'@b,2,https://x.example/b.png,\n"
    )
    assert counts(bring(database, odd))[3] == 1  # two variants without options: one combination
    database.run(lambda s: set_price(s, get_variant(s, sku="MUG"), Money.of(12, "EUR"), actor="x"))
    path = tmp_path / f"out{suffix}"
    rows = database.run(lambda s: export_products(s, path, layout=layout))
    before = database.contents()
    result = import_products(database.factory, path, actor="ann")

    assert rows == len(result.rows)
    assert counts(result)[:2] == (0, 0)
    assert problems(result) == []
    after = database.contents()
    for table in (
        "commerce_product",
        "commerce_variant",
        "commerce_variant_price",
        "commerce_product_image",
    ):
        assert after[table] == before[table]


def test_no_cell_of_an_export_runs(database: Database, tmp_path: Path) -> None:
    def fill(session: Any) -> None:
        product = create_product(session, name="=HYPERLINK(1)")
        create_variant(session, product, sku="+49", name="@x", price=Money.of(1, "EUR"))

    database.run(fill)
    path = tmp_path / "out.csv"
    database.run(lambda s: export_products(s, path))
    cells = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))[1]

    assert not [cell for cell in cells if cell[:1] in {"=", "@"}]
    assert "'=HYPERLINK(1)" in cells


REFUSED = {
    "no price": ("a,A,X1,,,", "price", "needs a price"),
    "a negative price": ("a,A,X1,-1,,", "price", "negative"),
    "a price of 20 digits": ("a,A,X1,12345678901234567890,,", "price", "larger than any"),
    "a wrong barcode": ("a,A,X1,1,4006381333930,", "barcode", "should be 1"),
    "no product": (",,X1,1,,", "", "names no product"),
    "no title": ("a,,X1,1,,", "title", "needs a title"),
    "a SKU of another product": ("a,A,tee-r-s,1,,", "sku", "another product"),
    "a barcode of another": ("a,A,X1,1,04006381333931,", "barcode", "TEE-R-S has this barcode"),
    "a value without option": ("a,A,X1,1,,Red", "option1_value", "which option"),
    "too many cells": ("a,A,X1,1,,,,,9", "", "more cells"),
    "a long name": (f"a,{'x' * 100_000},X1,1,,", "title", "100,000 characters"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_row_that_cannot_be_is_refused_and_spoils_nothing(database: Database, case: str) -> None:
    line, column, sentence = REFUSED[case]
    bring(database, TEES)
    head = "product,title,sku,price,barcode,option1_value"
    result = bring(database, f"{head}\n{line}\nb,B,GOOD,1,,\n")

    assert [(row, where) for row, where, _ in problems(result)] == [(2, column)]
    assert sentence in problems(result)[0][2]
    assert counts(result) == (1, 0, 0, 1)
    assert database.run(lambda s: find_variant(s, sku="X1")) is None
    assert database.run(lambda s: find_product(s, slug="a")) is None


def test_twins_in_a_file_are_refused_whatever_their_case(database: Database) -> None:
    head = "product,title,option1_name,option1_value,sku,price,barcode\n"
    result = bring(
        database,
        head + "a,A,Size,S,A-1,1,036000291452\n"
        "a,,Size,M, a-1 ,1,\na,,Size,s,A-2,1,\na,,Size,L,A-3,1,0036000291452\n",
    )

    assert [(line, column) for line, column, _ in problems(result)] == [
        (3, "sku"), (4, "option1_value"), (5, "barcode"),
    ]  # fmt: skip
    assert counts(result) == (1, 0, 0, 3)


def test_what_spreadsheets_write_is_read(database: Database) -> None:
    text = "Artikel;Name;sku;price\nkäse;Käse groß;K-1;1.234,50\nkäse2;Öl;K-2;12,9\n"
    mapping = {"Artikel": "product", "Name": "title", "sku": "sku", "price": "price"}
    for content in (text.encode("cp1252"), text.encode("utf-8-sig"), text.encode("utf-16")):
        result = bring(database, content, mapping=mapping, currency="CHF")
        assert problems(result) == []
    found = database.run(lambda s: get_variant(s, sku="K-1"))
    assert (str(found.price), found.currency, found.name) == ("1234.5000", "CHF", "Käse groß")


def test_what_columns_mean_is_remembered(database: Database) -> None:
    text = "Nr,What,Cost me\nN-1,Nail,0.05\n"
    mapping = {"Nr": "sku", "What": "title", "Cost me": "price"}
    bring(database, text, mapping=mapping)
    header = read_product_file("What,Cost me,Nr\nx,1,2\n").header

    assert database.run(lambda s: mapping_for(s, header)) == mapping
    assert counts(bring(database, text)) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("text", "mapping", "sentence"),
    [
        ("a,b\n1,2\n", None, "no column names a variant"),
        ("sku,price\n", None, "no rows"),
        ("sku,price\n1,2\n", {"sku": "sku", "price": "sku"}, "two columns mean sku"),
        ("sku,price\n1,2\n", {"sku": "nonsense"}, "no column can mean"),
        (b"\x89PNG\r\n\x1a\n\0\0", None, "no text"),
    ],
)
def test_a_file_that_cannot_be_is_one_sentence(
    database: Database, text: str, mapping: Any, sentence: str
) -> None:
    before = database.contents()
    with pytest.raises(ImportFileError, match=sentence):
        bring(database, text, mapping=mapping)
    assert database.contents() == before


def test_an_interrupted_import_goes_on_where_it_stopped(database: Database) -> None:
    lines = "".join(f"p{n // 50},P{n // 50},V{n},1,No,{n}\n" for n in range(1200))
    content = f"product,title,sku,price,option1_name,option1_value\n{lines}V,,,,,\n"
    seen: list[int] = []

    def stop(done: int, _total: int) -> None:
        seen.append(done)
        if done == 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(database, content, on_progress=stop)
    rest = bring(database, content, on_progress=lambda done, _: seen.append(done))

    assert seen == [0, 500, 1000, 1000, 1201]
    assert len(rest.rows) == 201
    assert counts(rest) == (1200, 0, 0, 1)
    assert database.sql("SELECT count(*) FROM commerce_variant") == [(1200,)]
    assert database.sql('SELECT DISTINCT "row" FROM commerce_product_import_refusal') == [
        (1202,),
    ]


def test_the_price_of_a_plan_in_force_is_what_is_exported(
    database: Database, tmp_path: Path
) -> None:
    bring(database, TEES)

    def price(session: Any) -> str:
        return str(price_of(session, get_variant(session, sku="MUG"), as_of=utc_now()).price)

    path = tmp_path / "a.xlsx"
    database.run(lambda s: set_price(s, get_variant(s, sku="MUG"), Money.of(7, "EUR"), actor="x"))
    database.run(lambda s: export_products(s, path))
    result = run_in_transaction(database.factory, price)
    assert result == "7.00 EUR"
    assert counts(import_products(database.factory, path, actor="ann")) == (0, 0, 4, 0)


def test_an_xlsx_keeps_numbers_and_leading_zeros(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    write_table(path, ["title", "sku", "price", "barcode"], [["Nail", "0007", 3, 4006381333931]])
    assert counts(import_products(database.factory, path, actor="ann")) == (1, 0, 0, 0)
    found = database.run(lambda s: get_variant(s, sku="0007"))
    assert (found.sku, found.barcode) == ("0007", "4006381333931")


def test_a_long_import_tells_the_planner_how_long_its_tables_are(database: Database) -> None:
    if not database.is_postgresql:
        pytest.skip("SQLite plans by what it was told at the start, and looks up by an index")
    rows = "".join(f"p-{number},Cup {number},CUP-{number},9.50\n" for number in range(1_000))
    bring(database, "product,title,sku,price\n" + rows)

    def known_length(session: Session) -> int:
        query = "SELECT reltuples FROM pg_class WHERE relname = 'commerce_variant'"
        return int(session.scalar(text(query)) or 0)

    assert database.run(known_length) == 1_000
