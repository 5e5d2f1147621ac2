"""Replay the journal and compare it with the levels: the books must agree with themselves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.inventory.models import QUANTITIES, StockLevel, StockMovement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_ROWS_AT_ONCE: Final = 20_000
_RESULTS: Final = tuple(getattr(StockMovement, name) for name in QUANTITIES)
_DELTAS: Final = tuple(getattr(StockMovement, f"{name}_delta") for name in QUANTITIES)


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the journal and a level, or two movements, disagree.

    ``version`` is the movement's version, or None when the level itself differs from the end of
    its journal.
    """

    level_id: int
    version: int | None
    quantity: str
    expected: int
    found: int

    def __str__(self) -> str:
        where = "now" if self.version is None else f"at version {self.version}"
        return (
            f"level {self.level_id} {where}: {self.quantity} is {self.found}, "
            f"the journal says {self.expected}"
        )


def verify_ledger(session: Session, *, variant_id: int | None = None) -> Sequence[Difference]:
    """Replay every movement (of one variant, or of all) and return every difference.

    Checks that versions of each level run 1, 2, 3 … without a gap, that each movement's result
    is the one before plus its delta, and that the level equals
    its last movement. Reads in chunks of 20,000; run it in one read transaction, or writers in
    between show up as differences.
    """
    differences: list[Difference] = []
    state: dict[int, tuple[int, ...]] = defaultdict(lambda: (0,) * len(QUANTITIES))
    versions: dict[int, int] = defaultdict(int)
    for level_id, version, results, deltas in _movements(session, variant_id):
        if version != versions[level_id] + 1:
            differences.append(
                Difference(level_id, version, "version", versions[level_id] + 1, version)
            )
        expected = tuple(a + b for a, b in zip(state[level_id], deltas, strict=True))
        if expected != results:
            differences.extend(_compare(level_id, version, expected, results))
        state[level_id], versions[level_id] = results, version
    differences.extend(_levels_against(session, variant_id, state, versions))
    return differences


def _movements(
    session: Session, variant_id: int | None
) -> Iterator[tuple[int, int, tuple[int, ...], tuple[int, ...]]]:
    """Yield (level, version, results, deltas) of every movement, level by level in order."""
    query: Select[Any] = select(StockMovement.level_id, StockMovement.version, *_RESULTS, *_DELTAS)
    if variant_id is not None:
        query = query.where(StockMovement.variant_id == variant_id)
    query = query.order_by(StockMovement.level_id, StockMovement.version)
    split = 2 + len(QUANTITIES)
    for row in session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
        values = tuple(row)
        yield values[0], values[1], values[2:split], values[split:]


def _levels_against(
    session: Session,
    variant_id: int | None,
    state: dict[int, tuple[int, ...]],
    versions: dict[int, int],
) -> list[Difference]:
    differences: list[Difference] = []
    columns = (getattr(StockLevel, name) for name in QUANTITIES)
    query: Select[Any] = select(StockLevel.id, StockLevel.version, *columns)
    if variant_id is not None:
        query = query.where(StockLevel.variant_id == variant_id)
    for row in session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
        level_id, version, found = row[0], row[1], tuple(row[2:])
        if version != versions[level_id]:
            differences.append(Difference(level_id, None, "version", versions[level_id], version))
        differences.extend(_compare(level_id, None, state[level_id], found))
    return differences


def _compare(
    level_id: int, version: int | None, expected: tuple[int, ...], found: tuple[int, ...]
) -> list[Difference]:
    return [
        Difference(level_id, version, name, wanted, got)
        for name, wanted, got in zip(QUANTITIES, expected, found, strict=True)
        if wanted != got
    ]
