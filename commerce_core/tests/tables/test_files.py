"""Files as spreadsheets write them, damaged ones, and that what is written reads back."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from commerce_core.errors import ImportFileError
from commerce_core.tables import read_table, write_table
from commerce_core.tables.reading import MAX_FILE_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_core.tables.writing import Cell

PLAIN = "sku,name\nA-1,Schürze\n\nB-2,Kissen\n"


def cells(content: bytes | str) -> list[list[str]]:
    return [list(row.cells.values()) for row in read_table(content).rows()]


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("cp1252"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        f"\n\n{PLAIN}".encode(),
        workbook(["sku", "name"], ["A-1", "Schürze"], [], ["B-2", "Kissen"]),
    ],
    ids=["utf-8", "bom", "utf-16", "cp1252", "crlf", "cr", "semicolon", "tab", "late", "xlsx"],
)
def test_all_of_them_say_the_same(content: bytes) -> None:
    table = read_table(content)

    assert table.header == ("sku", "name")
    assert [dict(row.cells) for row in table.rows()] == [
        {"sku": "A-1", "name": "Schürze"},
        {"sku": "B-2", "name": "Kissen"},
    ]
    assert list(table.rows()) == list(table.rows())


def test_semicolons_come_from_where_commas_are_decimal_marks() -> None:
    assert read_table('sku;"a,b,c";name\n1;2;3\n').decimal_comma
    assert not read_table(PLAIN).decimal_comma


def test_a_row_knows_its_line_also_below_a_cell_of_several_lines() -> None:
    table = read_table('sku,text\nA,"one\ntwo ""quoted"""\nB,x,y,\nC\n')

    assert [(row.line, list(row.cells.values()), row.surplus) for row in table.rows()] == [
        (2, ["A", 'one\ntwo "quoted"'], 0),
        (4, ["B", "x"], 1),
        (5, ["C", ""], 0),
    ]


def test_cells_of_a_workbook_are_what_people_see() -> None:
    found = cells(
        workbook(
            ["a", "b", "c", "d", "e", "f"],
            [12, 12.5, 1e-7, True, datetime(2026, 11, 22, 9, 30), date(2026, 11, 22)],  # noqa: DTZ001
        )
    )

    assert found == [
        ["12", "12.5", "0.0000001", "true", "2026-11-22 09:30:00", "2026-11-22 00:00:00"]
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n \n", "is empty"),
        ("", "is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old or a protected Excel file"),
        (b"PK\x03\x04garbage", "is not a complete Excel workbook"),
        (workbook(["a"], [1])[:900], "is not a complete Excel workbook"),
        (b"sku,name\nA\0B,1\n", "is no text that can be read"),
        (b"\xff\xfeA", "is no text that can be read"),
        (b"sku,name\n\x81\x8d,1\n", "is no text that can be read"),
        (b"sku,name,sku\n", "has the column 'sku' twice"),
        (b",".join(b"c%d" % n for n in range(501)), "has more than 500 columns"),
        (b"x" * (MAX_FILE_BYTES + 1), "at most 100 MB are read"),
    ],
)
def test_what_cannot_be_used_is_said_at_once(content: bytes, sentence: str) -> None:
    with pytest.raises(ImportFileError, match=sentence) as caught:
        read_table(content, name="prices.csv")
    assert caught.value.message.startswith("prices.csv ")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('a,b\n1,2\n"3,4\n5,6\n', "from line 3 on: a quotation mark"),
        ('a,b\n1,"2"3\n', "from line 2 on: a quotation mark"),
        ("a,b\n1,2\n" + "x" * 140_000 + ",4\n", "from line 3 on: a cell has more than 131,072"),
    ],
)
def test_damage_further_down_says_where_it_is(content: str, sentence: str) -> None:
    with pytest.raises(ImportFileError, match=sentence):
        list(read_table(content).rows())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=r"prices\.csv cannot be read: no such file"):
        read_table(tmp_path / "prices.csv")


def test_a_workbook_that_unpacks_into_a_flood_is_not_unpacked() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"\0" * 100_000_000)
    assert len(kept.getvalue()) < 1_000_000

    with pytest.raises(ImportFileError, match="unpacks to 500 MB; at most 400 MB"):
        read_table(kept.getvalue())


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_what_is_written_reads_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"prices.{suffix}"
    rows: list[list[Cell]] = [
        ["=1+1", 12, Decimal("12.5")],
        ["@x", None, Decimal(-3)],
        ["Zoë 🧵\nאב", 0, None],
    ]

    assert write_table(path, ["name", "count", "price"], rows) == 3

    assert [list(row.cells.values()) for row in read_table(path).rows()] == [
        ["=1+1", "12", "12.5"],
        ["@x", "", "-3"],
        ["Zoë 🧵\nאב", "0", ""],
    ]
    assert b"'=1+1" in path.read_bytes() or suffix == "xlsx"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("what was there")

    def rows() -> Any:
        yield ["1"]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_table(path, ["a"], rows())

    assert path.read_text() == "what was there"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["prices.ods", "prices"])
def test_other_formats_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImportFileError, match=r"must end in \.csv or \.xlsx"):
        write_table(tmp_path / name, ["a"], [])


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="cannot be written: no such file"):
        write_table(tmp_path / "missing" / "prices.csv", ["a"], [])


texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12).map(str.strip)


@settings(max_examples=60)
@given(rows=st.lists(st.lists(texts, min_size=2, max_size=2).filter(any), max_size=5))
def test_every_text_survives_a_csv(rows: list[list[str]], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    write_table(path, ["a", "b"], rows)

    assert [list(row.cells.values()) for row in read_table(path).rows()] == rows
