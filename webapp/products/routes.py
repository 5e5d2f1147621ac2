"""The pages of products: the list, and the variant grid of one product."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError, InvalidCellsError, StaleEditsError
from webapp.database import Transact
from webapp.people import actor_of
from webapp.products import (
    category_routes,
    detail_routes,
    export_routes,
    image_routes,
    import_routes,
    matrix_routes,
    option_routes,
    price_routes,
    refused_rows,
)
from webapp.products.columns import view_of
from webapp.products.filters import PATH, ListFilter
from webapp.products.grid_form import read_cells
from webapp.products.listing import known_out, read_list
from webapp.products.reading import ProductHead, VariantGrid, read_grid, read_head
from webapp.products.saving import describe_clashes, save_cells, undo_cells
from webapp.products.views import (
    GridAnswer,
    decimal_mark,
    grid_context,
    list_context,
    product_context,
)
from webapp.records import address_number
from webapp.replies import is_fragment, lead_to, refusal, show
from webapp.security import Right, signed_in_user
from webapp.stock.views import new_address, wants_fragment

_MOST_BYTES: Final = 3_000_000
"""A column pasted into each of 2,000 variants, and then some."""


@get("/", right=Right.VIEW_PRODUCTS)
async def show_list(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], state: State
) -> Response[Any]:
    """Show the list, or to htmx the parts of it that the filters change."""
    wanted = ListFilter.read(request.query_params)
    out_ids = await known_out(wanted, state.census)
    found = await session.run_sync(read_list, wanted, as_of=utc_now(), out_ids=out_ids)
    context = list_context(found, wanted, signed_in_user(request), state.cells)
    context["done"] = request.query_params.get("done", "")
    if not wants_fragment(request):
        answer = show("products/list.html", context)
    else:
        answer = show("products/_results.html", context)
        answer.headers["hx-push-url"] = new_address(request, wanted.url())
    answer.headers["vary"] = "HX-Request"
    return answer


@get("/{number:int}", right=Right.VIEW_PRODUCTS)
async def show_product(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Show the variants of a product as a grid."""
    return await _show_grid(request, session, number, GridAnswer())


@post(
    "/{number:int}/grid",
    right=Right.EDIT_PRODUCTS,
    status_code=200,
    request_max_body_size=_MOST_BYTES,
)
async def save_grid(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Save what was typed; where that cannot be, show the grid with what was typed and why."""
    typed = read_cells(await request.form())
    mark = decimal_mark(request)
    try:
        done = await transact(save_cells, number, typed, actor=actor_of(request))
    except StaleEditsError as exc:
        by_cell = {one.cell: one for one in typed}
        conflicts = exc.fields["conflicts"]
        clashes = await session.run_sync(describe_clashes, conflicts, by_cell, mark=mark)
        answer = GridAnswer(typed, refusal(exc), clashes=clashes)
    except InvalidCellsError as exc:
        wrong = {(one.variant_id, one.field): one.message for one in exc.fields["problems"]}
        answer = GridAnswer(typed, refusal(exc), wrong=wrong)
    except CommerceError as exc:
        answer = GridAnswer(typed, refusal(exc))
    else:
        if not is_fragment(request):
            return lead_to(request, f"{_address(request, number)}&done=saved")
        answer = GridAnswer(undo=undo_cells(done, mark=mark), saved=len(done.changes))
    return await _show_grid(request, session, number, answer)


async def _show_grid(
    request: Request[Any, Any, Any], session: AsyncSession, number: int, answer: GridAnswer
) -> Response[Any]:
    query = request.query_params
    start = address_number(query.get("start", "")) or 0
    with_archived = query.get("archived") == "1"

    def read(reading: Session) -> tuple[ProductHead, VariantGrid]:
        reading.expire_all()  # what was saved is read after it was written
        head = read_head(reading, number)
        as_of = utc_now()
        grid = read_grid(
            reading, head.product, as_of=as_of, start=start, with_archived=with_archived
        )
        return head, grid

    head, grid = await session.run_sync(read)
    view = view_of(query.get("view", ""))
    context = product_context(request, head, "variants", with_archived=with_archived)
    context |= grid_context(request, grid, view, answer)
    context["stream"] = context["stream_address"]
    context["here"] = _address(request, number)
    template = "products/_grid.html" if is_fragment(request) else "products/product.html"
    return show(template, context, status=answer.problem.status if answer.problem else 200)


def _address(request: Request[Any, Any, Any], number: int) -> str:
    """Return the address of the page of the grid that a form was sent from."""
    query = request.query_params
    start = address_number(query.get("start", "")) or 0
    archived = "&archived=1" if query.get("archived") == "1" else ""
    view = view_of(query.get("view", ""))
    return f"{PATH}/{number}?view={view}{f'&start={start}' if start else ''}{archived}"


router = Router(
    PATH,
    route_handlers=[
        show_list,
        show_product,
        save_grid,
        *matrix_routes.HANDLERS,
        *price_routes.HANDLERS,
        *detail_routes.HANDLERS,
        *image_routes.HANDLERS,
        *category_routes.HANDLERS,
        *option_routes.HANDLERS,
        *import_routes.HANDLERS,
        *export_routes.HANDLERS,
        *refused_rows.HANDLERS,
    ],
    include_in_schema=False,
)
