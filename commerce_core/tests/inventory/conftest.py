from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.inventory import create_location, verify_ledger
from commerce_core.inventory.queries import find_level
from commerce_core.testing import make_location, make_variant
from commerce_core.tests.databases import opened
from commerce_core.tests.inventory.market import market, venue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from commerce_core.catalog import Variant
    from commerce_core.inventory import StockLevel, StockLocation
    from commerce_core.tests.databases import Database, SqliteFiles

    Verb = Callable[..., Any]

__all__ = ["market", "venue"]


@pytest.fixture
def sqlite(sqlite_files: SqliteFiles) -> Iterator[Database]:
    """Return a fresh SQLite file with the tables of the catalog and of stock, and no others.

    So each test here shows that stock stands without orders; on PostgreSQL all tables are there.
    """
    with opened(sqlite_files.stock_alone_url()) as database:
        yield database


@dataclass
class Shop:
    """One variant and two places, and short ways to act on them, each in its own transaction."""

    database: Database
    run: Callable[[Any], Any]
    variant: Variant
    hall: StockLocation
    shed: StockLocation

    def do(self, verb: Verb, *, at: StockLocation | None = None, **values: Any) -> Any:
        """Run a verb as Ann on the variant in the hall, and commit."""
        values.setdefault("actor", "ann")
        place = at or self.hall
        return self.run(lambda session: verb(session, self.variant, place, **values))

    def level(self, at: StockLocation | None = None) -> StockLevel | None:
        place = at or self.hall
        found: StockLevel | None = self.run(lambda s: find_level(s, self.variant, place))
        return found

    @property
    def on_hand(self) -> int:
        level = self.level()
        return 0 if level is None else level.on_hand

    def close_the_hall(self) -> None:
        self.hall.is_open = False
        self.database.sql("UPDATE commerce_stock_location SET is_open = false WHERE code = 'HAM'")

    def set_level(self, assignments: str) -> None:
        """Change the level's row past the ledger, as a later verb might leave it."""
        self.database.sql(f"UPDATE commerce_stock_level SET {assignments}")  # noqa: S608 - a test

    def forget_promises(self) -> None:
        """Take what ``set_level`` put there out of the movements again."""
        cleared = "damaged = 0, quality_control = 0, allocated = 0, safety_stock = 0"
        self.database.sql(f"UPDATE commerce_stock_movement SET {cleared}")  # noqa: S608 - a test


def make_shop(database: Database, run: Callable[[Any], Any]) -> Shop:
    def build(session: Session) -> tuple[Variant, StockLocation, StockLocation]:
        variant = make_variant(session, sku="LAMP-1")
        return variant, make_location(session), create_location(session, code="SHED")

    return Shop(database, run, *database.run(build))


@pytest.fixture
def shop(database: Database, run: Callable[[Any], Any]) -> Iterator[Shop]:
    """Return a shop whose verbs run through each kind of session on each database.

    Whatever the test did, its books must agree at the end.
    """
    shop = make_shop(database, run)
    yield shop
    assert [str(found) for found in run(verify_ledger)] == []
