"""The ledger of calls in the database: all processes of a shop share one quota.

A slot is booked in a transaction of its own, which ends before anybody waits for the slot.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from commerce_core.database import is_postgresql
from commerce_core.flows import run_in_transaction
from commerce_core.logistics.dhl.budget import LedgerState, Limit, book, turn_day
from commerce_core.logistics.models import CarrierBudget

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker


class DatabaseBudgetStore:
    """A :class:`BudgetStore` in the shop's database. ``factory`` makes sync sessions."""

    is_blocking = True

    def __init__(self, factory: sessionmaker[Session]) -> None:
        self._factory = factory

    def reserve(self, account: str, *, now: datetime, limit: Limit, max_wait: float) -> float:
        """Book the next slot; see :meth:`BudgetStore.reserve`. Commits."""

        def step(session: Session) -> float:
            row = _locked(session, account, now)
            state, wait = book(_state(row), now=now, limit=limit, max_wait=max_wait)
            _write(row, state)
            return wait

        return run_in_transaction(self._factory, step)

    def close(self, account: str, *, until: datetime) -> None:
        """Open the breaker until a moment. Commits."""

        def step(session: Session) -> None:
            _locked(session, account, until).opens_at = until

        run_in_transaction(self._factory, step)

    def state(self, account: str, *, now: datetime) -> LedgerState:
        """Return the account as it is at ``now``."""

        def step(session: Session) -> LedgerState:
            row = session.scalar(select(CarrierBudget).where(CarrierBudget.account == account))
            return turn_day(_state(row) if row is not None else None, now)

        return run_in_transaction(self._factory, step)


def _locked(session: Session, account: str, now: datetime) -> CarrierBudget:
    """Return the account's row, made if it is new, locked against other processes."""
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    values = {"account": account, "counted_on": now.astimezone(UTC).date(), "used": 0}
    session.execute(dialect.insert(CarrierBudget).values(values).on_conflict_do_nothing())
    return session.execute(
        select(CarrierBudget).where(CarrierBudget.account == account).with_for_update()
    ).scalar_one()


def _state(row: CarrierBudget) -> LedgerState:
    return LedgerState(row.counted_on, row.used, row.next_slot_at, row.opens_at)


def _write(row: CarrierBudget, state: LedgerState) -> None:
    row.counted_on = state.day
    row.used = state.used
    row.next_slot_at = state.next_slot_at
