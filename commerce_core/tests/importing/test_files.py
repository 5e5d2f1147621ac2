"""Which files can be read, and what is said of those that cannot."""

from __future__ import annotations

import gzip
import lzma
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import ImportFileError
from commerce_core.importing import Progress, read_online_retail
from commerce_core.tests.importing.retail import HEADER, csv_text, line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from commerce_core.tests.importing.retail import RetailFile

LINES = [
    line("536365", name='SET OF 3 "CAKE" TINS, RED'),
    line("C536379", quantity=-1, name="CRÈME £ LAMP", customer=""),
    line("536366", "POST", 1, "18.0"),
]
TEXT = csv_text(LINES)
CUT = 0.6


def workbook(path: Path) -> bytes:
    """Return an Excel file whose cells have the types that the published one has."""
    from openpyxl import Workbook  # noqa: PLC0415 - slow to import

    book = Workbook()
    sheet: Any = book.active
    sheet.append(HEADER)
    for invoice, code, name, quantity, at, price, customer, country in LINES:
        sheet.append(
            [
                int(invoice) if invoice.isdigit() else invoice,
                int(code) if code.isdigit() else code,
                name,
                int(quantity),
                datetime.fromisoformat(at),
                float(price),
                float(customer) if customer else None,
                country,
            ]
        )
    sheet.append([None] * 8)
    book.save(path)
    return path.read_bytes()


def seen(path: Path) -> list[tuple[Any, ...]]:
    """Return what a file says, row by row."""
    survey = read_online_retail(path)
    assert survey.rejected == []
    return [
        (
            row.document.kind,
            row.document.number,
            row.document.customer,
            row.document.country,
            row.item.key,
            row.name,
            row.quantity,
            row.price,
            row.moment,
        )
        for row in survey.rows
    ]


@pytest.fixture
def plain(tmp_path: Path) -> list[tuple[Any, ...]]:
    path = tmp_path / "plain.csv"
    path.write_text(TEXT, encoding="utf-8")
    return seen(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("retail.csv.gz", gzip.compress(TEXT.encode())),
        ("retail.csv.xz", lzma.compress(TEXT.encode())),
        ("no ending", lzma.compress(TEXT.encode())),
        ("mark.csv", TEXT.encode("utf-8-sig")),
        ("windows.csv", TEXT.replace("\n", "\r\n").encode()),
        ("old mac.csv", TEXT.replace("\n", "\r").encode()),
        ("no last end.csv", TEXT.removesuffix("\n").encode()),
        ("blank lines.csv", f"{TEXT}\n\n,,,,,,,\n".encode()),
        ("two streams.xz", lzma.compress(TEXT[:99].encode()) + lzma.compress(TEXT[99:].encode())),
        ("more columns.csv", TEXT.replace("\n", ",x\n").encode()),
        ("spaces.csv", TEXT.replace("InvoiceNo,", " InvoiceNo ,").encode()),
    ],
)
def test_packed_or_plain_it_is_the_same_file(
    tmp_path: Path, plain: list[tuple[Any, ...]], name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    assert seen(path) == plain


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress], ids=["xlsx", "gz", "xz"])
def test_an_excel_file_says_the_same(
    tmp_path: Path, plain: list[tuple[Any, ...]], pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "retail.xlsx"
    path.write_bytes(pack(workbook(path)))

    assert seen(path) == plain


def test_columns_may_stand_in_any_order(tmp_path: Path, plain: list[tuple[Any, ...]]) -> None:
    path = tmp_path / "turned.csv"
    turned = [tuple(reversed(fields)) for fields in LINES]
    path.write_text(csv_text(turned, header=tuple(reversed(HEADER))), encoding="utf-8")

    assert seen(path) == plain


def bad_files(folder: Path) -> dict[str, tuple[bytes, str]]:
    """Return files that cannot be read, with what must be said of each."""
    book = workbook(folder / "book.xlsx")
    packed = lzma.compress(TEXT.encode() * 50)
    zipped = gzip.compress(TEXT.encode() * 50)
    return {
        "empty.csv": (b"", "is empty"),
        "blank.csv": (b" \n\n", "is empty"),
        "header.csv": (TEXT.partition("\n")[0].encode(), "has a header and no rows"),
        "cut.csv": (TEXT.encode()[: int(len(TEXT) * CUT)], "ends in the middle of line 3"),
        "cut.xz": (packed[: int(len(packed) * CUT)], "is damaged or incomplete"),
        "cut.gz": (zipped[: int(len(zipped) * CUT)], "is damaged or incomplete"),
        "flipped.gz": (zipped[:60] + b"\x00" * 9 + zipped[69:], "is damaged or incomplete"),
        "cut.xlsx": (book[: int(len(book) * CUT)], "is not a complete Excel workbook"),
        "not excel.zip": (b"PK\x03\x04" + b"nothing" * 99, "is not a complete Excel workbook"),
        "old.xls": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "save it as .xlsx or as CSV UTF-8"),
        "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "neither CSV nor xlsx"),
        "noise": (b"\x9f\x8b\xaa" * 500, "is not UTF-8 text"),
        "western.csv": (TEXT.encode("cp1252"), "is not UTF-8 text (byte 0xc8"),
        "wide.csv": (TEXT.encode("utf-16"), "is UTF-16 text: save it as CSV UTF-8"),
        "other.csv": (b"sku,price\n1,2\n", "lacks the column InvoiceNo, StockCode"),
        "less.csv": (TEXT.replace("UnitPrice", "Price").encode(), "lacks the column UnitPrice"),
        "semicolons.csv": (TEXT.replace(",", ";").encode(), "lacks the column"),
        "huge.csv": (
            csv_text([line(quantity=10**9, price="0")] * 2).encode(),
            "opening stock of 2,000,000,000",
        ),
    }


BAD = (
    "empty.csv", "blank.csv", "header.csv", "cut.csv", "cut.xz", "cut.gz", "flipped.gz",
    "cut.xlsx", "not excel.zip", "old.xls", "picture.png", "noise", "western.csv", "wide.csv",
    "other.csv", "less.csv", "semicolons.csv", "huge.csv",
)  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_one_sentence_and_changes_nothing(
    sqlite_retail: RetailFile, tmp_path: Path, name: str
) -> None:
    content, problem = bad_files(tmp_path)[name]
    folder = tmp_path / "files"
    folder.mkdir()
    sqlite_retail.path = folder / name
    sqlite_retail.path.write_bytes(content)
    before = sqlite_retail.database.contents()

    with pytest.raises(ImportFileError) as caught:
        sqlite_retail.load()

    assert problem in caught.value.message
    assert name in caught.value.message or name == "huge.csv"
    assert "\n" not in caught.value.message
    assert sqlite_retail.database.contents() == before
    assert [path.name for path in folder.iterdir()] == [name]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=r"nothing\.csv cannot be read: no such file"):
        read_online_retail(tmp_path / "nothing.csv")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="cannot be read: is a directory"):
        read_online_retail(tmp_path)


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "long.csv.xz"
    path.write_bytes(lzma.compress(csv_text([line()] * 12_000).encode()))
    told: list[Progress] = []

    read_online_retail(path, on_progress=told.append)

    assert [progress.done for progress in told] == [5_000, 10_000, 12_000]
    assert all(0 < progress.part <= 1 for progress in told)
    assert told[-1].part == 1


def test_what_is_not_installed_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "retail.xlsx"
    workbook(path)
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    with pytest.raises(ImportFileError, match=r"pip install 'commerce-core\[excel\]'"):
        read_online_retail(path)
