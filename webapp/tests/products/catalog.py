"""A small catalog with stock for the tests of the product pages: three options, 12 variants."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from commerce_core.catalog import create_product, create_variant
from commerce_core.catalog.models import OptionValue, Product, Variant
from commerce_core.catalog.options import ensure_option_value
from commerce_core.inventory import receive_stock
from commerce_core.money import Money
from commerce_core.testing import make_location
from webapp.accounts.roles import Role
from webapp.tests.stockroom import submit

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

COAT = "Rain coat Sylt"
AXES = {"Colour": ("Moss", "Rust"), "Size": ("S", "M", "L"), "Lining": ("Light", "Warm")}


def fill_catalog(session: Session) -> None:
    """A coat with three options, of which two pieces of each but the last variant are there."""
    place = make_location(session)
    coat = create_product(session, name=COAT, category="Clothing > Coats", brand="Kalk")
    ensure_option_value(session, option="Colour", value="Moss", swatch="#6a7350")
    for colour in AXES["Colour"]:
        for size in AXES["Size"]:
            for lining in AXES["Lining"]:
                variant = create_variant(
                    session,
                    coat,
                    sku=f"SYL-{colour[:3].upper()}-{size}-{lining.upper()}",
                    price=Money.of("149", "EUR"),
                    options={"Colour": colour, "Size": size, "Lining": lining},
                )
                if (colour, size, lining) != ("Rust", "L", "Warm"):
                    receive_stock(session, variant, place, quantity=2, actor="tests")
    create_product(session, name="Umbrella Föhr", status="draft")  # type: ignore[arg-type]


async def open_catalog(browser: Browser, role: Role = Role.MANAGER) -> str:
    """Sign in; return the address of the coat."""
    await browser.database.transact(fill_catalog)
    await browser.become(role)
    return f"/products/{await product_id(browser)}"


async def product_id(browser: Browser, name: str = COAT) -> int:
    async with browser.database.reads() as session:
        found = await session.scalar(select(Product.id).filter_by(name=name))
    assert found is not None
    return found


async def variants(browser: Browser) -> dict[str, Variant]:
    """The coat's variants by SKU, as they are now."""
    number = await product_id(browser)
    async with browser.database.reads() as session:
        rows = await session.scalars(select(Variant).filter_by(product_id=number))
        return {variant.sku: variant for variant in rows}


async def value_id(browser: Browser, name: str) -> int:
    async with browser.database.reads() as session:
        found = await session.scalar(select(OptionValue.id).filter_by(name=name))
    assert found is not None
    return found


def grid_cells(page: httpx.Response) -> dict[str, Any]:
    """The fields of the grid's form as a browser without scripts sends them."""
    fields = dict(re.findall(r'<input name="([a-z_]+\.\d+)" value="([^"]*)"', page.text))
    selects = re.findall(r'<select name="([a-z_]+\.\d+)".*?</select>', page.text)
    chosen = re.findall(
        r'<select name="[a-z_]+\.\d+"[^>]*>.*?value="(\w+)" selected', page.text, re.DOTALL
    )
    rows = re.findall(r'name="(row-\d+)" value="([^"]*)"', page.text)
    known = {name: html.unescape(value) for name, value in rows}
    elsewhere = re.findall(r'name="elsewhere" value="([^"]*)"', page.text)
    kept = {"elsewhere": [html.unescape(value) for value in elsewhere]} if elsewhere else {}
    return fields | dict(zip(selects, chosen, strict=False)) | known | kept


async def save_cells(
    browser: Browser, address: str, *cells: tuple[Variant, str, str, str], **more: Any
) -> httpx.Response:
    """Send changed cells as the script does: (variant as read, field, typed, shown)."""
    changes = [[v.id, field, typed, v.version, shown] for v, field, typed, shown in cells]
    fields = {"changes": json.dumps(changes), **more}
    return await submit(browser, f"{address}/grid", **fields)
