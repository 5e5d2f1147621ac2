"""Migrating from empty gives the tables of the models, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from commerce_core import make_engine, make_session_factory
from commerce_core import migrations as core_migrations
from commerce_core.errors import DatabaseNotMigratedError
from webapp import migrations
from webapp.products.import_models import ProductUpload

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

WEB_TABLES = {
    "commerce_web_user",
    "commerce_web_session",
    "commerce_web_login_throttle",
    "commerce_web_product_upload",
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres"))
    return f"sqlite:///{tmp_path / 'empty.db'}"


def tables(url: str) -> set[str]:
    engine = make_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def describe(engine: Engine) -> dict[str, Any]:
    """Everything about the web tables that both ways of making them must agree on."""
    seen = inspect(engine)
    return {
        name: {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"], str(c["default"]))
                for c in seen.get_columns(name)
            },
            "primary key": seen.get_pk_constraint(name),
            "unique": sorted(str(u["name"]) for u in seen.get_unique_constraints(name)),
            "checks": sorted(
                (str(c["name"]), c["sqltext"]) for c in seen.get_check_constraints(name)
            ),
            "indexes": sorted((i["name"], i["column_names"]) for i in seen.get_indexes(name)),
            "foreign keys": [
                (k["name"], k["options"].get("ondelete")) for k in seen.get_foreign_keys(name)
            ],
        }
        for name in sorted(WEB_TABLES)
    }


def test_migrating_equals_the_models(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    engine = make_engine(empty_url)
    with engine.connect() as connection:
        options = {"version_table": migrations.VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, ProductUpload.metadata) == []
    migrated = describe(engine)
    ProductUpload.metadata.drop_all(engine)
    ProductUpload.metadata.create_all(engine)
    assert describe(engine) == migrated
    engine.dispose()


def test_both_histories_live_in_one_database(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    assert tables(empty_url) == {*WEB_TABLES, migrations.VERSION_TABLE}
    core_migrations.upgrade(empty_url)
    assert {*WEB_TABLES, migrations.VERSION_TABLE, core_migrations.VERSION_TABLE} < tables(
        empty_url
    )


def test_migrating_again_changes_nothing(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    before = tables(empty_url)
    migrations.upgrade(empty_url)
    assert tables(empty_url) == before


def test_a_database_without_our_tables_is_named(empty_url: str) -> None:
    engine = make_engine(empty_url)
    with (
        make_session_factory(engine)() as session,
        pytest.raises(DatabaseNotMigratedError, match="commerce migrate --database URL"),
    ):
        migrations.require_migrated(session)
    engine.dispose()


def test_a_database_of_a_newer_version_is_named(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    engine = make_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE commerce_web_version SET version_num = '9999'"))
    with (
        make_session_factory(engine)() as session,
        pytest.raises(DatabaseNotMigratedError, match="newer version"),
    ):
        migrations.require_migrated(session)
    engine.dispose()


def test_every_revision_can_be_taken_back(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    engine = make_engine(empty_url)
    with engine.connect() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()
    assert tables(empty_url) == {migrations.VERSION_TABLE}
