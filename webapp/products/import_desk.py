"""Works on product files beside the pages: in threads, on a synchronous engine of its own.

A file of 50,000 rows takes seconds to read and a minute to import; on the event loop that would
stop every page. The shutdown ends an import between two batches: somebody says "go on" later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, TypeVar

from litestar import Litestar, Request
from sqlalchemy.orm import Session, undefer

from commerce_core.catalog.file_import import import_products
from commerce_core.catalog.file_rows import read_product_file
from commerce_core.clock import utc_now
from commerce_core.database import make_engine, make_session_factory, read_only
from commerce_core.errors import CommerceError
from commerce_core.flows import run_in_transaction
from webapp.drain import Drain
from webapp.products.import_models import ProductUpload
from webapp.settings import Settings

_logger: Final = logging.getLogger("webapp.products")
_TROUBLE_LENGTH: Final = 500
T = TypeVar("T")


class _StoppedError(Exception):
    """The process is about to end."""


class ImportDesk:
    """Reads and imports product files in threads. Kept in ``app.state.imports``."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)
        self._reads = make_session_factory(read_only(self._engine))
        self._writes = make_session_factory(self._engine)
        self._running: dict[int, asyncio.Task[None]] = {}
        self._is_ending = False

    async def read(self, look: Callable[[Session], T]) -> T:
        """Return what ``look(session)`` finds, in a thread and a read-only session."""
        return await asyncio.to_thread(self._look, look)

    def _look(self, look: Callable[[Session], T]) -> T:
        with self._reads() as session:
            return look(session)

    def start(self, number: int) -> None:
        """Begin to import an upload that was applied, or go on with it; returns at once."""
        if number in self._running or self._is_ending:
            return
        task = asyncio.get_running_loop().create_task(asyncio.to_thread(self._import, number))
        self._running[number] = task
        task.add_done_callback(lambda _: self._running.pop(number, None))

    def end(self) -> None:
        """Let running imports stop behind the batch they are at."""
        self._is_ending = True

    async def close(self) -> None:
        """Wait for the running imports, and close the connections."""
        self.end()
        if self._running:
            await asyncio.wait(list(self._running.values()))
        await asyncio.to_thread(self._engine.dispose)

    def _import(self, number: int) -> None:
        try:
            upload = self._look(partial(_read_upload, number=number))
            import_products(
                self._writes,
                read_product_file(upload.content, name=upload.name),
                actor=upload.actor,
                currency=upload.currency,
                mapping=upload.mapping,
                on_progress=lambda _done, _total: self._beat(number),
            )
        except _StoppedError:
            _logger.info("the import of upload %d stops with the process", number)
        except CommerceError as exc:
            _logger.warning("the import of upload %d stopped: %s", number, exc.message)
            self._note(number, exc.message)
        except Exception:
            _logger.exception("the import of upload %d stopped", number)
            self._note(number, "Something went wrong on our side.")

    def _beat(self, number: int) -> None:
        """Show that somebody works on it."""
        if self._is_ending:
            raise _StoppedError
        run_in_transaction(self._writes, partial(_note, number=number, trouble=""))

    def _note(self, number: int, trouble: str) -> None:
        try:
            run_in_transaction(self._writes, partial(_note, number=number, trouble=trouble))
        except CommerceError as exc:  # the database is gone, which is what the trouble is about
            _logger.warning("the trouble of upload %d is not kept: %s", number, exc.message)


def _read_upload(session: Session, number: int) -> ProductUpload:
    return session.get_one(ProductUpload, number, options=[undefer(ProductUpload.content)])


def _note(session: Session, *, number: int, trouble: str) -> None:
    upload = session.get(ProductUpload, number)
    if upload is not None:
        upload.beat_at, upload.trouble = utc_now(), trouble[:_TROUBLE_LENGTH]
        session.flush()


def desk_of(request: Request[Any, Any, Any]) -> ImportDesk:
    """Return the desk of this process."""
    desk: ImportDesk = request.app.state.imports
    return desk


@asynccontextmanager
async def run_imports(app: Litestar) -> AsyncIterator[None]:
    """Keep the desk while the application runs."""
    settings: Settings = app.state.settings
    drain: Drain = app.state.drain
    desk = ImportDesk(settings.database_url)
    drain.add(desk.end)
    app.state.imports = desk
    try:
        yield
    finally:
        await desk.close()
