"""What a matrix of options is: what somebody chose, and what choosing it would do.

``plan_matrix`` tells, ``apply_matrix`` does it; both say it in the words of this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from commerce_core.money import Money

MOST_AXES: Final = 5
MOST_COMBINATIONS: Final = 2_000

Combination = tuple[str, ...]
"""One value for each axis, in the order of the axes."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An option and the values a product has of it, in order.

    ``default`` is the value that variants get which have none on this axis so far.
    """

    option: str
    values: Sequence[str]
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Blocker:
    """What keeps a variant from being retired: ``12 pieces at HAM``. ``kind`` is for programs."""

    variant_id: int
    kind: str
    text: str


Blockers = Callable[[Session, Sequence[int]], Sequence[Blocker]]
"""A feature's answer to: what is in the way of retiring these variants?"""


@dataclass(frozen=True, slots=True)
class MatrixChoice:
    """What somebody wants of a product's variants.

    ``excluded`` are combinations that are not wanted. ``decisions`` says what becomes of single
    variants: the combination each shall have, or None to retire it. ``skus`` are SKUs of single
    new combinations, ``sku_pattern`` makes the others; ``price`` is theirs (that of the first
    variant, where left out).
    """

    axes: Sequence[Axis]
    sku_pattern: str = ""
    price: Money | None = None
    excluded: Collection[Combination] = ()
    decisions: Mapping[int, Combination | None] = field(default_factory=dict)
    skus: Mapping[Combination, str] = field(default_factory=dict)


class Outcome(StrEnum):
    """What would become of a combination or a variant."""

    CREATED = "created"
    KEPT = "kept"
    RESTORED = "restored"
    RETIRED = "retired"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One line of a preview.

    ``values`` are those it would have (of a retired one, those it has). ``problem`` is a sentence
    on why it cannot be applied yet, ``blockers`` what stands in the way, ``rivals`` the other
    variants that would have the same combination.
    """

    outcome: Outcome
    values: Combination
    sku: str
    variant_id: int | None = None
    problem: str | None = None
    blockers: Sequence[Blocker] = ()
    rivals: Sequence[int] = ()
    is_moved: bool = False


@dataclass(frozen=True, slots=True)
class MatrixPlan:
    """What ``choice`` would do to a product. Nothing has been done."""

    product_id: int
    choice: MatrixChoice
    rows: Sequence[MatrixRow]

    def having(self, outcome: Outcome) -> list[MatrixRow]:
        """Return the rows with this outcome."""
        return [row for row in self.rows if row.outcome is outcome]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many rows have each outcome."""
        return {outcome: len(self.having(outcome)) for outcome in Outcome}

    @property
    def problems(self) -> list[MatrixRow]:
        """The rows that keep the plan from being applied."""
        return [row for row in self.rows if row.problem is not None]

    @property
    def is_applicable(self) -> bool:
        """Tell whether it can be applied as it is."""
        return not self.problems

    @property
    def digest(self) -> str:
        """Say in few letters what the plan would do: another state gives another digest."""
        lines = [
            f"{row.outcome}|{row.variant_id}|{row.values!r}|{row.sku}|{row.problem}"
            for row in self.rows
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class MatrixResult:
    """What ``apply_matrix`` did: the ids of variants by outcome."""

    created: Sequence[int]
    kept: Sequence[int]
    restored: Sequence[int]
    retired: Sequence[int]
