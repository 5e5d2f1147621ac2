"""Who changed what in the catalog, and when. Every verb of the catalog records here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select

from commerce_core.catalog.change_models import CatalogChange, ChangeKind
from commerce_core.catalog.models import Product
from commerce_core.clock import utc_now
from commerce_core.records import id_of
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

ACTOR_LENGTH: Final = 120
NOBODY: Final = "system"
"""Who acts where a program names nobody."""
MAX_PAGE: Final = 500


def require_actor(actor: str) -> str:
    """Return ``actor`` without outer spaces; raises InvalidTextError if it is empty or long."""
    return clean_text(actor, name="the actor", max_length=ACTOR_LENGTH)


@dataclass(slots=True)
class ChangeLog:
    """Changes of one unit of work, written with one statement at its end."""

    actor: str
    at: datetime = field(default_factory=utc_now)
    _rows: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        product_id: int,
        changes: Mapping[str, tuple[Any, Any]],
        *,
        kind: ChangeKind = ChangeKind.EDITED,
        variant_id: int | None = None,
    ) -> None:
        """Note ``{field: (before, after)}``; nothing is noted where nothing changed."""
        noted = {name: [shown_value(old), shown_value(new)] for name, (old, new) in changes.items()}
        if noted:
            self._rows.append(
                {
                    "product_id": product_id,
                    "variant_id": variant_id,
                    "kind": kind,
                    "changes": noted,
                    "actor": self.actor,
                    "occurred_at": self.at,
                }
            )

    def write(self, session: Session) -> None:
        """Write what was noted."""
        if self._rows:
            session.execute(insert(CatalogChange), self._rows)
            self._rows = []


def shown_value(value: Any) -> str | None:
    """Return ``value`` as a history shows it."""
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def product_history(
    session: Session, product: Product, *, before: int | None = None, limit: int = 100
) -> Sequence[CatalogChange]:
    """Return the changes of a product and its variants, newest first.

    ``before`` is the id of the last change of the page before this one.
    """
    query = select(CatalogChange).filter_by(product_id=id_of(product, Product))
    if before is not None:
        query = query.where(CatalogChange.id < before)
    newest = query.order_by(CatalogChange.id.desc()).limit(max(1, min(limit, MAX_PAGE)))
    return session.scalars(newest).all()
