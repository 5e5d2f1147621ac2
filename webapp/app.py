"""The composition root: settings in, application out. Importing this module does nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.template import TemplateConfig

import commerce_core
from commerce_core.journal import ensure_epoch
from webapp import health, home
from webapp.accounts import routes as accounts
from webapp.accounts.desk import IdentityDesk
from webapp.api import orders as api_orders
from webapp.api import products as api_products
from webapp.api import stock as api_stock
from webapp.api import stock_socket
from webapp.counts import routes as counts
from webapp.csrf import MOST_BYTES, MOST_FIELDS, CsrfMiddleware
from webapp.database import DEPENDENCIES, WebDatabase
from webapp.drain import Drain
from webapp.errors import EXCEPTION_HANDLERS
from webapp.explaining import routes as explaining
from webapp.head import answer_head
from webapp.headers import HostMiddleware, security_headers
from webapp.jobs import run_jobs
from webapp.live import operators
from webapp.live import stream as live
from webapp.live.answers import serve_streams
from webapp.migrations import require_all_migrated
from webapp.navigation_counts import NavigationCountsMiddleware
from webapp.options import answer_options
from webapp.orders import action_routes as order_actions
from webapp.orders import bulk_routes as order_bulk
from webapp.orders import hand_routes as order_by_hand
from webapp.orders import routes as orders
from webapp.orders import sheet_routes as order_sheets
from webapp.parcels import routes as parcels
from webapp.parcels.desk import run_parcels
from webapp.products import routes as products
from webapp.products.import_desk import run_imports
from webapp.purchasing import routes as purchasing
from webapp.reservations import routes as reservations
from webapp.returns import exchange_routes as exchanges
from webapp.returns import routes as returns
from webapp.security import Right, SessionMiddleware, guard_addresses, guard_rights, require_rights
from webapp.settings import Settings, load_settings
from webapp.static_files import make_static_router
from webapp.stock import routes as stock
from webapp.stock.lifespan import run_live_stock
from webapp.style import routes as style
from webapp.templating import make_template_engine
from webapp.transfers import routes as transfers
from webapp.uploads import routes as uploads

ROUTERS: Final[Sequence[Router]] = (
    accounts.router,
    api_stock.router,
    api_orders.router,
    api_products.router,
    stock_socket.router,
    health.router,
    home.router,
    live.router,
    operators.router,
    stock.router,
    style.router,
    counts.router,
    transfers.router,
    purchasing.router,
    parcels.router,
    reservations.router,
    explaining.router,
    uploads.router,
    products.router,
    orders.router,
    order_actions.router,
    order_bulk.router,
    order_by_hand.router,
    order_sheets.router,
    returns.router,
    exchanges.router,
)
"""The router of every feature. A new feature adds one line."""

LIFESPANS: Final[Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]]] = (
    run_live_stock,
    run_jobs,
    run_parcels,
    run_imports,
)
"""What a feature starts with the application and stops with it, in this order, database first."""


def create_app(settings: Settings | None = None) -> Litestar:
    """Return the application. Connects to nothing before its lifespan begins.

    Without settings they are read from the environment, for servers that take a factory.
    ``app.state.dhl`` may be set before it runs (see ``webapp.parcels.desk``).
    ``app.state`` holds ``settings``, ``database`` (WebDatabase), ``drain`` (Drain),
    ``readiness`` (Readiness), ``identities`` (IdentityDesk) and ``navigation``; while it runs,
    ``hub`` (Hub), ``census``, ``parcels`` and ``imports``.

    Raises:
        InvalidDatabaseUrlError: the database URL cannot be read.
        MissingRightError: a route states no right.
    """
    settings = settings or load_settings()
    engine, navigation = make_template_engine(settings)
    app = Litestar(
        route_handlers=[make_static_router(), *ROUTERS],
        dependencies={
            **DEPENDENCIES,
            "settings": Provide(lambda: settings, sync_to_thread=False),
        },
        guards=[guard_rights, guard_addresses],
        middleware=[
            HostMiddleware(settings),
            SessionMiddleware(settings),
            CsrfMiddleware(settings),
            NavigationCountsMiddleware(),
        ],
        before_send=[security_headers(settings)],
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=MOST_BYTES,
        multipart_form_part_limit=MOST_FIELDS,
        lifespan=[_run_database, _run_drain, *LIFESPANS],
        openapi_config=_openapi_config(),
        template_config=TemplateConfig(instance=engine),
        state=_make_state(settings),
        logging_config=None,
    )
    app.asgi_handler = serve_streams(answer_options(answer_head(app.asgi_handler), app.routes))
    require_rights(app.routes)
    # The start page only sends people on, so it is no area of its own.
    navigation.open(route.path for route in app.routes if route.path != home.HOME_PATH)
    app.state.navigation = navigation
    return app


def _make_state(settings: Settings) -> State:
    database = WebDatabase.open(settings.database_url)
    readiness = health.Readiness()
    readiness.add("database", health.database_check(database))
    return State(
        {
            "settings": settings,
            "database": database,
            "drain": Drain(),
            "identities": IdentityDesk(database),
            "readiness": readiness,
        }
    )


@asynccontextmanager
async def _run_database(app: Litestar) -> AsyncIterator[None]:
    database: WebDatabase = app.state.database
    try:
        async with database.reads() as session:
            await session.run_sync(require_all_migrated)
        await database.transact(ensure_epoch)
        yield
    finally:
        await database.close()


@asynccontextmanager
async def _run_drain(app: Litestar) -> AsyncIterator[None]:
    drain: Drain = app.state.drain
    with drain.on_signals():
        yield


def _openapi_config() -> OpenAPIConfig:
    router = Router(
        "/api/v1/schema",
        route_handlers=[],
        include_in_schema=False,
        opt={"right": Right.SIGNED_IN},
    )
    return OpenAPIConfig(
        title="Commerce",
        version=commerce_core.__version__,
        openapi_router=router,
        render_plugins=[JsonRenderPlugin()],
    )
