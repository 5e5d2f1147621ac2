"""Tables of customers."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from commerce_core.database import Base, Details, ExternalReference, Timestamps, big_id


class Customer(ExternalReference, Details, Timestamps, Base):
    """Somebody who bought, or may. ``number`` is what people call the customer by."""

    __tablename__ = "commerce_customer"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("system", "external_id"),
        Index(None, "email"),
        {"info": {"personal_data": ("number", "name", "email", "details"), "retention": "account"}},
    )

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    number: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    email: Mapped[str | None] = mapped_column(String(254))
    country: Mapped[str | None] = mapped_column(String(64), index=True)
    locale: Mapped[str | None] = mapped_column(String(16))


NAME_INDEX: Final = "ix_commerce_customer_name_words"
CREATE_NAME_INDEX: Final = (
    f"CREATE INDEX {NAME_INDEX} ON commerce_customer USING gin (to_tsvector('simple', name))"
)
"""What ``search.py`` asks on PostgreSQL. It is no part of the metadata, which has no such index."""

NAME_WORDS: Final = "commerce_customer_words"
CREATE_NAME_WORDS: Final = (
    """CREATE VIRTUAL TABLE commerce_customer_words USING fts5(
      name, content='commerce_customer', content_rowid='id',
      tokenize='unicode61 remove_diacritics 0', prefix='2 3'
    )""",
    """CREATE TRIGGER commerce_customer_words_added AFTER INSERT ON commerce_customer BEGIN
      INSERT INTO commerce_customer_words (rowid, name) VALUES (new.id, new.name);
    END""",
    """CREATE TRIGGER commerce_customer_words_removed AFTER DELETE ON commerce_customer BEGIN
      INSERT INTO commerce_customer_words (commerce_customer_words, rowid, name)
      VALUES ('delete', old.id, old.name);
    END""",
    """CREATE TRIGGER commerce_customer_words_changed
    AFTER UPDATE OF name ON commerce_customer BEGIN
      INSERT INTO commerce_customer_words (commerce_customer_words, rowid, name)
      VALUES ('delete', old.id, old.name);
      INSERT INTO commerce_customer_words (rowid, name) VALUES (new.id, new.name);
    END""",
    "INSERT INTO commerce_customer_words (commerce_customer_words) VALUES ('rebuild')",
)
"""The same on SQLite: a full-text table without text of its own, kept up by triggers."""


@event.listens_for(Customer.__table__, "after_create")
def _create_index(_table: Any, connection: Connection, **_: Any) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in CREATE_NAME_WORDS if is_sqlite else (CREATE_NAME_INDEX,):
        connection.exec_driver_sql(statement)


@event.listens_for(Customer.__table__, "before_drop")
def _drop_index(_table: Any, connection: Connection, **_: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP TABLE {NAME_WORDS}")
