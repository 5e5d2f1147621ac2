"""Living shoppers: a thread of its own that keeps the stock moving at the pace of a busy shop.

A thread with its own connection, not a task of the event loop: whatever it waits for, no page
waits with it.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

from commerce_core.database import make_engine, make_session_factory
from commerce_core.errors import CommerceError, DatabaseError
from commerce_core.flows import run_in_transaction
from webapp.demo.street import Street

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session, sessionmaker

_logger: Final = logging.getLogger("webapp.demo")

_TROUBLE_PAUSE_SECONDS: Final = 5.0
_STOP_SECONDS: Final = 1.5
_REFRESH_EVERY: Final = 2000
"""After so many scenes it is looked anew at what people like and what waits to be packed."""


class Shoppers:
    """The people in the shop. ``start`` lets them in, ``stop`` closes the doors."""

    def __init__(self, url: str, *, seed: int) -> None:
        self._url = url
        self._seed = seed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="demo shoppers", daemon=True)

    def start(self) -> None:
        """Let them in. Call it once."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let nobody in any more. Returns at once."""
        self._stopping.set()

    def stop(self) -> None:
        """Close the doors and wait until the last one has paid."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _live(self) -> None:
        engine = make_engine(self._url)
        try:
            factory = make_session_factory(engine)
            while not self._stopping.is_set():
                try:
                    street = run_in_transaction(factory, partial(Street.open, seed=self._seed))
                    self._walk(factory, street)
                except DatabaseError as exc:
                    _logger.warning("the demo's shoppers wait a moment: %s", exc.message)
                    self._stopping.wait(_TROUBLE_PAUSE_SECONDS)
                except Exception:
                    _logger.exception("the demo's shoppers stumbled")
                    self._stopping.wait(_TROUBLE_PAUSE_SECONDS)
        finally:
            engine.dispose()

    def _walk(self, factory: sessionmaker[Session], street: Street) -> None:
        """Let one thing happen after the other."""
        for _ in range(_REFRESH_EVERY):
            pause, happen = street.next_scene()
            if self._stopping.wait(pause):
                return
            _play(factory, happen)


def _play(factory: sessionmaker[Session], happen: Callable[[Session], object]) -> None:
    """Let it happen, or not: somebody at a desk may have changed what it was about."""
    try:
        run_in_transaction(factory, happen)
    except DatabaseError:
        raise
    except CommerceError as exc:
        _logger.debug("it did not happen: %s", exc.message)
