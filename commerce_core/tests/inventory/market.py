"""A small shop for the tests of promises, on both databases, both kinds of session, and on the
tables of the catalog and of stock alone.

The databases live as long as the run; each test gets them empty. Whatever a test did, its books
must agree at the end.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect, text

from commerce_core.clock import use_clock
from commerce_core.database import TABLE_PREFIX
from commerce_core.inventory import (
    StockLevel,
    StockMovement,
    create_location,
    find_level,
    receive_stock,
    stock_history,
    verify_ledger,
    verify_promises,
)
from commerce_core.inventory.models import QUANTITIES
from commerce_core.journal import ensure_epoch
from commerce_core.testing import FrozenClock, make_location, make_variant
from commerce_core.tests.databases import Database, create_stock_alone, opened, unit_of_work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from commerce_core.catalog.models import Variant
    from commerce_core.errors import CommerceError
    from commerce_core.inventory import StockLocation
    from commerce_core.tests.databases import PostgresServer, SqliteFiles

VENUES = (
    ("sqlite", "Session", "all tables"),
    ("sqlite", "AsyncSession", "stock alone"),
    pytest.param(("postgresql", "Session", "stock alone"), marks=pytest.mark.postgres),
    pytest.param(("postgresql", "AsyncSession", "all tables"), marks=pytest.mark.postgres),
)
"""Every database with every kind of session, and each of both with every set of tables."""
_ALL_OF = "SELECT * FROM "
ANN = "ann"


@dataclass
class Venue:
    """A database, a way to run a step in a transaction of it, and the clock in use there."""

    database: Database
    run: Callable[[Callable[[Session], Any]], Any]
    clock: FrozenClock

    def __post_init__(self) -> None:
        self.opened_at = self.clock.now()
        names = inspect(self.database.engine).get_table_names()
        self.tables = [name for name in sorted(names) if name.startswith(TABLE_PREFIX)]

    def clear(self) -> None:
        """Empty every table (but what the journal needs) and put the clock back."""
        self.clock.move(seconds=(self.opened_at - self.clock.now()).total_seconds())
        kept = ("journal", "version", "_words")
        names = [name for name in self.tables if not any(word in name for word in kept)]
        deletes = [f"DELETE FROM {name}" for name in names]  # noqa: S608 - our own tables
        with self.database.engine.connect() as connection:
            if self.database.is_postgresql:  # without checking foreign keys: all goes anyway
                connection.exec_driver_sql(
                    f"SET LOCAL session_replication_role = replica; {'; '.join(deletes)}"
                )
            else:
                connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
                for delete in deletes:
                    connection.exec_driver_sql(delete)
            connection.commit()

    def contents(self) -> dict[str, list[Any]]:
        """Return every row of every table of ours."""
        with self.database.engine.connect() as connection:
            return {
                name: sorted(map(tuple, connection.execute(text(_ALL_OF + name))), key=repr)
                for name in self.tables
                if "_words" not in name
            }


@contextmanager
def opened_venue(kind: tuple[str, str, str], servers: Callable[[str], Any]) -> Iterator[Venue]:
    """Yield a venue of the kind (database, session, tables)."""
    name, session, tables = kind
    migrated = tables == "all tables"
    with ExitStack() as stack:
        if name == "sqlite":
            files: SqliteFiles = servers("sqlite_files")
            url = files.url() if migrated else files.stock_alone_url()
        else:
            server: PostgresServer = servers("postgres_server")
            url = stack.enter_context(server.database(migrated=migrated))
            if not migrated:
                create_stock_alone(url)
        clock = FrozenClock()
        database = stack.enter_context(opened(url))
        database.run(ensure_epoch)
        yield Venue(database, stack.enter_context(unit_of_work(database, session)), clock)


@dataclass
class Market:
    """A variant and two places, and short ways to act on them, each in its own transaction."""

    venue: Venue
    variant: Variant
    hall: StockLocation
    shed: StockLocation

    @property
    def clock(self) -> FrozenClock:
        return self.venue.clock

    def run(self, step: Callable[[Session], Any]) -> Any:
        """Run ``step`` in a transaction of its own and commit it."""
        return self.venue.run(step)

    def stock(self, quantity: int, *, at: StockLocation | None = None, of: Any = None) -> None:
        """Receive pieces."""
        variant, place = of or self.variant, at or self.hall
        self.run(lambda s: receive_stock(s, variant, place, quantity=quantity, actor=ANN))

    def do(self, verb: Any, *, at: StockLocation | None = None, of: Any = None, **how: Any) -> Any:
        """Run a verb about a variant and a place, as Ann, and commit."""
        variant, place = of or self.variant, at or self.hall
        return self.run(lambda s: verb(s, variant, place, **{"actor": ANN, **how}))

    def to(self, verb: Any, *what: Any, **how: Any) -> Any:
        """Run a verb about ``what``, as Ann, and commit."""
        return self.run(lambda s: verb(s, *what, **{"actor": ANN, **how}))

    def ask(self, query: Any, *what: Any, **how: Any) -> Any:
        """Run a query about ``what``."""
        return self.run(lambda s: query(s, *what, **how))

    def level(self, *, at: StockLocation | None = None, of: Any = None) -> StockLevel:
        found = self.run(lambda s: find_level(s, of or self.variant, at or self.hall))
        assert isinstance(found, StockLevel)
        return found

    def now(self, *, at: StockLocation | None = None, of: Any = None) -> dict[str, int]:
        """Return the quantities of a level that are not 0, and what is available."""
        level = self.level(at=at, of=of)
        there = {name: getattr(level, name) for name in QUANTITIES if getattr(level, name)}
        return there | {"available": level.available}

    def story(self, *, at: StockLocation | None = None, of: Any = None) -> list[StockMovement]:
        """Return the movements of a level, the oldest first."""
        variant, place = of or self.variant, at or self.hall
        return list(reversed(self.run(lambda s: stock_history(s, variant, location=place))))

    def kinds(self, **where: Any) -> list[str]:
        return [str(movement.kind) for movement in self.story(**where)]

    def another(self, sku: str) -> Variant:
        made: Variant = self.run(lambda s: make_variant(s, sku=sku))
        return made

    def place(self, code: str, *, priority: int = 0) -> StockLocation:
        made: StockLocation = self.run(lambda s: create_location(s, code=code, priority=priority))
        return made

    def close(self, place: StockLocation) -> None:
        self._set("commerce_stock_location", "is_open = false", place.id)
        place.is_open = False

    def archive(self, variant: Variant) -> None:
        self._set("commerce_variant", "status = 'archived'", variant.id)

    def _set(self, table: str, change: str, number: int) -> None:
        self.venue.database.sql(f"UPDATE {table} SET {change} WHERE id = :id", id=number)  # noqa: S608 - tests

    def refused(self, kind: type[CommerceError], step: Callable[[Session], Any]) -> Any:
        """Run a step that must raise ``kind`` and leave no trace, though its caller commits."""
        before = self.venue.contents()

        def caught(session: Session) -> CommerceError:
            with pytest.raises(kind) as found:
                step(session)
            assert type(found.value) is kind
            return found.value

        error = self.run(caught)
        assert self.venue.contents() == before
        return error

    def refuses(self, kind: type[CommerceError], verb: Any, *what: Any, **how: Any) -> Any:
        """As ``refused``, for a verb about ``what``, as Ann."""
        return self.refused(kind, lambda s: verb(s, *what, **{"actor": ANN, **how}))

    def audit(self) -> list[str]:
        """Return every disagreement of the books: of the journal, and of the promises."""
        found: Sequence[Any] = [
            *self.run(verify_ledger),
            *self.run(verify_promises),
        ]
        return [str(difference) for difference in found]


@pytest.fixture(scope="session", params=VENUES, ids=" ".join)
def venue(request: pytest.FixtureRequest) -> Iterator[Venue]:
    with opened_venue(request.param, request.getfixturevalue) as found:
        yield found


@pytest.fixture
def market(venue: Venue) -> Iterator[Market]:
    """Return an empty shop; the test runs at every venue, and the books must agree after it."""
    venue.clear()
    with use_clock(venue.clock):
        opening = Market(
            venue,
            venue.run(lambda s: make_variant(s, sku="LAMP")),
            venue.run(make_location),
            venue.run(lambda s: create_location(s, code="SHED", priority=1)),
        )
        yield opening
        assert opening.audit() == []
