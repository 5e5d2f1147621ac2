"""A shop of any size for the board's benchmark, written in bulk.

Eight variants a product (eight colours), three locations. One level in twenty is below its
minimum. Product names are "noun family number": a family is one of 400, a noun one of 80, so a
search for either finds what a search in a real shop of that size would: more in a larger one. And
60 products, spread evenly over either shop, are "jubilee": that word, alone or with a colour, finds
just as much at every size.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import product as pairs
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, text

from commerce_core.catalog.models import OptionType, OptionValue, Product, Variant
from commerce_core.catalog.models import VariantOptionValue as Chosen
from commerce_core.clock import utc_now
from commerce_core.database import is_postgresql, make_engine, make_session_factory
from commerce_core.flows import run_in_transaction
from commerce_core.inventory.models import StockLevel, StockLocation, StockMovement
from commerce_core.journal import stamp
from commerce_core.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

COLOURS = ("Chalk", "Sage", "Ink", "Oat", "Pine", "Rust", "Slate", "Moss")
LOCATIONS = (("HAM", "Hamburg"), ("LEI", "Leipzig"), ("KOE", "Köln shop"))
FAMILIES = tuple("".join(p) for p in pairs(
    ("Al", "Be", "Fe", "Gre", "Ha", "Jo", "Ka", "Li", "Mo", "Ne"),
    ("bru", "da", "lin", "mar", "no", "rik", "sta", "ven"),
    ("a", "e", "ka", "o", "us"),
))  # fmt: skip
NOUNS = tuple("".join(p) for p in pairs(
    ("rain", "sun", "tea", "wall", "bed", "table", "wool", "garden"),
    ("bag", "bowl", "cloth", "cover", "frame", "jar", "lamp", "rug", "shirt", "tray"),
))  # fmt: skip
JUBILEE = 60
"""So many products are called so, in a shop of any size."""
ROWS_AT_ONCE = 5_000


def fill_shop(url: str, variants: int) -> None:
    """Migrate the empty database at ``url`` and write the shop into it."""
    upgrade(url)
    engine = make_engine(url)
    factory = make_session_factory(engine)
    now = utc_now()
    run_in_transaction(factory, _write_places)
    for table, rows in _rows(variants, now):
        for chunk in _chunks(rows):
            run_in_transaction(factory, partial(_write, table=table, rows=chunk))
    run_in_transaction(factory, lambda session: session.execute(text("ANALYZE")))
    engine.dispose()


def _write(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    if table is StockMovement:
        extra = stamp(session)
        rows = [row | extra for row in rows]
    session.execute(insert(table), rows)


def _write_places(session: Session) -> None:
    for number, (code, name) in enumerate(LOCATIONS, 1):
        session.add(StockLocation(id=number, code=code, name=name, priority=number, is_open=True))
    session.add(OptionType(id=1, name="Colour"))
    session.flush()
    for number, colour in enumerate(COLOURS, 1):
        swatch = f"#{number * 25:02x}8060"
        session.add(OptionValue(id=number, option_type_id=1, name=colour, swatch=swatch))
    session.flush()
    if is_postgresql(session):
        session.execute(text("SELECT setval('commerce_stock_location_id_seq', 100)"))


def _rows(variants: int, now: datetime) -> Iterator[tuple[Any, Iterator[dict[str, Any]]]]:
    """Yield each table with its rows."""
    dice = Random(7)
    products = variants // 8
    yield Product, (_product(number, products, now) for number in range(1, products + 1))
    yield Variant, (_variant(number, now) for number in range(1, variants + 1))
    yield Chosen, (_chosen(number) for number in range(1, variants + 1))
    yield StockLevel, (_level(dice, number) for number in range(variants * 3))
    yield StockMovement, (_sale(dice, number, now) for number in range(variants * 3))


def _product(number: int, products: int, now: datetime) -> dict[str, Any]:
    name = f"{NOUNS[number % 80].capitalize()} {FAMILIES[number * 7 % 400]} {number}"
    if number * JUBILEE // products != (number - 1) * JUBILEE // products:
        name += " jubilee"
    return {"id": number, "name": name, "slug": f"p-{number}", "created_at": now}


def _variant(number: int, now: datetime) -> dict[str, Any]:
    product, place = divmod(number - 1, 8)
    sku = f"{FAMILIES[(product + 1) * 7 % 400][:3].upper()}-{product + 1:05}-{place}"
    return {
        "id": number,
        "product_id": product + 1,
        "sku": sku,
        "sku_key": sku,
        "name": COLOURS[place],
        "barcode": f"{4_000_000_000_000 + number}",
        "combination": str(place + 1),
        "position": place,
        "price": 10,
        "currency": "EUR",
        "created_at": now,
    }


def _chosen(number: int) -> dict[str, Any]:
    colour = (number - 1) % 8 + 1
    return {"variant_id": number, "option_type_id": 1, "option_value_id": colour}


def _level(dice: Random, number: int) -> dict[str, Any]:
    on_hand = 0 if dice.random() < 0.05 else dice.randint(8, 40)
    return {
        "id": number + 1,
        "variant_id": number // 3 + 1,
        "location_id": number % 3 + 1,
        "on_hand": on_hand,
        "minimum": 5 if dice.random() < 0.8 else 0,
        "version": 1,
    }


def _sale(dice: Random, number: int, now: datetime) -> dict[str, Any]:
    return {
        "level_id": number + 1,
        "variant_id": number // 3 + 1,
        "location_id": number % 3 + 1,
        "kind": "shipped",
        "on_hand_delta": -dice.randint(1, 4),
        "actor": "benchmark",
        "occurred_at": now - timedelta(days=dice.random() * 20),
        "recorded_at": now,
        "version": 1,
    }


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
