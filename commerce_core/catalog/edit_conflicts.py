"""Two editors met: what each wanted, so that neither loses work silently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commerce_core.errors import StaleEditsError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else changed since it was read.

    ``variant_id`` is None for a field of the product; ``version`` is the one to send when the
    editor has seen ``now`` and insists on ``yours``.
    """

    variant_id: int | None
    field: str
    yours: Any
    now: Any
    version: int


def stale_edits(conflicts: Sequence[Conflict]) -> StaleEditsError:
    """Return the refusal that shows both sides of each conflict."""
    fields = ", ".join(sorted({conflict.field for conflict in conflicts}))
    message = f"somebody else changed {fields} since you read it: nothing was saved"
    return StaleEditsError(message, conflicts=tuple(conflicts))
