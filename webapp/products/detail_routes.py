"""The pages that describe a product: a new one, its details, and the attributes of the shop."""

from __future__ import annotations

import json
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.catalog.attribute_models import AttributeKind
from commerce_core.catalog.attributes import create_attribute
from commerce_core.errors import CommerceError, StaleEditsError
from webapp.database import Transact
from webapp.errors import Problem
from webapp.fields import text_of
from webapp.people import actor_of
from webapp.products.details import (
    DetailsForm,
    category_choices,
    conflict_text,
    make_product,
    read_details,
    save_details,
)
from webapp.products.filters import PATH
from webapp.products.reading import read_head
from webapp.products.views import product_context
from webapp.replies import lead_to, refusal, show
from webapp.security import Right


@get("/new", right=Right.EDIT_PRODUCTS)
async def show_new(session: NamedDependency[AsyncSession]) -> Response[Any]:
    """Ask what the product is."""
    return await _ask(session, DetailsForm())


@post("/new", right=Right.EDIT_PRODUCTS, status_code=303)
async def create(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
) -> Response[Any]:
    """Create a product and go on to its options."""
    form = DetailsForm.read(await request.form())
    try:
        number = await transact(make_product, form, actor=actor_of(request))
    except CommerceError as exc:
        return await _ask(session, form, refusal(exc))
    return lead_to(request, f"{PATH}/{number}/options?done=created")


async def _ask(
    session: AsyncSession, form: DetailsForm, problem: Problem | None = None
) -> Response[Any]:
    categories = await session.run_sync(category_choices)
    context = {"form": form, "texts": form.typed, "categories": categories, "problem": problem}
    return show("products/new.html", context, status=problem.status if problem else 200)


@get("/{number:int}/details", right=Right.VIEW_PRODUCTS)
async def show_details(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Show what describes the product."""
    return await _show(request, session, number)


@post("/{number:int}/details", right=Right.EDIT_PRODUCTS, status_code=303)
async def edit_details(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Save what was changed; where somebody else was quicker, show both sides."""
    form = DetailsForm.read(await request.form())
    try:
        await transact(save_details, number, form, actor=actor_of(request))
    except CommerceError as exc:
        return await _show(request, session, number, form, exc)
    return lead_to(request, f"{PATH}/{number}/details?done=saved")


@post("/{number:int}/details/attributes", right=Right.EDIT_PRODUCTS, status_code=303)
async def add_attribute(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Let the products of the shop have one more attribute."""
    sent = await request.form()
    kind = text_of(sent, "kind")
    choices = [part.strip() for part in text_of(sent, "choices").split(",") if part.strip()]

    def add(writing: Session) -> None:
        create_attribute(
            writing,
            name=text_of(sent, "name"),
            kind=AttributeKind(kind) if kind in set(AttributeKind) else AttributeKind.TEXT,
            choices=choices,
            unit=text_of(sent, "unit") or None,
        )

    try:
        await transact(add)
    except CommerceError as exc:
        return await _show(request, session, number, None, exc)
    return lead_to(request, f"{PATH}/{number}/details?done=attribute")


async def _show(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    number: int,
    form: DetailsForm | None = None,
    error: CommerceError | None = None,
) -> Response[Any]:
    problem = refusal(error) if error else None
    conflicts = error.fields["conflicts"] if isinstance(error, StaleEditsError) else ()

    def read(reading: Session) -> dict[str, Any]:
        head = read_head(reading, number)
        details = read_details(reading, head.product)
        texts = details.texts | (form.typed if form else {})
        known, version = details.texts, head.product.version
        if form is not None and not conflicts:
            # Refused for another reason: what the editor has seen stays what it was.
            known, version = details.texts | form.known, form.version or version
        labels = {f"attribute-{one.id}": one.name for one in details.attributes}
        context = product_context(
            request,
            head,
            "details",
            details=details,
            texts=texts,
            categories=details.categories,
            form=form or DetailsForm(),
            known=json.dumps({"version": version, **known}, ensure_ascii=False),
            kinds=list(AttributeKind),
            clashes=[_clash(one, form, details.categories, labels) for one in conflicts],
        )
        return context | {"problem": problem}

    context = await session.run_sync(read)
    return show("products/details.html", context, status=problem.status if problem else 200)


def _clash(
    conflict: Any,
    form: DetailsForm | None,
    categories: Any,
    labels: dict[str, str],
) -> dict[str, str]:
    before = form.known.get(conflict.field, "") if form else ""
    return {
        "field": conflict.field,
        "label": labels.get(conflict.field, ""),
        "before": conflict_text(conflict.field, before, categories),
        "yours": conflict_text(conflict.field, conflict.yours, categories),
        "now": conflict_text(conflict.field, conflict.now, categories),
    }


HANDLERS: Final = (show_new, create, show_details, edit_details, add_attribute)
