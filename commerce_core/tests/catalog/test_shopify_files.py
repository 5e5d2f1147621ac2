"""A product CSV as Shopify exports it: it imports as it is, and goes out as it came in."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from commerce_core.catalog import (
    Layout,
    ProductFileResult,
    RowOutcome,
    export_products,
    find_product,
    get_variant,
    import_products,
    list_images,
    list_variants,
    read_product_file,
)
from commerce_core.catalog.file_columns import SHOPIFY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from commerce_core.tests.databases import Database


def bring(database: Database, content: str) -> ProductFileResult:
    return import_products(database.factory, content, actor="ann")


def counts(result: ProductFileResult) -> tuple[int, ...]:
    return tuple(result.counts[outcome] for outcome in RowOutcome)


SHOPIFY_HEADER = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,"
    "Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,Variant SKU,"
    "Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
    "Variant Fulfillment Service,Variant Price,Variant Compare At Price,Variant Requires Shipping,"
    "Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,"
    "Gift Card,Cost per item,Status"
)
SHOPIFY_ROWS: list[dict[str, str]] = [
    {
        "Handle": "linen-shirt",
        "Title": "Linen shirt",
        "Body (HTML)": "<p>Cool.</p>",
        "Vendor": "Kiefer",
        "Product Category": "Apparel & Accessories > Clothing > Shirts & Tops",
        "Type": "Shirt",
        "Tags": "linen, summer",
        "Published": "true",
        "Option1 Name": "Color",
        "Option1 Value": "Chalk",
        "Option2 Name": "Size",
        "Option2 Value": "S",
        "Variant SKU": "LS-CH-S",
        "Variant Grams": "240.0",
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": "10",
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": "59.00",
        "Variant Compare At Price": "79.00",
        "Variant Requires Shipping": "true",
        "Variant Taxable": "true",
        "Variant Barcode": "'4006381333931",
        "Image Src": "https://cdn.example/1.jpg",
        "Image Position": "1",
        "Image Alt Text": "Front",
        "Gift Card": "false",
        "Cost per item": "21.50",
        "Status": "active",
    },
    {
        "Handle": "linen-shirt",
        "Option1 Value": "Chalk",
        "Option2 Value": "M",
        "Variant SKU": "LS-CH-M",
        "Variant Grams": "250.0",
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": "4",
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": "59.00",
        "Variant Requires Shipping": "true",
        "Variant Taxable": "true",
        "Image Src": "https://cdn.example/2.jpg",
        "Image Position": "2",
        "Cost per item": "21.50",
    },
    {
        "Handle": "linen-shirt",
        "Option1 Value": "Ink",
        "Option2 Value": "S",
        "Variant Grams": "240.0",
        "Variant Inventory Qty": "0",
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": "61.00",
        "Variant Requires Shipping": "true",
        "Variant Taxable": "true",
    },
    {
        "Handle": "linen-shirt",
        "Image Src": "https://cdn.example/3.jpg",
        "Image Position": "3",
        "Image Alt Text": "Back",
    },
    {
        "Handle": "gift-card",
        "Title": "Gift card",
        "Vendor": "Kiefer",
        "Published": "true",
        "Option1 Name": "Title",
        "Option1 Value": "Default Title",
        "Variant SKU": "GIFT",
        "Variant Grams": "0.0",
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": "25.00",
        "Variant Requires Shipping": "false",
        "Variant Taxable": "false",
        "Gift Card": "true",
        "Status": "draft",
    },
]


def shopify_file() -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, SHOPIFY_HEADER.split(","), restval="")
    writer.writeheader()
    writer.writerows(SHOPIFY_ROWS)
    return file.getvalue()


SHOPIFY_FILE = shopify_file()


def test_a_shopify_file_imports_as_it_is_and_round_trips(
    database: Database, tmp_path: Path
) -> None:
    result = bring(database, SHOPIFY_FILE)

    assert [row.problems for row in result.refused] == []
    assert counts(result) == (4, 1, 0, 0)
    assert "Tags" in result.ignored

    def look(session: Any) -> Any:
        shirt = find_product(session, slug="linen-shirt")
        assert shirt is not None
        variants = [
            (v.sku, v.name, str(v.price), v.track_inventory) for v in list_variants(session, shirt)
        ]
        first = get_variant(session, sku="LS-CH-S")
        gift = get_variant(session, sku="GIFT")
        return (
            variants,
            (first.barcode, str(first.cost), first.weight),
            gift.name,
            len(list_images(session, shirt)),
        )

    variants, first, gift, images = database.run(look)
    assert variants == [
        ("LS-CH-S", "Chalk · S", "59.0000", True),
        ("LS-CH-M", "Chalk · M", "59.0000", True),
        ("LINEN-SHIRT-INK-S", "Ink · S", "61.0000", False),
    ]
    assert first == ("4006381333931", "21.5000", 240)
    assert (gift, images) == ("Gift card", 3)

    assert counts(bring(database, SHOPIFY_FILE)) == (0, 0, 5, 0)
    path = tmp_path / "shop.csv"
    database.run(lambda s: export_products(s, path, layout=Layout.SHOPIFY))
    assert counts(import_products(database.factory, path, actor="ann"))[:2] == (0, 0)
    told = {row["Variant SKU"]: row for row in rows_of(path)}
    for row in csv.DictReader(io.StringIO(SHOPIFY_FILE)):
        if row["Variant SKU"]:
            same = ("Handle", "Option1 Value", "Option2 Value", "Variant Inventory Tracker")
            assert {k: told[row["Variant SKU"]][k] for k in same} == {k: row[k] for k in same}
    assert list(rows_of(path)[0]) == list(SHOPIFY)


def rows_of(path: Path) -> list[Mapping[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def test_the_example_columns_are_all_known() -> None:
    header = read_product_file(SHOPIFY_FILE).header
    assert {name for name in SHOPIFY if name not in header} == set()
