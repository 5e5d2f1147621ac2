"""The calls that DHL allows: one in five seconds, 250 a day, counted from 00:00 GMT.

All processes with the same key share them, so the ledger lies in a :class:`BudgetStore`: in memory
for one process, in the database (``database_budget.py``) for several. The rules are in
:func:`book`, which changes nothing and reads no clock.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from commerce_core.logistics.dhl.errors import DHLBudgetExhaustedError, LimitKind


@dataclass(frozen=True, slots=True)
class Limit:
    """``calls_per_day`` (None: uncounted) and the least seconds between two calls."""

    calls_per_day: int | None
    spacing_seconds: float

    @property
    def is_unlimited(self) -> bool:
        """True if nothing has to be booked."""
        return self.calls_per_day is None and self.spacing_seconds <= 0


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What is known of one account: its GMT day, calls booked on it, the next free slot."""

    day: date
    used: int = 0
    next_slot_at: datetime | None = None
    closed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of the day. ``calls`` is None where calls are not counted."""

    calls: int | None
    used: int
    next_call_in: float
    closed_until: datetime | None


class BudgetStore(Protocol):
    """Where the ledger lies. Every method is atomic over all processes that share the store."""

    is_blocking: bool
    """True if a call waits for a disk or a network: async clients then use a thread."""

    def reserve(self, account: str, *, now: datetime, limit: Limit, max_wait: float) -> float:
        """Book the next slot and return how many seconds to wait for it.

        Raises:
            DHLBudgetExhaustedError: the day is used up, the breaker is open, or the slot lies
                more than ``max_wait`` seconds ahead; nothing was booked.
        """
        ...

    def close(self, account: str, *, until: datetime) -> None:
        """Open the breaker: no slot before ``until``."""
        ...

    def state(self, account: str, *, now: datetime) -> LedgerState:
        """Return the account as it is at ``now``."""
        ...


class MemoryBudgetStore:
    """A ledger for the threads and tasks of one process."""

    is_blocking = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, LedgerState] = {}

    def reserve(self, account: str, *, now: datetime, limit: Limit, max_wait: float) -> float:
        """Book the next slot; see :meth:`BudgetStore.reserve`."""
        with self._lock:
            state, wait = book(self._accounts.get(account), now=now, limit=limit, max_wait=max_wait)
            self._accounts[account] = state
        return wait

    def close(self, account: str, *, until: datetime) -> None:
        """Open the breaker until a moment."""
        with self._lock:
            state = self._accounts.get(account) or LedgerState(day=until.astimezone(UTC).date())
            self._accounts[account] = replace(state, closed_until=until)

    def state(self, account: str, *, now: datetime) -> LedgerState:
        """Return the account as it is at ``now``."""
        with self._lock:
            return turn_day(self._accounts.get(account), now)


def turn_day(state: LedgerState | None, moment: datetime) -> LedgerState:
    """Return the ledger on the GMT day of ``moment``: a new day starts at no calls."""
    day = moment.astimezone(UTC).date()
    if state is None:
        return LedgerState(day=day)
    return state if state.day >= day else replace(state, day=day, used=0)


def book(
    state: LedgerState | None, *, now: datetime, limit: Limit, max_wait: float
) -> tuple[LedgerState, float]:
    """Return the ledger after booking the next slot, and the seconds until that slot.

    Raises:
        DHLBudgetExhaustedError: there is none in reach.
    """
    state = turn_day(state, now)
    if state.closed_until is not None and state.closed_until > now:
        raise _exhausted("DHL has closed the day for this key", state.closed_until - now)
    slot = max(now, state.next_slot_at or now)
    wait = (slot - now).total_seconds()
    if wait > max_wait:
        raise _exhausted("too many calls queue for their slot", slot - now, LimitKind.SPIKE)
    state = turn_day(state, slot)
    if limit.calls_per_day is not None and state.used >= limit.calls_per_day:
        midnight = datetime.combine(state.day + timedelta(days=1), datetime.min.time(), UTC)
        raise _exhausted(f"all {limit.calls_per_day} calls of the day are used", midnight - now)
    spacing = timedelta(seconds=limit.spacing_seconds)
    return replace(state, used=state.used + 1, next_slot_at=slot + spacing), wait


def left_of(state: LedgerState, limit: Limit, now: datetime) -> Left:
    """Return what is left, as a caller wants to know it."""
    is_closed = state.closed_until is not None and state.closed_until > now
    calls = None if limit.calls_per_day is None else max(0, limit.calls_per_day - state.used)
    opens = max(now, state.next_slot_at or now, state.closed_until or now)
    return Left(
        calls=0 if is_closed else calls,
        used=state.used,
        next_call_in=(opens - now).total_seconds(),
        closed_until=state.closed_until if is_closed else None,
    )


def _exhausted(
    why: str, after: timedelta, kind: LimitKind = LimitKind.DAY
) -> DHLBudgetExhaustedError:
    seconds = after.total_seconds()
    return DHLBudgetExhaustedError(
        f"{why}: nothing was sent; the next call is possible in {seconds:.0f} s",
        kind=kind,
        retry_after=seconds,
        hint="DHL starts every key at 250 calls a day; ask for more, or use push",
    )
