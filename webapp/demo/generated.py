"""Makes the generated shop in an empty database: tables, eighteen months of story, all of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from commerce_core import migrations as core
from commerce_core.clock import utc_now
from commerce_core.database import make_engine, make_session_factory
from commerce_core.flows import run_in_transaction
from webapp import migrations as web
from webapp.commands.progress import ProgressBar
from webapp.demo.catalog_life import enliven_catalog
from webapp.demo.history import DAYS, tell_story
from webapp.demo.papers import lay_out_papers
from webapp.demo.writing import count_rows, write_story

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

SHOP_NAME: Final = "Kiefer & Kalk"
TIME_ZONE: Final = "Europe/Berlin"


def migrate(url: str) -> None:
    """Create all tables, or bring them to this version. Commits."""
    core.upgrade(url)
    web.upgrade(url)


def generate_shop(
    url: str,
    *,
    seed: int,
    scale: float = 1.0,
    as_of: datetime | None = None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Fill the empty database at ``url`` with the shop of ``seed`` up to ``as_of`` (now).

    Commits in transactions of at most 500 rows; shows progress on stderr. ``check`` is called
    between two steps and may raise to end it there.
    """
    migrate(url)
    until = as_of or utc_now()
    with ProgressBar("Inventing the story", DAYS + 1, check=check) as bar:
        story = tell_story(seed, as_of=until, scale=scale, progress=bar.advance)
    engine = make_engine(url)
    try:
        with ProgressBar("Writing the shop", count_rows(story), check=check) as bar:
            factory = make_session_factory(engine)
            write_story(factory, story, progress=bar.advance)
            run_in_transaction(factory, partial(enliven_catalog, as_of=until))
            run_in_transaction(factory, partial(lay_out_papers, seed=seed, as_of=until))
    finally:
        engine.dispose()
