"""Replays the last weeks of the Online Retail file as if they happened now, only faster.

Its rows are booked by the importer's own functions, document by document, so that in the end the
database is the same as after a plain import. A thread of its own, like the living shoppers.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from commerce_core.catalog.models import Variant
from commerce_core.customers.models import Customer
from commerce_core.database import make_engine, make_session_factory
from commerce_core.errors import CommerceError
from commerce_core.flows import run_in_transaction
from commerce_core.importing.documents import write_documents, write_lines
from commerce_core.importing.known import new_rows
from commerce_core.importing.online_retail import ROWS_AT_ONCE, SYSTEM
from commerce_core.importing.stock import write_movements
from commerce_core.importing.values import DocumentKind
from commerce_core.inventory import get_location
from webapp.demo.database_file import DemoFileError
from webapp.demo.live_orders import ACTOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session, sessionmaker

    from commerce_core.importing import Row, Survey

_logger: Final = logging.getLogger("webapp.demo")

LOCATION: Final = "MAIN"
_LAST_WEEKS: Final = timedelta(weeks=4)
_LAST_SHARE: Final = 4
"""Of a short file the last quarter is replayed."""
_LONGEST_PAUSE_SECONDS: Final = 10.0
"""Nights and weekends are cut short."""
_TROUBLE_PAUSE_SECONDS: Final = 5.0
_STOP_SECONDS: Final = 1.5


def replay_from(survey: Survey) -> datetime:
    """Return the moment from which on rows are not imported but replayed."""
    first, last = survey.rows[0].moment, survey.rows[-1].moment
    return last - min(_LAST_WEEKS, (last - first) / _LAST_SHARE)


class Replay:
    """What is left of a file, to be booked at its own rhythm times ``speed``."""

    def __init__(
        self,
        url: str,
        rows: Sequence[Row],
        *,
        customers: Mapping[str, int],
        location_id: int,
        speed: float,
    ) -> None:
        self._url = url
        self._rows = rows
        self._customers = customers
        self._location_id = location_id
        self._speed = speed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo replay", daemon=True)

    @classmethod
    def prepare(cls, url: str, survey: Survey, *, speed: float) -> Replay:
        """Find out what of ``survey`` is not in the database at ``url`` yet.

        Raises:
            DemoFileError: the database was made from another file.
        """
        engine = make_engine(url)
        try:
            with make_session_factory(engine)() as session:
                rows = new_rows(session, SYSTEM, survey.rows)
                customers, variants = _ids(session, Customer), _ids(session, Variant)
                location_id = get_location(session, code=LOCATION).id
        finally:
            engine.dispose()
        for item in survey.goods:
            item.variant_id = variants.get(item.key)
        if not all(item.variant_id for item in survey.goods):
            message = "the kept database was made from another file: choose another path for --keep"
            raise DemoFileError(message, path=url)
        return cls(url, rows, customers=customers, location_id=location_id, speed=speed)

    @property
    def rows_left(self) -> int:
        """Return how many rows will be replayed."""
        return len(self._rows)

    def start(self) -> None:
        """Begin. Call it once."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """End soon. Returns at once."""
        self._stopping.set()

    def stop(self) -> None:
        """End, and wait for what is being booked."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        engine = make_engine(self._url)
        try:
            self._play(make_session_factory(engine))
        except Exception:
            _logger.exception("the demo's replay stopped")
        finally:
            engine.dispose()

    def _play(self, factory: sessionmaker[Session]) -> None:
        before: datetime | None = None
        for rows in _together(self._rows):
            moment = rows[0].moment
            gap = (moment - before).total_seconds() if before else 0.0
            before = moment
            pause = min(_LONGEST_PAUSE_SECONDS, max(0.0, gap) / self._speed)
            if self._stopping.wait(pause) or not self._book(factory, rows):
                return
        _logger.warning("the replay has reached the end of the file")

    def _book(self, factory: sessionmaker[Session], rows: Sequence[Row]) -> bool:
        """Book rows of one document, as often as it takes; False when asked to stop."""
        while True:
            try:
                run_in_transaction(factory, partial(self._write, rows=rows))
            except CommerceError as exc:
                _logger.warning("the demo's replay waits a moment: %s", exc.message)
                if self._stopping.wait(_TROUBLE_PAUSE_SECONDS):
                    return False
            else:
                return True

    def _write(self, session: Session, *, rows: Sequence[Row]) -> None:
        document = rows[0].document
        if document.id is None and document.kind is not DocumentKind.ADJUSTMENT:
            (document.id,) = write_documents(session, SYSTEM, [document], self._customers)
        write_lines(session, SYSTEM, rows)
        write_movements(session, rows, location_id=self._location_id, actor=ACTOR)


def _together(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yield runs of rows of one document, none longer than a transaction may be."""
    for _, run in groupby(rows, key=lambda row: id(row.document)):
        found = list(run)
        for start in range(0, len(found), ROWS_AT_ONCE):
            yield found[start : start + ROWS_AT_ONCE]


def _ids(session: Session, model: type[Any]) -> dict[str, int]:
    query = select(model.external_id, model.id).where(model.system == SYSTEM)
    return {key: number for key, number in session.execute(query) if key is not None}
