"""Drafts of what will move stock (a transfer, a purchase order): a numbered row and its lines.

Made once for a key: the claim is a row like the others, and its unique key refuses them all.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy.exc import IntegrityError

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError
from commerce_core.idempotency import IdempotencyKey
from commerce_core.inventory import ledger
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.journal import RowsTogether

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from commerce_core.database import Base
    from commerce_core.inventory.replays import Once

_Head = TypeVar("_Head", bound="Base")


@dataclass(frozen=True, slots=True)
class DraftKind(Generic[_Head]):
    """Two tables, the letter before a number, and the line's column that names its draft."""

    head: type[_Head]
    line: type[Base]
    letter: str
    belongs_to: str


def make_draft(
    session: Session,
    kind: DraftKind[_Head],
    once: Once,
    values: Mapping[str, Any],
    *,
    lines: Iterable[Mapping[str, Any]],
    places: Iterable[tuple[int, int]],
) -> _Head:
    """Write a draft and its lines, which are about ``places``; a replay gets the first draft.

    Two statements on PostgreSQL: one to check the places and take an id, one to write.

    Raises:
        VariantNotFoundError, LocationNotFoundError, InvalidInputError: as ``require_places``.
        IdempotencyConflictError: the key was used with other content.
    """
    try:
        number = ledger.id_about_places(session, kind.head, places)
        own = {"id": number, "number": f"{kind.letter}{number:05d}"}
        head = {"created_at": utc_now(), "details": {}, **values, **own}
        claim = once.sealed(number)
        rows = RowsTogether()
        if claim is not None:
            rows.insert(IdempotencyKey, claim)
        rows.insert(kind.head, head)
        for line in lines:
            rows.insert(kind.line, {kind.belongs_to: number, **line})
        with nullcontext() if claim is None else session.begin_nested():
            rows.write(session)
    except (CommerceError, IntegrityError):
        if (earlier := once.earlier()) is None:
            raise
        return session.get_one(kind.head, earlier, populate_existing=True)
    return persistent(session, kind.head, head)
