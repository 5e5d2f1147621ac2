from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Table, inspect

from commerce_core.database import TABLE_PREFIX, Base, metadata_for
from commerce_core.database.schema import FEATURES
from commerce_core.errors import InvalidInputError
from commerce_core.inventory import get_location, ship_stock, verify_ledger
from commerce_core.journal import ensure_epoch, read_cursor, tail
from commerce_core.models import StockMovement, metadata
from commerce_core.testing import make_variant
from commerce_core.tests.databases import opened
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper, Session

FLOORS = {
    "journal": 0,
    "idempotency": 0,
    "catalog": 1,
    "customers": 1,
    "inventory": 2,
    "orders": 3,
    "importing": 4,
    "logistics": 4,
}
"""The features from the bottom to the top. Those of one floor do not know each other."""

PERSONAL = {
    "actor",
    "address",
    "birth_date",
    "customer_id",
    "email",
    "phone",
    "shipping_address",
    "updated_by",
}
"""Names of columns that say something about a person, in whatever table they stand."""

KEPT = {
    "commerce_option_type",
    "commerce_stock_level",
    "commerce_stock_location",
    "commerce_variant",
}
"""Rows that are archived or closed, never deleted."""

TABLES = metadata.sorted_tables


def mappers() -> list[Mapper[Any]]:
    return sorted(Base.registry.mappers, key=str)


def feature_of(table: Table) -> str:
    """Return the feature that owns a table, from the module of its class."""
    owner = next(mapper for mapper in mappers() if mapper.local_table is table)
    return owner.class_.__module__.split(".")[1]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_foreign_key_points_to_the_same_feature_or_one_below(table: Table) -> None:
    here = feature_of(table)
    for key in table.foreign_keys:
        there = feature_of(key.column.table)

        assert here == there or FLOORS[there] < FLOORS[here], f"{table} points to {there}"


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_name_in_the_database_carries_the_prefix(table: Table) -> None:
    assert table.name.startswith(TABLE_PREFIX)
    parts: list[Any] = [*table.constraints, *table.indexes]
    for part in parts:
        assert part.name is not None
        assert TABLE_PREFIX in part.name
        assert len(part.name) <= 63, "PostgreSQL would cut it"


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_foreign_key_to_what_may_be_deleted_has_an_index(table: Table) -> None:
    """Without one, deleting the row it points to reads the whole table."""
    leading = {next(iter(index.columns)).name for index in table.indexes if index.columns}
    leading |= {
        next(iter(key.columns)).name  # type: ignore[attr-defined]
        for key in table.constraints
        if key.__visit_name__ in {"unique_constraint", "primary_key_constraint"}
    }
    pointing = {key.parent.name for key in table.foreign_keys if key.column.table.name not in KEPT}

    assert pointing - leading == set()


@pytest.mark.parametrize("mapper", mappers(), ids=str)
def test_no_relationship_loads_by_itself(mapper: Mapper[Any]) -> None:
    for relation in mapper.relationships:
        assert relation.lazy == "raise", f"{relation}"


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_personal_data_is_registered_with_its_retention(table: Table) -> None:
    registered = set(table.info.get("personal_data", ()))
    suspicious = PERSONAL & set(table.columns.keys())

    assert suspicious <= registered, f"{table}: put {suspicious - registered} into its info"
    assert registered <= set(table.columns.keys())
    assert bool(registered) == bool(table.info.get("retention"))


def test_what_is_known_of_a_customer_is_personal() -> None:
    customer = metadata.tables["commerce_customer"]

    assert {"number", "name", "email"} <= set(customer.info["personal_data"])


# --- a host that takes only some features ---------------------------------------------------


def test_catalog_and_inventory_work_without_the_rest(empty_url: str) -> None:
    def trade(session: Session) -> tuple[int, int, int]:
        ensure_epoch(session)
        cursor = read_cursor(session)
        variant = make_variant(session, sku="A-1", on_hand=5)
        hall = get_location(session, code="HAM")
        left = ship_stock(session, variant, hall, quantity=2, actor="ann").on_hand
        seen = len(tail(session, StockMovement, cursor).rows)
        return left, len(verify_ledger(session)), seen

    with opened(empty_url) as database:
        metadata_for({"catalog", "inventory"}).create_all(database.engine)
        names = set(inspect(database.engine).get_table_names())

        assert database.run(trade) == (3, 0, 0)
        assert not {"commerce_order", "commerce_order_line", "commerce_customer"} & names


def test_its_tables_are_the_same_as_in_the_whole() -> None:
    for table in metadata_for({"catalog", "inventory"}).sorted_tables:
        whole = metadata.tables[table.name]
        for part in ("constraints", "indexes", "columns"):
            assert {str(x.name) for x in getattr(table, part)} == {
                str(x.name) for x in getattr(whole, part)
            }


def test_all_features_together_are_everything() -> None:
    assert set(metadata_for(set(FEATURES)).tables) == set(metadata.tables)


@pytest.mark.parametrize(
    ("features", "problem"),
    [({"inventory"}, "points to commerce_variant"), ({"stock"}, "no such feature: stock")],
)
def test_a_choice_that_cannot_stand_is_refused(features: set[str], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        metadata_for(features)


@pytest.mark.parametrize("feature", FEATURES)
def test_one_feature_imported_alone_can_be_used(feature: str, sqlite_files: Any) -> None:
    code = f"""
from commerce_core.{feature} import models
from commerce_core.database import make_engine, make_session_factory
from commerce_core.database.schema import Base
import sys
with make_session_factory(make_engine(sys.argv[1]))() as session:
    for mapper in list(Base.registry.mappers):
        session.query(mapper.class_).first()
    from commerce_core.customers.models import Customer
    session.add(Customer(number="1"))
    session.flush()
"""
    command = [sys.executable, "-W", "error::DeprecationWarning", "-c", code, sqlite_files.url()]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
