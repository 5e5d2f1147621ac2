"""Write a batch together with new values of records that were read under a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_core.inventory.ledger.objects import refresh
from commerce_core.journal import RowsTogether

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_core.inventory.ledger.batch import Batch


def write_with(
    batch: Batch, changes: Mapping[Any, Mapping[str, Any]], also: RowsTogether | None = None
) -> None:
    """Write ``batch``, the ``changes`` (record → new values) and the rows ``also``, at once.

    The records show their new values afterwards, and none of them if writing failed.
    """
    rows = RowsTogether() if also is None else also
    for record, values in changes.items():
        rows.change(type(record), record.id, values)
    if batch.is_empty:
        rows.write(batch.session)
    else:
        batch.write(rows)
    for record, values in changes.items():
        refresh(batch.session, type(record), {"id": record.id, **values})
