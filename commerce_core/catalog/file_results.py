"""What became of the rows of a product file, or in a dry run what would."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_core.catalog.file_rows import RowProblem


class RowOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row of a file: ``changes`` maps fields to (before, after), ``problems`` refuse it."""

    line: int
    outcome: RowOutcome
    product: str = ""
    sku: str = ""
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    problems: Sequence[RowProblem] = ()


@dataclass(frozen=True, slots=True)
class ProductFileResult:
    """The rows of a file that were looked at, and the columns that mean nothing to us.

    ``counts`` are those of the whole import, also of what an interrupted run did before; ``rows``
    begin where this run began. ``import_id`` is None in a dry run.
    """

    rows: Sequence[RowResult]
    counts: Mapping[RowOutcome, int]
    ignored: Sequence[str]
    import_id: int | None = None

    @property
    def is_dry_run(self) -> bool:
        """Tell whether nothing was written."""
        return self.import_id is None

    @property
    def refused(self) -> list[RowResult]:
        """The rows that were refused, with why."""
        return [row for row in self.rows if row.outcome is RowOutcome.REFUSED]


def counted(rows: Sequence[RowResult]) -> dict[RowOutcome, int]:
    """Return how many rows have each outcome."""
    found = Counter(row.outcome for row in rows)
    return {outcome: found[outcome] for outcome in RowOutcome}
