"""The import of the UCI Online Retail file (Chen 2015), as a flow of short transactions.

Read everything, then write: catalog, customers, opening stock, and the rows in order of time, at
most 500 rows a transaction. What is in the database already is found first and left out, so a
run that was interrupted goes on, and a second one finds nothing to do.

Rows go in windows of 40,000, and within a window item by item. A transaction then touches a few
stock levels many times instead of many levels once, which is three times less to write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy.exc import IntegrityError

from commerce_core.database.bulk import postpone_checkpoints, resume_checkpoints, update_statistics
from commerce_core.errors import OperationInProgressError
from commerce_core.flows import Transaction, run_flow
from commerce_core.importing.catalog_rows import by_product, write_products, write_suffixes
from commerce_core.importing.customer_rows import write_customers
from commerce_core.importing.documents import write_documents, write_lines
from commerce_core.importing.known import new_rows
from commerce_core.importing.progress import OnProgress, Phase, Progress, ignore
from commerce_core.importing.rejects import write_rejects
from commerce_core.importing.stock import write_location, write_movements, write_opening_stock
from commerce_core.importing.summary import ImportSummary, summarize
from commerce_core.importing.survey import Survey, opening_needs, read_online_retail
from commerce_core.importing.values import DocumentKind
from commerce_core.journal import ensure_epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime
    from os import PathLike

    from sqlalchemy.orm import Session, sessionmaker

    from commerce_core.flows import Flow
    from commerce_core.importing.rows import Row

SYSTEM: Final = "online-retail"
"""Channel of the orders, and system of the external references."""
ROWS_AT_ONCE: Final = 500
"""Most rows of one transaction: a longer one would hold up whoever follows the journal."""
PRODUCTS_AT_ONCE: Final = 100
"""With axes, variants and option values that makes about 400 rows."""
WINDOW: Final = 40_000
"""Rows within which the order of time gives way to the order of items."""

_PLACE: Final = attrgetter("item.rank")

_Item = TypeVar("_Item")


def import_online_retail(
    factory: sessionmaker[Session],
    path: str | PathLike[str],
    *,
    actor: str,
    location: str = "MAIN",
    until: datetime | None = None,
    on_progress: OnProgress = ignore,
) -> ImportSummary:
    """Read the file at ``path`` and bring what is new in it into the database. Commits.

    Rejected lines go to ``FILE.rejects.csv`` beside it. See ``import_flow`` for the rest.

    Raises:
        ImportFileError: the file as a whole cannot be imported; nothing was changed.
        OperationInProgressError: another import of the same rows was quicker; run it again.
        DatabaseError: the database does not answer, or is not migrated.
    """
    survey = read_online_retail(path, on_progress=on_progress)
    write_rejects(survey)
    flow = import_flow(survey, actor=actor, location=location, until=until, on_progress=on_progress)
    return run_flow(factory, flow)


def import_flow(
    survey: Survey,
    *,
    actor: str,
    location: str = "MAIN",
    until: datetime | None = None,
    on_progress: OnProgress = ignore,
) -> Flow[ImportSummary]:
    """Bring the rows of ``survey`` into the database, but for those that are there already.

    Stock moves at ``location``, made where it is missing. Rows from ``until`` on are left for
    somebody else to book; the opening stock is enough for them too.
    """
    run = _Import(survey, actor, location, until, on_progress)
    count = 0
    if survey.rows:
        yield from run.prepare()
        yield from run.write_catalog()
        yield from run.write_stock()
        count = yield from run.write_rows()
    on_progress(Progress(Phase.COUNTING, count, 0.0))
    summary: ImportSummary = yield Transaction(
        partial(
            summarize,
            system=SYSTEM,
            rows_read=survey.rows_read,
            rows_rejected=len(survey.rejected),
            rows_new=count,
        )
    )
    yield Transaction(resume_checkpoints)
    if count:
        yield Transaction(update_statistics)
    return summary


@dataclass
class _Import:
    """One run: what it was asked, and what it has learnt of the database so far."""

    survey: Survey
    actor: str
    location: str
    until: datetime | None
    on_progress: OnProgress
    rows: list[Row] = field(default_factory=list)
    customers: dict[str, int] = field(default_factory=dict)
    location_id: int = 0

    def prepare(self) -> Generator[Transaction, Any, None]:
        """Find out what is new."""
        yield Transaction(ensure_epoch)
        self.rows = yield Transaction(partial(new_rows, system=SYSTEM, rows=self.survey.rows))

    def write_catalog(self) -> Generator[Transaction, Any, None]:
        """Write products, variants and customers."""
        goods = self.survey.goods
        groups = by_product(goods)
        numbers = list(self.survey.customers)
        total = len(groups) + len(numbers)
        suffixes = yield _step(write_suffixes, goods, created_at=self.survey.opening_at)
        variants: dict[str, int] = {}
        for chunk in _chunks(groups, PRODUCTS_AT_ONCE):
            variants |= yield _step(write_products, SYSTEM, chunk, suffixes)
            self._tell(Phase.CATALOG, len(variants), total)
        for some in _chunks(numbers, ROWS_AT_ONCE):
            facts = self.survey.customers
            self.customers |= yield _step(write_customers, SYSTEM, some, facts)
            self._tell(Phase.CATALOG, len(groups) + len(self.customers), total)
        for item in goods:
            item.variant_id = variants[item.key]

    def write_stock(self) -> Generator[Transaction, Any, None]:
        """Write the location and what has to be there before the first new row."""
        opening_at = self.survey.opening_at
        self.location_id = yield _step(write_location, self.location, created_at=opening_at)
        is_fresh = len(self.rows) == len(self.survey.rows)
        needs = self.survey.needs if is_fresh else opening_needs(self.rows)
        items = sorted(needs, key=lambda item: item.rank)
        for number, chunk in enumerate(_chunks(items, ROWS_AT_ONCE)):
            self._tell(Phase.OPENING, number * ROWS_AT_ONCE, len(items))
            yield _step(
                write_opening_stock,
                {item.variant_id: needs[item] for item in chunk},
                location_id=self.location_id,
                occurred_at=opening_at,
                actor=self.actor,
            )

    def write_rows(self) -> Generator[Transaction, Any, int]:
        """Write documents, lines and movements; return how many rows were new."""
        rows = [row for row in self.rows if self.until is None or row.moment < self.until]
        done = 0
        for window in _chunks(rows, WINDOW):
            yield from self._write_documents(window)
            window.sort(key=_PLACE)
            for chunk in _chunks(window, ROWS_AT_ONCE):
                yield _step(self._book, chunk)
                done += len(chunk)
                self._tell(Phase.BOOKING, done, len(rows))
        return done

    def _write_documents(self, rows: Sequence[Row]) -> Generator[Transaction, Any, None]:
        documents = {
            id(row.document): row.document
            for row in rows
            if row.document.id is None and row.document.kind is not DocumentKind.ADJUSTMENT
        }
        for chunk in _chunks(list(documents.values()), ROWS_AT_ONCE):
            ids: list[int] = yield _step(write_documents, SYSTEM, chunk, self.customers)
            for document, number in zip(chunk, ids, strict=True):
                document.id = number

    def _book(self, session: Session, rows: Sequence[Row]) -> None:
        write_lines(session, SYSTEM, rows)
        write_movements(session, rows, location_id=self.location_id, actor=self.actor)

    def _tell(self, phase: Phase, done: int, total: int) -> None:
        self.on_progress(Progress(phase, done, done / max(1, total)))


def _chunks(items: Sequence[_Item], size: int) -> Iterator[list[_Item]]:
    return (list(items[start : start + size]) for start in range(0, len(items), size))


def _step(function: Callable[..., Any], *arguments: Any, **options: Any) -> Transaction:
    """Return a step that calls ``function(session, …)``.

    Whatever it writes has a unique key. One that is taken can only mean that somebody imports the
    same rows at the same time; nothing of the step stays then.
    """

    def step(session: Session) -> Any:
        postpone_checkpoints(session)
        try:
            return function(session, *arguments, **options)
        except IntegrityError as exc:
            message = (
                "another import wrote some of these rows in the meantime: "
                "run this one again when that is finished"
            )
            raise OperationInProgressError(message, system=SYSTEM) from exc

    return Transaction(step)
