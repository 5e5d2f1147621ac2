"""One run of the demo: a database, a server, and somebody who moves the stock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from commerce_core.catalog.images import LocalImages
from commerce_core.database import make_engine, make_session_factory
from webapp.app import create_app
from webapp.commands.interruption import Interruption
from webapp.demo import generated, imported
from webapp.demo.carrier import Carrier, run_carrier
from webapp.demo.catalog_life import hang_pictures
from webapp.demo.database_file import Shop, build, demo_folder, is_ready, url_of
from webapp.demo.logins import describe_logins, ensure_logins
from webapp.demo.replay import Replay
from webapp.demo.shoppers import Shoppers
from webapp.server import bind, serve
from webapp.settings import Settings, load_settings

if TYPE_CHECKING:
    from commerce_core.importing import Survey

_OWN_NAMES: Final = ("127.0.0.1", "localhost")
"""The demo's password is known to everybody, so it answers to no other name."""


class People(Protocol):
    """Those who move the stock, in a thread of their own."""

    def start(self) -> None:
        """Begin."""
        ...

    def ask_to_stop(self) -> None:
        """End soon."""
        ...

    def stop(self) -> None:
        """End, and wait for it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for on the command line."""

    host: str
    port: int | None
    data: Path | None
    keep: Path | None
    speed: float
    seed: int
    scale: float
    is_still: bool


def run_demo(wishes: Wishes, *, say: Callable[[str], None]) -> int:
    """Make the shop, serve it, and tidy up behind it; return the exit code.

    SIGINT and SIGTERM are a good end at any time, also while the shop is being made.

    Raises:
        DemoFileError, ImportFileError, AddressInUseError: with one sentence that says what to do.
    """
    try:
        with Interruption() as interruption, demo_folder(wishes.keep) as path:
            _run(path, wishes, say, interruption.check)
    except KeyboardInterrupt:
        say("Stopped.")
    return 0


def _run(path: Path, wishes: Wishes, say: Callable[[str], None], check: Callable[[], None]) -> None:
    settings = _settings(path, wishes)
    bind(settings.host, settings.port).close()  # a busy port is told before the work, not after
    survey = imported.read_file(wishes.data, check=check) if wishes.data else None
    _make_ready(path, survey, wishes, say, check)
    people = None if wishes.is_still else _people(settings.database_url, survey, wishes, say)
    del survey  # half a million rows, of which only those to be replayed are still needed
    app = create_app(settings)
    with ExitStack() as stack:
        if people is not None:
            app.state.drain.add(people.ask_to_stop)
            stack.callback(people.stop)
        carrier = stack.enter_context(run_carrier(is_still=wishes.is_still))
        app.state.dhl, app.state.dhl_examples = carrier.config, carrier.numbers
        check()
        serve(app, settings, say=partial(_open, settings, people, carrier, say))


def _settings(path: Path, wishes: Wishes) -> Settings:
    shop = imported if wishes.data else generated
    return load_settings(
        database_url=url_of(path),
        host=wishes.host,
        port=wishes.port,
        allowed_hosts=_OWN_NAMES,
        shop_name=shop.SHOP_NAME,
        time_zone=shop.TIME_ZONE,
        image_folder=str(pictures_of(path)),
    )


def pictures_of(path: Path) -> Path:
    """Return the folder of the pictures of the shop at ``path``."""
    return path.with_name(f"{path.stem}-pictures")


def _make_ready(
    path: Path,
    survey: Survey | None,
    wishes: Wishes,
    say: Callable[[str], None],
    check: Callable[[], None],
) -> None:
    """Build the database where there is none yet, and bring it to this version."""
    began = monotonic()
    shop = Shop.GENERATED if survey is None else Shop.ONLINE_RETAIL
    if is_ready(path, shop):
        say(f"Using {path} again.")
        generated.migrate(url_of(path))
    elif survey is None:
        made = partial(generated.generate_shop, seed=wishes.seed, scale=wishes.scale, check=check)
        build(path, shop, made)
    else:
        build(path, shop, partial(imported.import_shop, survey=survey, check=check))
    engine = make_engine(url_of(path))
    try:
        ensure_logins(make_session_factory(engine))
        if shop is Shop.GENERATED:
            hang_pictures(make_session_factory(engine), LocalImages(pictures_of(path)))
    finally:
        engine.dispose()
    say(f"Ready after {monotonic() - began:.0f} s.")


def _people(url: str, survey: Survey | None, wishes: Wishes, say: Callable[[str], None]) -> People:
    """Return those who will move the stock."""
    if survey is None:
        return Shoppers(url, seed=wishes.seed)
    replay = Replay.prepare(url, survey, speed=wishes.speed)
    say(f"{replay.rows_left:,} rows will be replayed at {wishes.speed:g} times their speed.")
    return replay


def _open(
    settings: Settings,
    people: People | None,
    carrier: Carrier,
    say: Callable[[str], None],
    address: str,
) -> None:
    """Say where the shop is, and let the people in."""
    say(f"\n{settings.shop_name} is open at {address}stock\n\n{describe_logins()}\n")
    say(f"{carrier.describe(address)}\n")
    say("Nothing moves." if people is None else "Stock moves while you watch. Ctrl-C stops it.")
    if people is not None:
        people.start()
