"""The tree of categories: seen, made, renamed, moved and removed."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.catalog.categories import (
    create_category,
    get_category,
    list_categories,
    move_category,
    remove_category,
    rename_category,
)
from commerce_core.catalog.models import Product
from commerce_core.errors import CommerceError
from webapp.database import Transact
from webapp.errors import Problem
from webapp.fields import text_of, whole_of
from webapp.products.details import category_choices
from webapp.products.filters import PATH
from webapp.records import address_number
from webapp.replies import lead_to, refusal, show
from webapp.security import Right, signed_in_user

_HERE: Final = f"{PATH}/categories"


@get("/categories", right=Right.VIEW_PRODUCTS)
async def show_categories(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Response[Any]:
    """Show the tree."""
    return await _show(request, session)


@post("/categories", right=Right.EDIT_PRODUCTS, status_code=303)
async def add_category(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
) -> Response[Any]:
    """Make a category."""
    form = await request.form()
    parent = address_number(text_of(form, "parent"))

    def add(writing: Session) -> None:
        place = None if parent is None else get_category(writing, parent)
        create_category(writing, name=text_of(form, "name"), parent=place)

    return await _do(request, session, transact, add, "added")


@post("/categories/{number:int}", right=Right.EDIT_PRODUCTS, status_code=303)
async def edit_category(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Rename a category, or put it elsewhere in the tree."""
    form = await request.form()
    parent = address_number(text_of(form, "parent"))
    version = whole_of(text_of(form, "version"))

    def edit(writing: Session) -> None:
        category = get_category(writing, number)
        here = rename_category(writing, category, name=text_of(form, "name"), version=version)
        if here.parent_id != parent:
            place = None if parent is None else get_category(writing, parent)
            move_category(writing, here, parent=place)

    return await _do(request, session, transact, edit, "saved")


@post("/categories/{number:int}/remove", right=Right.EDIT_PRODUCTS, status_code=303)
async def delete_category(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Remove a category that is empty."""

    def remove(writing: Session) -> None:
        remove_category(writing, get_category(writing, number))

    return await _do(request, session, transact, remove, "removed")


async def _do(
    request: Request[Any, Any, Any], session: AsyncSession, transact: Transact, step: Any, done: str
) -> Response[Any]:
    try:
        await transact(step)
    except CommerceError as exc:
        return await _show(request, session, refusal(exc))
    return lead_to(request, f"{_HERE}?done={done}")


async def _show(
    request: Request[Any, Any, Any], session: AsyncSession, problem: Problem | None = None
) -> Response[Any]:
    def read(reading: Session) -> dict[str, Any]:
        held = select(Product.category_id, func.count()).group_by(Product.category_id)
        return {
            "categories": list_categories(reading),
            "choices": category_choices(reading),
            "products": dict(reading.execute(held).all()),
        }

    context = await session.run_sync(read)
    context |= {
        "problem": problem,
        "done": request.query_params.get("done", ""),
        "may_edit": Right.EDIT_PRODUCTS.belongs_to(signed_in_user(request)),
    }
    return show("products/categories.html", context, status=problem.status if problem else 200)


HANDLERS: Final = (show_categories, add_category, edit_category, delete_category)
