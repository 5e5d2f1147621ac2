"""Makes a shop of the Online Retail file: everything but its last weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from commerce_core.database import make_engine, make_session_factory
from commerce_core.flows import run_flow
from commerce_core.importing import import_flow, read_online_retail
from webapp.commands.progress import PhaseBars
from webapp.demo.generated import migrate
from webapp.demo.live_orders import ACTOR
from webapp.demo.replay import LOCATION, replay_from

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from commerce_core.importing import Survey

SHOP_NAME: Final = "Online Retail"
TIME_ZONE: Final = "Europe/London"


def read_file(path: Path, *, check: Callable[[], None] = lambda: None) -> Survey:
    """Read the file. ``check`` is called between two steps and may raise to end it there.

    Raises:
        ImportFileError: it cannot be read as a whole; the message says why.
    """
    with PhaseBars(check) as bars:
        return read_online_retail(path, on_progress=bars.show)


def import_shop(url: str, *, survey: Survey, check: Callable[[], None] = lambda: None) -> None:
    """Import into the empty database at ``url`` what lies before the replay. Commits."""
    migrate(url)
    engine = make_engine(url)
    try:
        with PhaseBars(check) as bars:
            flow = import_flow(
                survey,
                actor=ACTOR,
                location=LOCATION,
                until=replay_from(survey),
                on_progress=bars.show,
            )
            run_flow(make_session_factory(engine), flow)
    finally:
        engine.dispose()
