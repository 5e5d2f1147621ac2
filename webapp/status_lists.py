"""Lists of records by the state they are in, newest first: reading a page, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

PAGE_SIZE: Final = 50
Row = TypeVar("Row")
State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class StatusList(Generic[Row]):
    """A page of a list. ``before`` continues it, None at its end."""

    rows: Sequence[Row]
    by_status: Mapping[Any, int]
    """How many records there are in each state, on all pages."""
    before: int | None


def wanted_status(kind: type[State], text: str) -> State | None:
    """Return the state that an address asks for; None, which is all, where it names none."""
    return kind(text) if text in set(kind) else None


def read_page(
    session: Session, query: Select[Any], status: StrEnum | None, before: int | None
) -> StatusList[Any]:
    """Read a page of what ``query`` selects, whose first column is the record. Two statements."""
    record: Any = query.column_descriptions[0]["entity"]
    page = query.order_by(record.id.desc()).limit(PAGE_SIZE + 1)
    if status is not None:
        page = page.where(record.status == status)
    if before is not None:
        page = page.where(record.id < before)
    found = session.execute(page).all()
    counts = session.execute(select(record.status, func.count()).group_by(record.status))
    more = found[PAGE_SIZE - 1][0].id if len(found) > PAGE_SIZE else None
    return StatusList(found[:PAGE_SIZE], {state: int(count) for state, count in counts}, more)


def status_context(
    found: StatusList[Any], status: State | None, kind: type[State], *, path: str
) -> dict[str, Any]:
    """Return what every such list shows: its rows, its states with their numbers, its next page."""
    query = f"status={status.value}&" if status else ""
    return {
        "found": found,
        "status": status,
        "statuses": list(kind),
        "total": sum(found.by_status.values()),
        "next_page": f"{path}?{query}before={found.before}" if found.before else "",
    }
