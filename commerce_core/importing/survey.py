"""Reads the whole file before anything is written: rows in order of time, and what they say.

Half a million rows take some 150 MB. A file that cannot be read to its end changes nothing.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from commerce_core.clock import utc_now
from commerce_core.errors import ImportFileError
from commerce_core.importing.progress import OnProgress, Phase, Progress, ignore
from commerce_core.importing.rows import COLUMNS, Row, RowReader
from commerce_core.importing.tables import Table, open_table
from commerce_core.importing.values import DamagedRowError, DocumentKind
from commerce_core.inventory.ledger import MAX_QUANTITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from os import PathLike

    from commerce_core.importing.rows import Document, Item

_TELL_EVERY: Final = 5000
_BEFORE: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A line that could not be used: where it stands, why, and what it says."""

    line: int
    reason: str
    fields: Sequence[str]


@dataclass(slots=True)
class CustomerFacts:
    """What the rows say of a customer: since when, and from where they bought last."""

    began_at: datetime
    country: str | None


@dataclass(slots=True)
class Survey:
    """Everything a file says. ``rows`` are in order of time, and of lines within a moment."""

    path: Path
    header: Sequence[str]
    rows: list[Row] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    goods: list[Item] = field(default_factory=list)
    """Items that are stocked, by their code."""
    customers: dict[str, CustomerFacts] = field(default_factory=dict)
    needs: dict[Item, int] = field(default_factory=dict)
    """The opening stock of each item, if none of the rows was booked yet."""

    @property
    def rows_read(self) -> int:
        """Count all lines below the header that are not blank."""
        return len(self.rows) + len(self.rejected)

    @property
    def opening_at(self) -> datetime:
        """Return the moment of the opening stock: a second before anything happened."""
        return self.rows[0].moment - _BEFORE


def read_online_retail(path: str | PathLike[str], *, on_progress: OnProgress = ignore) -> Survey:
    """Read the UCI Online Retail file at ``path``: xlsx or CSV, also packed as .gz or .xz.

    Raises:
        ImportFileError: the file as a whole cannot be read: missing, empty, damaged, neither
            CSV nor xlsx, not in UTF-8, or without a needed column.
    """
    file = Path(path)
    with open_table(file) as table, _nothing_collected():
        _require_columns(file, table.header)
        survey = Survey(file, table.header)
        reader = RowReader(table.header, latest=utc_now())
        _read_rows(table, reader, survey, on_progress)
    if not survey.rows_read:
        message = f"{file.name} has a header and no rows: choose another file"
        raise ImportFileError(message, file=str(file))
    survey.rows.sort(key=attrgetter("moment"))
    survey.documents = reader.documents
    _learn(survey)
    survey.needs = opening_needs(survey.rows)
    _require_bookable(survey)
    return survey


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Pause the search for garbage: what is read here stays, and searching it costs a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _require_columns(file: Path, header: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        found = ", ".join(header)[:200]
        message = f"{file.name} lacks the column {', '.join(missing)}; its first line is: {found}"
        raise ImportFileError(message, file=str(file), missing=missing)


def _read_rows(table: Table, reader: RowReader, survey: Survey, on_progress: OnProgress) -> None:
    rows, rejected, read = survey.rows, survey.rejected, reader.read
    for count, (line, fields) in enumerate(table.lines(), 1):
        try:
            rows.append(read(fields))
        except DamagedRowError as exc:
            rejected.append(RejectedRow(line, str(exc), fields))
        if count % _TELL_EVERY == 0:
            on_progress(Progress(Phase.READING, count, table.part_read()))
    on_progress(Progress(Phase.READING, survey.rows_read, 1.0))


def _learn(survey: Survey) -> None:
    """Gather names, prices and beginnings from the rows, which are in order of time."""
    items: dict[int, Item] = {}
    customers = survey.customers
    for row in survey.rows:
        moment, document, _, item, _, name, _, price, change = row
        if document.began_at is None:
            document.began_at = moment
            _meet(customers, document)
        if not change:
            continue
        if item.began_at is None:
            item.began_at = moment
            items[id(item)] = item
        if name and document.kind is not DocumentKind.ADJUSTMENT:
            item.names[name] = item.names.get(name, 0) + 1
        if price > 0:
            item.price = price
    survey.goods = sorted(items.values(), key=lambda item: item.key)
    for rank, item in enumerate(survey.goods):
        item.rank = rank


def _meet(customers: dict[str, CustomerFacts], document: Document) -> None:
    number, began_at = document.customer, document.began_at
    if number is None or began_at is None:
        return
    facts = customers.get(number)
    if facts is None:
        customers[number] = CustomerFacts(began_at, document.country)
    elif document.country is not None:
        facts.country = document.country


def _require_bookable(survey: Survey) -> None:
    """Refuse a file whose opening stock would be more than any level can hold."""
    for item, needed in survey.needs.items():
        if needed > MAX_QUANTITY:
            message = (
                f"{item.key} would need an opening stock of {needed:,}; at most {MAX_QUANTITY:,} "
                "can be booked: correct its quantities"
            )
            raise ImportFileError(message, file=str(survey.path), code_=item.key)


def opening_needs(rows: Sequence[Row]) -> dict[Item, int]:
    """Return how many pieces of each item must be there before ``rows``, so that it never lacks.

    Read backwards: before a sale of 3 there must be 3 more than after it, before a return of 2
    there may be 2 fewer, and never less than none.
    """
    needs: dict[Item, int] = {}
    known = needs.get
    for _, _, _, item, _, _, _, _, change in reversed(rows):
        if change:
            needs[item] = max(0, known(item, 0) - change)
    return needs
