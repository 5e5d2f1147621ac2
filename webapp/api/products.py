"""Products for programs: the list, one product with its variants, and everything that edits it.

``version`` in a body is that of the product or variant the program decided on: where somebody
else changed the same field since, the answer is 409 with both values in ``conflicts``, and nothing
is saved. A repeat with the same ``Idempotency-Key`` header is done once and answered as the
product is by then; the same key with another body is 409. Amounts are texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from litestar import Request, Response, Router, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.catalog.amounts import Decimals
from commerce_core.catalog.edits import edit_variants
from commerce_core.catalog.models import Product, Variant, VariantStatus
from commerce_core.catalog.prices import plan_sale, set_price
from commerce_core.catalog.products import create_product, edit_product
from commerce_core.catalog.variant_fields import VARIANT_FIELDS
from commerce_core.catalog.variants import create_variant
from commerce_core.clock import utc_now
from commerce_core.errors import InvalidInputError
from commerce_core.idempotency import claim, fingerprint_of
from webapp.api.product_answers import listed_as_json, prices_as_json, product_as_json
from webapp.api.product_bodies import (
    PRODUCT_FIELDS,
    edits_of,
    key_of,
    moment_of,
    money_of,
    options_of,
    plain_value,
    read_body,
    read_price_body,
    texts,
    whole,
)
from webapp.database import Transact
from webapp.people import actor_of
from webapp.products.filters import ListFilter
from webapp.products.listing import known_out, read_list
from webapp.products.reading import get_product_by_id
from webapp.security import Right

_NEW_VARIANT: Final = ("options", "currency", *VARIANT_FIELDS)
_MOST_BYTES: Final = 3_000_000
Work = Callable[[Session], int]


@get("/products", right=Right.VIEW_PRODUCTS)
async def list_all(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], state: State
) -> dict[str, Any]:
    """Return up to 50 products by name; ``next`` is the address of the following page.

    The query is that of the page: ``q``, ``category``, ``status``, ``value``, ``stock``, ``sort``.
    """
    wanted = ListFilter.read(request.query_params)
    out_ids = await known_out(wanted, state.census)
    found = await session.run_sync(read_list, wanted, as_of=utc_now(), out_ids=out_ids)
    rows = found.rows
    more = wanted.url(after=rows[-1].product.id, before=None) if found.has_next and rows else None
    return {
        "cursor": str(found.cursor),
        "products": [listed_as_json(row) for row in rows],
        "next": f"/api/v1{more}" if more else None,
    }


@get("/products/{number:int}", right=Right.VIEW_PRODUCTS)
async def get_one(session: NamedDependency[AsyncSession], number: FromPath[int]) -> dict[str, Any]:
    """Return a product with its options, variants, attributes and pictures."""
    return await session.run_sync(product_as_json, number, as_of=utc_now())


@post("/products", right=Right.EDIT_PRODUCTS, status_code=201)
async def create(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
) -> Response[Any]:
    """Create a product without variants. ``category`` is its place: ``Clothing > Shirts``."""
    body = await read_body(request, PRODUCT_FIELDS)
    fields = {name: value for name, value in texts(body, PRODUCT_FIELDS).items() if value}
    actor = actor_of(request)

    def work(writing: Session) -> int:
        named: dict[str, Any] = {"name": "", **fields}
        return create_product(writing, **named, actor=actor).id

    verb = "create product"
    return await _answer(request, session, transact, verb=verb, body=body, work=work, status=201)


@patch("/products/{number:int}", right=Right.EDIT_PRODUCTS)
async def edit(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Change fields of a product: those that are in the body."""
    body = await read_body(request, ("version", *PRODUCT_FIELDS))
    changes, version = texts(body, PRODUCT_FIELDS), whole(body, "version")
    actor = actor_of(request)

    def work(writing: Session) -> int:
        product = get_product_by_id(writing, number)
        return edit_product(writing, product, changes, actor=actor, version=version).id

    verb = f"edit product {number}"
    return await _answer(request, session, transact, verb=verb, body=body, work=work)


