"""Imports a product file: a flow of batches of at most 500 rows, which can be interrupted.

A file is recognised by its content: sent again after an interruption it goes on where it
stopped; sent again after its end it finds nothing to change. A row that cannot be is refused
with what is wrong in which column, and spoils nothing but itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from commerce_core.catalog.attribute_models import ProductImage
from commerce_core.catalog.changes import require_actor
from commerce_core.catalog.file_columns import mapping_for, remember_mapping, require_mapping
from commerce_core.catalog.file_decide import Decider, Decision, decide_all
from commerce_core.catalog.file_known import read_known
from commerce_core.catalog.file_models import ImportStatus, ProductImport, ProductImportRefusal
from commerce_core.catalog.file_results import ProductFileResult, RowOutcome, RowResult, counted
from commerce_core.catalog.file_rows import ProductFile, ProductRow, read_product_file, understand
from commerce_core.catalog.file_write import BatchWriter
from commerce_core.catalog.models import Product, Variant, VariantOptionValue
from commerce_core.clock import utc_now
from commerce_core.database import is_postgresql
from commerce_core.database.bulk import update_statistics
from commerce_core.flows import Transaction, run_flow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session, sessionmaker

    from commerce_core.flows import Flow

ROWS_AT_ONCE: Final = 500
"""Most rows of one transaction: a longer one would hold up whoever edits."""
_ATTEMPTS: Final = 3
"""Somebody else may create the same SKU in the same moment; then the batch looks again."""
_MESSAGE_LENGTH: Final = 500
_STATISTICS_AFTER: Final = 1_000
_STATISTICS_FACTOR: Final = 4
"""The planner is told of the tables after so many rows, and each time they are so much longer."""
_TABLES: Final[Any] = tuple(model.__table__ for model in (Product, Variant, VariantOptionValue))


def _ignore(_done: int, _total: int) -> None:
    """Watch nothing."""


def import_products(
    factory: sessionmaker[Session],
    source: ProductFile | bytes | str | Path,
    *,
    actor: str,
    currency: str = "EUR",
    mapping: Mapping[str, str] | None = None,
    name: str = "",
    dry_run: bool = False,
    on_progress: Callable[[int, int], None] = _ignore,
) -> ProductFileResult:
    """Bring products and variants of a file up to date; with ``dry_run`` only tell what. Commits.

    ``mapping`` says what the columns mean, ``{column: target}``; left out it is what files with
    these columns meant the last time, or a guess. ``currency`` is that of files without one.
    ``on_progress(done, total)`` counts rows.

    Raises:
        ImportFileError: the file as a whole cannot be read, or its columns lead to no variant.
        DatabaseError: the database does not answer; run it again, it goes on where it stopped.
    """
    file = source if isinstance(source, ProductFile) else read_product_file(source, name=name)
    flow = product_import_flow(
        file,
        actor=actor,
        currency=currency,
        mapping=mapping,
        dry_run=dry_run,
        on_progress=on_progress,
    )
    return run_flow(factory, flow)


def product_import_flow(
    file: ProductFile,
    *,
    actor: str,
    currency: str = "EUR",
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
    on_progress: Callable[[int, int], None] = _ignore,
) -> Flow[ProductFileResult]:
    """Import ``file`` in short transactions; see ``import_products``."""
    who = require_actor(actor)
    if mapping is None:
        mapping = yield Transaction(partial(mapping_for, header=file.header))
    require_mapping(file.header, mapping)
    rows = understand(file, mapping, currency=currency)
    run = _Run(file, dict(mapping), currency, who)
    ignored = [column for column in file.header if column not in mapping]
    import_id, done = 0, 0
    if not dry_run:
        begun = yield Transaction(run.begin)
        import_id, done = begun.id, begun.done
    found: list[RowResult] = []
    statistics_due = done + _STATISTICS_AFTER
    on_progress(done, len(rows))
    while done < len(rows):
        batch = rows[done : done + ROWS_AT_ONCE]
        step = run.look if dry_run else partial(run.write, import_id=import_id, done=done)
        results = yield Transaction(partial(step, rows=batch))
        found.extend(results)
        done += len(batch)
        on_progress(done, len(rows))
        if not dry_run and done >= statistics_due:
            # A plan made for the short tables of the beginning would read all of them each time.
            statistics_due = done * _STATISTICS_FACTOR
            yield Transaction(partial(update_statistics, only=_TABLES))
    counts = counted(found)
    if dry_run:
        return ProductFileResult(found, counts, ignored)
    counts = yield Transaction(partial(run.end, import_id=import_id))
    return ProductFileResult(found, counts, ignored, import_id)


def begin_product_import(
    session: Session, file: ProductFile, *, mapping: Mapping[str, str], currency: str, actor: str
) -> ProductImport:
    """Note that ``file`` is about to be imported; ``import_products`` with the same goes on.

    For who shows how far an import is: the row counts what is behind it. An import of the same
    file that was interrupted is returned as it is. Flushes; the caller commits.

    Raises:
        ImportFileError: the columns lead to no variant.
    """
    require_mapping(file.header, mapping)
    return _Run(file, dict(mapping), currency, require_actor(actor)).begin(session)


def preview_products(
    session: Session, file: ProductFile, *, mapping: Mapping[str, str], currency: str = "EUR"
) -> ProductFileResult:
    """Tell what a file would do. Reads only, so a read-only session will do.

    Raises:
        ImportFileError: the columns lead to no variant.
    """
    require_mapping(file.header, mapping)
    rows = understand(file, mapping, currency=currency)
    run = _Run(file, dict(mapping), currency, "")
    found: list[RowResult] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        found.extend(run.look(session, rows=rows[start : start + ROWS_AT_ONCE]))
    ignored = [column for column in file.header if column not in mapping]
    return ProductFileResult(found, counted(found), ignored)


@dataclass(slots=True)
class _Run:
    """One file on its way. Its methods are the steps of the flow."""

    file: ProductFile
    mapping: Mapping[str, str]
    currency: str
    actor: str

    def begin(self, session: Session) -> ProductImport:
        """Return the import of this file that was interrupted, or a new one."""
        fingerprint = self.file.fingerprint(self.mapping, self.currency)
        query = select(ProductImport).filter_by(
            fingerprint=fingerprint, status=ImportStatus.RUNNING
        )
        found = session.scalars(query.order_by(ProductImport.id.desc())).first()
        if found is None:
            found = ProductImport(
                fingerprint=fingerprint,
                name=self.file.name[:200],
                status=ImportStatus.RUNNING,
                total=len(self.file.rows),
                actor=self.actor,
            )
            session.add(found)
            session.flush()
            remember_mapping(session, self.file.header, self.mapping, actor=self.actor)
        return found

    def look(self, session: Session, rows: Sequence[ProductRow]) -> list[RowResult]:
        """Tell what would become of a batch."""
        fresh = [replace(row, problems=list(row.problems)) for row in rows]
        return [made.result for made in self._decide(session, fresh, lock=False)[1]]

    def write(
        self, session: Session, rows: Sequence[ProductRow], *, import_id: int, done: int
    ) -> list[RowResult]:
        """Decide a batch and write it, unless another run of the same file was quicker."""
        query = select(ProductImport).filter_by(id=import_id)
        if is_postgresql(session):
            query = query.with_for_update()
        state = session.scalars(query.execution_options(populate_existing=True)).one()
        if state.done > done:
            return []
        problems = [list(row.problems) for row in rows]
        for attempt in range(1, _ATTEMPTS + 1):
            # A transaction that is run again after a deadlock starts from the rows as read, too.
            fresh = [replace(r, problems=list(p)) for r, p in zip(rows, problems, strict=True)]
            try:
                with session.begin_nested():
                    results = self._write_once(session, fresh)
            except IntegrityError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                self._note(session, state, results)
                return results
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _write_once(self, session: Session, rows: Sequence[ProductRow]) -> list[RowResult]:
        known, decisions = self._decide(session, rows, lock=True)
        BatchWriter(session, known, decisions, self.actor).write()
        return [made.result for made in decisions]

    def end(self, session: Session, import_id: int) -> dict[RowOutcome, int]:
        """Close the import and return what it did in all."""
        state = session.get_one(ProductImport, import_id)
        state.status, state.finished_at = ImportStatus.FINISHED, utc_now()
        session.flush()
        return {outcome: getattr(state, outcome.value) for outcome in RowOutcome}

    def _decide(
        self, session: Session, rows: Sequence[ProductRow], *, lock: bool
    ) -> tuple[Any, list[Decision]]:
        known = read_known(session, rows, lock=lock)
        images: dict[int, set[str]] = {}
        if any(row.image for row in rows):
            ids = [product.id for product in known.products.values()]
            query = select(ProductImage.product_id, ProductImage.url)
            for number, url in session.execute(query.where(ProductImage.product_id.in_(ids))):
                images.setdefault(number, set()).add(url or "")
        columns = {target: column for column, target in self.mapping.items()}
        return known, decide_all(Decider(known, columns, images), rows)

    @staticmethod
    def _note(session: Session, state: ProductImport, results: Sequence[RowResult]) -> None:
        """Count a batch, and keep what was refused: an interruption must not lose it."""
        for outcome, count in counted(results).items():
            setattr(state, outcome.value, getattr(state, outcome.value) + count)
        state.done += len(results)
        session.flush()
        refusals = [
            {
                "import_id": state.id,
                "row": row.line,
                "position": place,
                "column": problem.column[:200],
                "message": problem.message[:_MESSAGE_LENGTH],
            }
            for row in results
            for place, problem in enumerate(row.problems)
        ]
        if refusals:
            session.execute(insert(ProductImportRefusal), refusals)
