"""Papers that move stock in several steps (transfers, purchase orders): a numbered row and lines.

A draft is written in one go, a step locks the paper with its lines and writes what it changes
with the movements. What a key claims is a row like the others: its unique key refuses them all.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError, InvalidStateError
from commerce_core.idempotency import IdempotencyKey
from commerce_core.inventory import ledger
from commerce_core.inventory.ledger.objects import persistent
from commerce_core.journal import RowsTogether
from commerce_core.records import id_of, locked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session

    from commerce_core.database import Base
    from commerce_core.inventory.replays import Once

_Head = TypeVar("_Head", bound="Base")
_Line = TypeVar("_Line", bound="Base")


@dataclass(frozen=True, slots=True)
class PaperKind(Generic[_Head, _Line]):
    """Two tables, what the paper is called, and the line's column that names its paper."""

    head: type[_Head]
    line: type[_Line]
    name: str
    letter: str
    belongs_to: str

    def list_lines(self, session: Session, paper: _Head) -> Sequence[_Line]:
        """Return the lines of a paper as they are now."""
        line: Any = self.line
        query = select(self.line).filter_by(**{self.belongs_to: id_of(paper, self.head)})
        ordered = query.order_by(line.id).execution_options(populate_existing=True)
        return session.scalars(ordered).all()

    def lock(self, session: Session, paper: _Head) -> tuple[_Head, list[_Line]]:
        """Lock a paper and its lines until the transaction ends; return them as they are now."""
        head, line = self.head, self.line
        at: Any = line
        belongs: Any = getattr(line, self.belongs_to)
        query = (
            select(head, line)
            .join_from(head, line, belongs == head.id)  # type: ignore[attr-defined]
            .where(belongs == id_of(paper, head))
            .order_by(at.id)
            .with_for_update(key_share=True, of=[head, line])
            .execution_options(populate_existing=True)
        )
        rows = session.execute(query).all()
        current = rows[0][0] if rows else locked(session, paper, head)
        return current, [row[1] for row in rows]

    def require_state(self, paper: Any, allowed: Collection[Any], verb: str) -> None:
        """Return if a locked paper may be ``verb`` now.

        Raises:
            InvalidStateError: it is not in one of the ``allowed`` states.
        """
        if paper.status not in allowed:
            message = f"{self.name} {paper.number} is {paper.status.value}: it cannot be {verb}"
            raise InvalidStateError(message, number=paper.number, status=paper.status.value)


def make_draft(
    session: Session,
    kind: PaperKind[_Head, Any],
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
        rows = RowsTogether()
        with _claimed(session, rows, once, number):
            rows.insert(kind.head, head)
            for line in lines:
                rows.insert(kind.line, {kind.belongs_to: number, **line})
            rows.write(session)
    except (CommerceError, IntegrityError):
        if (earlier := once.earlier()) is None:
            raise
        return session.get_one(kind.head, earlier, populate_existing=True)
    return persistent(session, kind.head, head)


def write_step(
    batch: ledger.Batch,
    changes: Mapping[Any, Mapping[str, Any]],
    once: Once,
    answer: int,
    rows: RowsTogether | None = None,
) -> None:
    """Write what a step changes (record → new values) and its ``rows`` with its movements.

    Claims the key of ``once`` for ``answer``. Ask it first, under the lock of the paper.

    Raises:
        IdempotencyConflictError: another paper uses the key right now.
    """
    rows = RowsTogether() if rows is None else rows
    try:
        with _claimed(batch.session, rows, once, answer):
            ledger.write_with(batch, changes, rows)
    except IntegrityError:
        once.earlier()
        raise


def _claimed(
    session: Session, rows: RowsTogether, once: Once, answer: int
) -> AbstractContextManager[Any]:
    """Let ``rows`` claim the key, if there is one; what is written meets it within a savepoint."""
    claim = once.sealed(answer)
    if claim is None:
        return nullcontext()
    rows.insert(IdempotencyKey, claim)
    return session.begin_nested()
