"""Bring many levels up to date from one file: every change a movement, every refusal a sentence.

A row is booked once, whoever sends the file again: its movement carries the file's fingerprint
and its line. So a run that was interrupted goes on where it stopped, and a second one changes
nothing. Batches of 500 rows are booked in a transaction each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from commerce_core.flows import Transaction, run_flow
from commerce_core.inventory import ledger
from commerce_core.inventory.backorders import fill
from commerce_core.inventory.checks import require_actor
from commerce_core.inventory.models import REASON_LENGTH, MovementKind
from commerce_core.inventory.replays import conflict
from commerce_core.inventory.stock_file_places import Places, booked_lines, levels_now
from commerce_core.inventory.stock_file_rows import StockFile, StockFileRow, read_stock_file
from commerce_core.inventory.stock_file_rules import (
    RowOutcome,
    RowResult,
    StockFileSemantics,
    decide,
    settle,
)
from commerce_core.inventory.stock_file_settled import Settled
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session, sessionmaker

    from commerce_core.flows import Flow
    from commerce_core.inventory.ledger import LevelState

ROWS_AT_ONCE: Final = 500
"""Most rows of one transaction: a longer one would hold up whoever sells."""
CAUSE: Final = "stock_file"
_MARK_LENGTH: Final = 48
"""So much of the fingerprint stands in a movement's cause; the rest is left for the line."""


@dataclass(frozen=True, slots=True)
class StockFileResult:
    """What became of each row, or with ``is_dry_run`` what would."""

    rows: Sequence[RowResult]
    fingerprint: str
    is_dry_run: bool

    @property
    def by_outcome(self) -> Mapping[RowOutcome, int]:
        """How many rows had each outcome."""
        counted = Counter(row.outcome for row in self.rows)
        return {outcome: counted[outcome] for outcome in RowOutcome}

    @property
    def refused(self) -> Sequence[RowResult]:
        """The rows that were refused, with why."""
        return [row for row in self.rows if row.outcome is RowOutcome.REFUSED]


def _ignore(_done: int, _total: int) -> None:
    """Watch nothing."""


def apply_stock_file(
    factory: sessionmaker[Session],
    content: str | bytes,
    *,
    semantics: StockFileSemantics,
    actor: str,
    name: str = "stock file",
    reason: str | None = None,
    dry_run: bool = False,
    on_progress: Callable[[int, int], None] = _ignore,
) -> StockFileResult:
    """Book the rows of a stock file; with ``dry_run`` only tell what would change. Commits.

    Columns: sku, location (its code), quantity in pieces, perhaps reason. ``reason`` (default:
    the file's ``name``) stands where a row has none. ``on_progress(done, total)`` counts rows.

    Raises:
        ImportFileError: the file as a whole cannot be read; nothing was changed.
        InvalidTextError: the actor or the reason cannot be stored.
        DatabaseError: the database does not answer; run it again, what is booked stays booked.
    """
    file = read_stock_file(content, name=name)
    flow = stock_file_flow(
        file,
        semantics=semantics,
        actor=actor,
        reason=reason,
        dry_run=dry_run,
        on_progress=on_progress,
    )
    return run_flow(factory, flow)


def stock_file_flow(
    file: StockFile,
    *,
    semantics: StockFileSemantics,
    actor: str,
    reason: str | None = None,
    dry_run: bool = False,
    on_progress: Callable[[int, int], None] = _ignore,
) -> Flow[StockFileResult]:
    """Book the rows of ``file`` in short transactions; see ``apply_stock_file``."""
    fallback = clean_text(
        reason or file.name[:REASON_LENGTH], name="the reason", max_length=REASON_LENGTH
    )
    fingerprint = file.fingerprint(semantics.value)
    run = _Run(semantics, fingerprint, require_actor(actor), fallback)
    found: list[RowResult] = []
    on_progress(0, len(file.rows))
    for rows in _batches(file.rows):
        step = run.look if dry_run else run.book
        found += yield Transaction(partial(step, rows=rows))
        on_progress(len(found), len(file.rows))
    return StockFileResult(found, fingerprint, dry_run)


