"""Runs what the board needs beside the requests: the hub of the live stream, and the census."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from litestar import Litestar
from litestar.plugins.jinja import JinjaTemplateEngine

from webapp.database import WebDatabase
from webapp.live.frames import encode_json
from webapp.live.hub import Hub
from webapp.security import live_sessions
from webapp.stock.cells import CellWriter, make_cell_encoder
from webapp.stock.census import CensusTaker


@asynccontextmanager
async def run_live_stock(app: Litestar) -> AsyncIterator[None]:
    """Put ``hub``, ``cells`` and ``census`` into the application's state and run the hub."""
    engine = app.template_engine
    assert isinstance(engine, JinjaTemplateEngine)  # noqa: S101 - the composition root's choice
    cells = CellWriter(engine.engine)
    encoders = {"html": make_cell_encoder(cells), "json": encode_json}
    database: WebDatabase = app.state.database
    hub = Hub(database, encoders, are_alive=partial(live_sessions, database))
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