@post("/products/{number:int}/variants", right=Right.EDIT_PRODUCTS, status_code=201)
async def add_variant(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Make one variant: ``sku``, ``price``, ``options``, and any other field of variants."""
    body = await read_body(request, _NEW_VARIANT)
    price, options = money_of(body, "price"), options_of(body)
    own = {"price", "currency", "options", "sku", "name", "barcode"}
    fields = {name: plain_value(name, body[name]) for name in body if name not in own}
    named = texts(body, ("sku", "name", "barcode"))
    actor = actor_of(request)

    def work(writing: Session) -> int:
        product = get_product_by_id(writing, number)
        made: dict[str, Any] = {"sku": "", **named, **fields}
        create_variant(writing, product, price=price, options=options, actor=actor, **made)
        return product.id

    verb = f"add variant {number}"
    return await _answer(request, session, transact, verb=verb, body=body, work=work, status=201)


@patch(
    "/products/{number:int}/variants", right=Right.EDIT_PRODUCTS, request_max_body_size=_MOST_BYTES
)
async def edit_many(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Change fields of variants, all or none: ``variants: [{"id": 7, "version": 3, …}]``.

    A value that cannot be is 422 with each cell in ``problems``. A new ``price`` is the regular
    one from now on.
    """
    body = await read_body(request, ("variants",))
    edits, actor = edits_of(body), actor_of(request)

    def work(writing: Session) -> int:
        product = get_product_by_id(writing, number)
        edit_variants(writing, product, edits, actor=actor, decimals=Decimals.POINT)
        return product.id

    verb = f"edit variants {number}"
    return await _answer(request, session, transact, verb=verb, body=body, work=work)


@get("/products/{number:int}/prices", right=Right.VIEW_PRODUCTS)
async def list_prices(
    session: NamedDependency[AsyncSession], number: FromPath[int]
) -> dict[str, Any]:
    """Return the prices of a product through time: planned, in force and past."""

    def read(reading: Session) -> list[dict[str, Any]]:
        return prices_as_json(reading, get_product_by_id(reading, number))

    return {"prices": await session.run_sync(read)}


@post("/products/{number:int}/prices", right=Right.EDIT_PRODUCTS, status_code=201)
async def add_price(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Set or plan a price: ``amount``, ``currency``, ``kind`` (regular or sale), ``from``,
    ``until``, and the ids of ``variants`` (all active ones unless told).
    """  # noqa: D205 - a list of fields
    body = await read_price_body(request)
    work = partial(_price, number=number, body=body, actor=actor_of(request))
    verb = f"add price {number}"
    return await _answer(request, session, transact, verb=verb, body=body, work=work, status=201)


def _price(session: Session, *, number: int, body: Mapping[str, Any], actor: str) -> int:
    product = get_product_by_id(session, number)
    price, begins, ends = (
        money_of(body, "amount"),
        moment_of(body, "from"),
        moment_of(body, "until"),
    )
    for variant in _chosen(session, product, body.get("variants")):
        if body["kind"] == "sale":
            starts = begins or utc_now()
            plan_sale(session, variant, price, starts_at=starts, ends_at=ends, actor=actor)
        else:
            set_price(session, variant, price, starts_at=begins, actor=actor)
    return product.id


def _chosen(session: Session, product: Product, ids: list[int] | None) -> list[Variant]:
    query = select(Variant).where(Variant.product_id == product.id).order_by(Variant.id)
    if ids is None:
        query = query.where(Variant.status == VariantStatus.ACTIVE)
    else:
        query = query.where(Variant.id.in_(ids))
    found = list(session.scalars(query))
    missing = set(ids or ()) - {variant.id for variant in found}
    if missing or not found:
        message = "the product has none of these variants" if not found else "not its variants"
        raise InvalidInputError(message, variant_ids=sorted(missing))
    return found


async def _answer(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    transact: Transact,
    *,
    verb: str,
    body: Mapping[str, Any],
    work: Work,
    status: int = 200,
) -> Response[Any]:
    """Do ``work`` once for the key of the request, and answer with its product as it is then."""
    key, actor = key_of(request), actor_of(request)

    def once(writing: Session) -> int:
        if key is None:
            return work(writing)
        mine = claim(
            writing, actor=actor, verb=verb, key=key, fingerprint=fingerprint_of(body=body)
        )
        if not mine.is_replay:
            mine.record(work(writing))
        return int(mine.result)

    number = await transact(once)
    return Response(
        await session.run_sync(product_as_json, number, as_of=utc_now()), status_code=status
    )


router = Router(
    "/api/v1",
    route_handlers=[
        list_all,
        get_one,
        create,
        edit,
        add_variant,
        edit_many,
        list_prices,
        add_price,
    ],
    tags=["products"],
)