def preview_stock_file(
    session: Session, file: StockFile, *, semantics: StockFileSemantics
) -> StockFileResult:
    """Tell what the file would change now. Reads only, so a read-only session will do."""
    fingerprint = file.fingerprint(semantics.value)
    run = _Run(semantics, fingerprint, "", "")
    found = [result for rows in _batches(file.rows) for result in run.look(session, rows)]
    return StockFileResult(found, fingerprint, is_dry_run=True)


def _batches(rows: Sequence[StockFileRow]) -> Iterator[Sequence[StockFileRow]]:
    return (rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE))


@dataclass(frozen=True, slots=True)
class _Run:
    """How every row of one file is booked."""

    semantics: StockFileSemantics
    fingerprint: str
    actor: str
    reason: str

    def look(self, session: Session, rows: Sequence[StockFileRow]) -> list[RowResult]:
        """Tell what would become of ``rows``, from what is there now."""
        places = Places.read(session, rows)
        done = self._done(session, rows) | self._settled(rows).find(session)
        on_hand = levels_now(session, places.wanted)
        return [
            settle(row, places, done, on_hand.get(places.of(row)), self.semantics) for row in rows
        ]

    def book(self, session: Session, rows: Sequence[StockFileRow]) -> list[RowResult]:
        """Lock the levels of ``rows``, decide on what they hold then, and write once."""
        places = Places.read(session, rows)
        settled = self._settled(rows)
        before = settled.take(session)
        held = ledger.lock_levels(session, places.wanted)
        with ledger.locked_or_new(session, self._missing(rows, places, held)) as made:
            levels = held | made
            done = self._done(session, rows) | before
            results = [self._result(row, places, levels, done) for row in rows]
            self._write(session, zip(rows, results, strict=True), places, levels)
        settled.record(row.line for row in results if row.outcome is RowOutcome.UNCHANGED)
        return results

    def _missing(
        self,
        rows: Sequence[StockFileRow],
        places: Places,
        held: Mapping[tuple[int, int], LevelState],
    ) -> set[tuple[int, int]]:
        """Return the places that get a level: a refused row must not leave one behind."""
        return {
            place
            for row in rows
            if (place := places.of(row)) is not None
            and place not in held
            and places.problem(row) is None
            and decide(row, None, self.semantics).outcome is RowOutcome.CREATED
        }

    def _result(
        self,
        row: StockFileRow,
        places: Places,
        levels: Mapping[tuple[int, int], LevelState],
        done: set[int],
    ) -> RowResult:
        place = places.of(row)
        level = None if place is None else levels.get(place)
        is_new = level is None or level.version == 0
        on_hand = None if is_new or level is None else level.quantities["on_hand"]
        return settle(row, places, done, on_hand, self.semantics)

    def _write(
        self,
        session: Session,
        decided: Iterator[tuple[StockFileRow, RowResult]],
        places: Places,
        levels: Mapping[tuple[int, int], LevelState],
    ) -> None:
        batch = ledger.Batch(session, actor=self.actor)
        touched = []
        for row, result in decided:
            place = places.of(row)
            if place is None or not result.delta:
                continue
            touched.append(levels[place])
            batch.apply(
                levels[place],
                MovementKind.ADJUSTED,
                {"on_hand": result.delta},
                reason=row.reason or self.reason,
                cause=ledger.Cause(CAUSE, self._mark(row.line)),
                idempotency_key=f"{self.fingerprint}:{row.line}",
                physical=True,
            )
        fill(batch, *touched)
        if batch.is_empty:
            return
        try:
            batch.write()
        except ledger.KeyTakenError as exc:
            raise conflict(self.fingerprint, CAUSE) from exc

    def _done(self, session: Session, rows: Sequence[StockFileRow]) -> set[int]:
        """Return the lines that are booked already, by whomever."""
        return booked_lines(session, CAUSE, {self._mark(row.line): row.line for row in rows})

    def _settled(self, rows: Sequence[StockFileRow]) -> Settled:
        is_needed = self.semantics is StockFileSemantics.ABSOLUTE
        return Settled(CAUSE, f"{self.fingerprint}:{rows[0].line}", is_needed=is_needed)

    def _mark(self, line: int) -> str:
        return f"{self.fingerprint[:_MARK_LENGTH]}:{line}"
