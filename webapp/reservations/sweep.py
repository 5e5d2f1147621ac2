"""The job that journals every reservation that is due, so that boards and streams are right.

The promise itself stopped counting at its moment, without any job.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from commerce_core.inventory import expire_reservations, next_expiry

ACTOR = "system"


def sweep_reservations(session: Session, *, as_of: datetime) -> int:
    """Expire what is due and return the pieces that frees; at most some levels in one go.

    Looks before it locks, because it runs every second and mostly finds nothing. The caller
    commits.
    """
    due = next_expiry(session)
    if due is None or due > as_of:
        return 0
    return expire_reservations(session, actor=ACTOR)
