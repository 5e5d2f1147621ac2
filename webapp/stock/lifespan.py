"""Runs what the board needs beside the requests: the hub of the live stream, and the census."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from litestar import Litestar
from litestar.plugins.jinja import JinjaTemplateEngine

import commerce_core
from webapp.database import WebDatabase
from webapp.live.frames import encode_json
from webapp.live.hub import Hub
from webapp.orders.cells import make_order_encoder, together
from webapp.security import live_sessions
from webapp.settings import InvalidSettingError, Settings
from webapp.stock.cells import CellWriter, make_cell_encoder
from webapp.stock.census import CensusTaker

if TYPE_CHECKING:
    from webapp.live.relay import Relay


@asynccontextmanager
async def run_live_stock(app: Litestar) -> AsyncIterator[None]:
    """Put ``hub``, ``cells`` and ``census`` into the application's state and run the hub."""
    engine = app.template_engine
    assert isinstance(engine, JinjaTemplateEngine)  # noqa: S101 - the composition root's choice
    cells = CellWriter(engine.engine)
    pages = together(make_cell_encoder(cells), make_order_encoder(engine.engine))
    encoders = {"html": pages, "json": encode_json}
    database: WebDatabase = app.state.database
    hub = Hub(database, encoders, are_alive=partial(live_sessions, database))
    hub.relay = _make_relay(app.state.settings, hub)
    app.state.hub = hub
    app.state.cells = cells
    app.state.census = CensusTaker(app.state.database)
    app.state.drain.add(hub.drain)
    app.state.readiness.add("live", hub.examine)
    await hub.start()
    try:
        yield
    finally:
        await hub.stop()


def _make_relay(settings: Settings, hub: Hub) -> Relay | None:
    """Return this process's end of Redis; None where there is none.

    Raises:
        InvalidSettingError: the URL of Redis cannot be read.
    """
    if settings.redis_url is None:
        return None
    from webapp.live.relay import Relay  # noqa: PLC0415 - who has no Redis need not load it

    # Frames hold numbers as the shop's language writes them.
    build = f"{commerce_core.__version__} {settings.locale} {settings.time_zone}"
    try:
        return Relay(settings.redis_url, build=build, describe=hub.describe)
    except ValueError as exc:
        message = f"the redis url (variable COMMERCE_REDIS_URL) cannot be read: {exc}"
        # The value may hold a password.
        raise InvalidSettingError(message, name="COMMERCE_REDIS_URL", value="") from exc
