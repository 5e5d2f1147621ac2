"""No page asks the database more often because the shop has grown. Generated from the routes."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from webapp.accounts.roles import Role
from webapp.app import create_app
from webapp.security import stated_routes
from webapp.settings import Settings
from webapp.tests.stockroom import fill_papers
from webapp.wire import is_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from litestar import Litestar

    from webapp.tests.harness import Opener

pytestmark = pytest.mark.anyio

FEW, MANY = 10, 200
WITHOUT_DATABASE = ("/static/", "/api/v1/schema", "/products/images/")
EXAMPLES: dict[str, str] = {
    "/products/{number:int}": "/products/1",
    "/products/{number:int}/details": "/products/1/details",
    "/products/{number:int}/history": "/products/1/history",
    "/products/{number:int}/options": "/products/1/options",
    "/products/{number:int}/pictures": "/products/1/pictures",
    "/products/{number:int}/prices": "/products/1/prices",
    "/products/import/{number:int}": "/products/import/1",
    "/products/import/{number:int}/refused.csv": "/products/import/1/refused.csv",
    "/api/v1/products/{number:int}": "/api/v1/products/1",
    "/api/v1/products/{number:int}/prices": "/api/v1/products/1/prices",
    "/api/v1/orders/{number:int}": "/api/v1/orders/1",
    "/orders/{number:int}": "/orders/1",
    "/orders/{number:int}/decide/{verb:str}": "/orders/1/decide/cancel-lines",
    "/orders/{number:int}/packing-slip": "/orders/1/packing-slip",
    "/orders/{number:int}/steps/{verb:str}": "/orders/1/steps/ship",
    "/returns/{number:int}": "/returns/1",
    "/returns/{number:int}/exchange": "/returns/1/exchange",
    "/returns/new": "/returns/new?order=1",
    "/stock/{variant_id:int}": "/stock/1",
    "/stock/adjust": "/stock/adjust?at=1-1",
    "/stock/counts/{number:int}": "/stock/counts/1",
    "/stock/counts/{number:int}/review": "/stock/counts/1/review",
    "/stock/explain/{variant_id:int}/{location_id:int}": "/stock/explain/1/1?on=2026-01-01",
    "/stock/purchase-orders/{number:int}": "/stock/purchase-orders/1",
    "/stock/purchase-orders/{number:int}/receive": "/stock/purchase-orders/1/receive",
    "/stock/purchase-orders/suppliers/{number:int}": "/stock/purchase-orders/suppliers/1",
    "/stock/transfers/{number:int}": "/stock/transfers/1",
    "/stock/transfers/{number:int}/receive": "/stock/transfers/1/receive",
}
"""For each route with parameters, an address that exists in the test shop."""
PAPERS = (
    "/api/v1/orders",
    "/orders",
    "/products/import",
    "/returns",
    "/returns/claims",
    "/stock/counts",
    "/stock/explain",
    "/stock/purchase-orders",
    "/stock/reservations",
    "/stock/transfers",
)
"""Pages of what people write about stock, which the test shop has none of."""


def pages() -> list[str]:
    routes = stated_routes(create_app(Settings()).routes)
    found = {route.path for route in routes if "GET" in route.methods}
    return sorted(
        path for path in found if not path.startswith(WITHOUT_DATABASE) and not is_stream(path)
    )


@contextmanager
def counted(app: Litestar) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    engine = app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", pages())
async def test_a_page_asks_as_often_at_200_rows_as_at_10(
    path: str, templates: dict[int, Path], tmp_path: Path, opener: Opener
) -> None:
    asked = {}
    for rows in (FEW, MANY):
        shutil.copy(templates[rows], tmp_path / f"{rows}.db")
        settings = Settings(database_url=f"sqlite:///{tmp_path / f'{rows}.db'}", jobs=False)
        async with opener(settings) as browser:
            await browser.become(Role.ADMIN)
            if path.startswith(PAPERS):
                await browser.database.transact(fill_papers)
            address = EXAMPLES.get(path, path)
            assert "{" not in address, f"add an address for {path} to EXAMPLES"
            await browser.get(address)  # the first one fills caches
            with counted(browser.app) as statements:
                answer = await browser.get(address)
            assert answer.status_code in {200, 303}
            asked[rows] = statements
    assert len(asked[FEW]) == len(asked[MANY]), asked[MANY][-3:]
