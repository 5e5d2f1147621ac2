"""Imports an order file: a flow of short transactions, which can be interrupted and repeated.

Each order is brought in by ``ingest_order``, so the same file again changes nothing, and a later
file of the same orders applies what changed. An order that cannot be is refused with the line and
column to look at, and spoils nothing but itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from commerce_core.errors import CommerceError, DatabaseError
from commerce_core.flows import Transaction, run_flow
from commerce_core.orders.errors import UnknownVariantError
from commerce_core.orders.files import OrderFile, OrderFileProblem, read_order_file
from commerce_core.orders.ingest import Ingestion, ingest_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session, sessionmaker

    from commerce_core.flows import Flow
    from commerce_core.orders.external import ExternalOrder

ORDERS_AT_ONCE: Final = 25
"""Most orders of one transaction: their stock is locked until it ends."""
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """What became of an order of a file, or in a dry run what would.

    ``line`` is where it begins in the file; ``obstacles`` will stop it from shipping.
    """

    number: str
    line: int
    outcome: Ingestion
    obstacles: Sequence[str]


@dataclass(frozen=True, slots=True)
class OrderFileResult:
    """The orders of a file that came in, and the problems that refused others, by line."""

    orders: Sequence[OrderOutcome]
    problems: Sequence[OrderFileProblem]
    is_dry_run: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many orders have each outcome, "refused" among them."""
        found = Counter(order.outcome for order in self.orders)
        counts = {outcome.value: found[outcome] for outcome in Ingestion}
        return counts | {REFUSED: len(self.problems)}


def _ignore(_done: int, _total: int) -> None:
    """Watch nothing."""


def import_orders(
    factory: sessionmaker[Session],
    source: OrderFile | bytes | str | Path,
    *,
    actor: str,
    channel: str = "",
    mapping: Mapping[str, str] | None = None,
    cut_over: datetime | None = None,
    dry_run: bool = False,
    on_progress: Callable[[int, int], None] = _ignore,
) -> OrderFileResult:
    """Bring in the orders of a file; with ``dry_run`` only tell what would become of them. Commits.

    Orders placed before ``cut_over`` are history and touch no stock. ``on_progress(done, total)``
    counts orders. ``channel`` and ``mapping`` are those of ``read_order_file``.

    Raises:
        ImportFileError: the file as a whole cannot be read.
        DatabaseError: the database does not answer; run it again, it goes on where it stopped.
    """
    file = source
    if not isinstance(file, OrderFile):
        file = read_order_file(file, channel=channel, mapping=mapping)
    flow = order_import_flow(
        file, actor=actor, cut_over=cut_over, dry_run=dry_run, on_progress=on_progress
    )
    return run_flow(factory, flow)


def order_import_flow(
    file: OrderFile,
    *,
    actor: str,
    cut_over: datetime | None = None,
    dry_run: bool = False,
    on_progress: Callable[[int, int], None] = _ignore,
) -> Flow[OrderFileResult]:
    """Import ``file`` in short transactions; see ``import_orders``."""
    run = _Run(file, actor, cut_over)
    step = run.look if dry_run else run.write
    came_in: list[OrderOutcome] = []
    problems = list(file.problems)
    on_progress(0, len(file.orders))
    for start in range(0, len(file.orders), ORDERS_AT_ONCE):
        batch = file.orders[start : start + ORDERS_AT_ONCE]
        found, refused = yield Transaction(partial(step, orders=batch))
        came_in += found
        problems += refused
        on_progress(start + len(batch), len(file.orders))
    problems.sort(key=lambda problem: problem.line)
    return OrderFileResult(came_in, problems, dry_run)


_Batch = tuple[list[OrderOutcome], list[OrderFileProblem]]


@dataclass(frozen=True, slots=True)
class _Run:
    """One file on its way. Its methods are the steps of the flow."""

    file: OrderFile
    actor: str
    cut_over: datetime | None

    def look(self, session: Session, orders: Sequence[ExternalOrder]) -> _Batch:
        """Tell what would become of a batch: it is brought in and undone."""
        savepoint = session.begin_nested()
        try:
            return self.write(session, orders)
        finally:
            savepoint.rollback()

    def write(self, session: Session, orders: Sequence[ExternalOrder]) -> _Batch:
        """Bring in a batch, each order whole or not at all."""
        found: list[OrderOutcome] = []
        refused: list[OrderFileProblem] = []
        for order in orders:
            lines = self.file.places[order.external_id]
            try:
                with session.begin_nested():
                    came = ingest_order(session, order, actor=self.actor, cut_over=self.cut_over)
            except DatabaseError:
                raise  # not the order's fault; the whole batch is tried again
            except CommerceError as error:
                refused.append(self._problem(order, lines, error))
            else:
                found.append(OrderOutcome(order.number, lines[0], came.outcome, came.obstacles))
        return found, refused

    def _problem(
        self, order: ExternalOrder, lines: Sequence[int], error: CommerceError
    ) -> OrderFileProblem:
        place, column = lines[0], ""
        if isinstance(error, UnknownVariantError):
            unknown = error.fields["skus"]
            wrong = (n for n, x in zip(lines, order.lines, strict=True) if x.sku in unknown)
            place, column = next(wrong), self.file.columns["sku"]
        sentence = f"{error.message[:1].upper()}{error.message[1:]}."
        return OrderFileProblem(place, column, order.number, sentence)
