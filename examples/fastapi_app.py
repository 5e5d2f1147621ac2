"""FastAPI, asynchronous: the same functions, run through ``AsyncSession.run_sync``.

Run it: ``DATABASE_URL=sqlite:///shop.db uvicorn fastapi_app:app`` in this folder.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from commerce_core import (
    CommerceError,
    Money,
    NotFoundError,
    make_async_engine,
    make_async_session_factory,
    run_in_transaction_async,
)
from commerce_core.catalog import create_product, create_variant, get_variant
from commerce_core.inventory import create_location, list_levels, receive_stock, ship_stock
from commerce_core.inventory.queries import get_location
from commerce_core.migrations import upgrade

URL = os.environ.get("DATABASE_URL", "sqlite:///shop.db")
engine = make_async_engine(URL)
sessions = make_async_session_factory(engine)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    upgrade(URL)
    await run_in_transaction_async(sessions, lambda s: create_location(s, code="HAM"))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


class NewVariant(BaseModel):
    name: str
    sku: str
    price: str
    received: int


@app.exception_handler(CommerceError)
async def refuse(_request: Request, error: CommerceError) -> JSONResponse:
    status = 404 if isinstance(error, NotFoundError) else 409
    return JSONResponse({"code": error.code, "message": error.message}, status)


@app.post("/variants", status_code=201)
async def create(new: NewVariant) -> dict[str, str]:
    def work(session: Session) -> str:
        product = create_product(session, name=new.name)
        price = Money.of(new.price, "EUR")
        variant = create_variant(session, product, sku=new.sku, price=price)
        hamburg = get_location(session, code="HAM")
        receive_stock(session, variant, hamburg, quantity=new.received, actor="fastapi")
        return variant.sku

    return {"sku": await run_in_transaction_async(sessions, work)}


@app.post("/variants/{sku}/ship")
async def ship(sku: str, quantity: int) -> dict[str, int]:
    def work(session: Session) -> int:
        variant, hamburg = get_variant(session, sku=sku), get_location(session, code="HAM")
        ship_stock(session, variant, hamburg, quantity=quantity, actor="fastapi")
        return sum(level.available for level in list_levels(session, variant))

    return {"available": await run_in_transaction_async(sessions, work)}
