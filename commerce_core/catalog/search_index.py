"""The indexes behind ``search.py``: what each database keeps of the words of the catalog.

PostgreSQL keeps the words of a row in a generated column ``search_words`` with an index: a row is
tested in a third of a microsecond, and ANALYZE tells the planner which words are common. SQLite
keeps full-text tables beside ``commerce_product`` and ``commerce_variant``, filled by triggers.
Both follow every INSERT and UPDATE by themselves, so whoever writes products in bulk has nothing
to do. They are no part of the metadata, which knows neither; ``create_all`` makes them all the
same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table, event

WORD_COLUMNS: Final = {
    "commerce_product": ("name",),
    "commerce_variant": ("sku", "name", "barcode"),
}
"""The columns whose words were searched first. Migrations read it: it never changes."""

SEARCHED: Final = {
    **WORD_COLUMNS,
    "commerce_variant": ("sku", "name", "barcode", "option_text"),
}
"""The columns of each table whose words can be searched."""

_Columns = Mapping[str, tuple[str, ...]]

_TRIGGERS: Final = (
    """
    CREATE TRIGGER {table}_words_added AFTER INSERT ON {table} BEGIN
      INSERT INTO {table}_words (rowid, {columns}) VALUES (new.id, {new});
    END
    """,
    """
    CREATE TRIGGER {table}_words_removed AFTER DELETE ON {table} BEGIN
      INSERT INTO {table}_words ({table}_words, rowid, {columns}) VALUES ('delete', old.id, {old});
    END
    """,
    """
    CREATE TRIGGER {table}_words_changed AFTER UPDATE OF {columns} ON {table} BEGIN
      INSERT INTO {table}_words ({table}_words, rowid, {columns}) VALUES ('delete', old.id, {old});
      INSERT INTO {table}_words (rowid, {columns}) VALUES (new.id, {new});
    END
    """,
)


def word_set(table: str, *, columns: _Columns = SEARCHED) -> str:
    """Return SQL for the words of a row: runs of letters and digits (PostgreSQL)."""
    texts = [f"coalesce({name}, '')" for name in columns[table]]
    content = " || ' ' || ".join(texts)
    split = f"regexp_split_to_array(lower({content}), '[^[:alnum:]]+')"
    return f"array_to_tsvector(array_remove({split}, ''))"


def postgresql_statements(table: str, columns: _Columns = WORD_COLUMNS) -> list[str]:
    """Return what makes the index of the words of ``table`` on PostgreSQL."""
    words = word_set(table, columns=columns)
    return [f"CREATE INDEX ix_{table}_words ON {table} USING gin ({words})"]


def words_column_statements(table: str) -> list[str]:
    """Return what gives ``table`` its column of words and the index on it (PostgreSQL)."""
    column = f"search_words tsvector GENERATED ALWAYS AS ({word_set(table)}) STORED"
    # With a list of pending entries the index looks so dear that the planner reads the table.
    index = "USING gin (search_words) WITH (fastupdate = off)"
    return [
        f"ALTER TABLE {table} ADD COLUMN {column}",
        f"CREATE INDEX ix_{table}_words ON {table} {index}",
    ]


def sqlite_statements(table: str, columns: _Columns = WORD_COLUMNS) -> list[str]:
    """Return what makes the full-text table ``{table}_words`` on SQLite.

    It holds no text of its own (``content``) and no positions: about 30 bytes a row.
    """
    searched = columns[table]
    names = ", ".join(searched)
    options = (
        f"content='{table}', content_rowid='id', tokenize='unicode61 remove_diacritics 0', "
        "prefix='2 3', detail='none', columnsize=0"
    )
    values = {
        "table": table,
        "columns": names,
        "new": ", ".join(f"new.{name}" for name in searched),
        "old": ", ".join(f"old.{name}" for name in searched),
    }
    create = f"CREATE VIRTUAL TABLE {table}_words USING fts5({names}, {options})"
    return [create, *(trigger.format(**values).strip() for trigger in _TRIGGERS)]


def add_word_search(table: Table) -> None:
    """Let ``create_all`` make the indexes of the words of ``table``, and ``drop_all`` drop them."""

    @event.listens_for(table, "after_create")
    def _create(_table: Table, connection: Connection, **_: Any) -> None:
        is_sqlite = connection.dialect.name == "sqlite"
        statements = (
            sqlite_statements(table.name, SEARCHED)
            if is_sqlite
            else words_column_statements(table.name)
        )
        for statement in statements:
            connection.exec_driver_sql(statement)

    @event.listens_for(table, "before_drop")
    def _drop(_table: Table, connection: Connection, **_: Any) -> None:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TABLE {table.name}_words")
