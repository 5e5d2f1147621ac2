"""The pictures of a product: uploaded or by address, shown, and taken away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from commerce_core.catalog.attribute_models import ProductImage
from commerce_core.catalog.images import (
    MAX_IMAGE_BYTES,
    LocalImages,
    StoredImage,
    add_image,
    list_images,
    order_images,
    remove_image,
    sniff_image,
    store_image,
)
from commerce_core.errors import CommerceError, InvalidImageError
from webapp.database import Transact
from webapp.errors import Problem
from webapp.fields import text_of
from webapp.headers import CONTENT_SECURITY_POLICY
from webapp.people import actor_of
from webapp.products.filters import PATH
from webapp.products.ordering import read_order
from webapp.products.reading import get_product_by_id, read_head
from webapp.products.views import product_context
from webapp.records import RecordNotFoundError, get_record
from webapp.replies import lead_to, refusal, show
from webapp.security import Right

_MOST_BYTES: Final = MAX_IMAGE_BYTES + 100_000


def image_storage(request: Request[Any, Any, Any]) -> LocalImages:
    """Return where pictures are kept."""
    return LocalImages(Path(request.app.state.settings.image_folder))


@get("/images/{key:str}", right=Right.VIEW_PRODUCTS)
async def show_image(request: Request[Any, Any, Any], key: FromPath[str]) -> Response[bytes]:
    """Return a stored picture. Its address is made of its content, so it never changes."""
    try:
        content = await asyncio.to_thread(image_storage(request).read, key)
        if content is None:
            raise NotFoundException
        kind = sniff_image(content)
    except InvalidImageError as exc:
        raise NotFoundException from exc
    headers = {"cache-control": "private, max-age=31536000, immutable"}
    return Response(content, media_type=kind, headers=headers)


@get("/{number:int}/pictures", right=Right.VIEW_PRODUCTS)
async def show_pictures(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], number: FromPath[int]
) -> Response[Any]:
    """Show the pictures in their order."""
    return await _show(request, session, number)


@post(
    "/{number:int}/pictures",
    right=Right.EDIT_PRODUCTS,
    status_code=303,
    request_max_body_size=_MOST_BYTES,
)
async def add_picture(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Add a picture: a file whose bytes show that it is one, or a web address."""
    form = await request.form()
    sent, address, alt = form.get("file"), text_of(form, "url"), text_of(form, "alt")
    await session.run_sync(get_product_by_id, number)
    try:
        image: StoredImage | str = address
        content = await sent.read(MAX_IMAGE_BYTES + 1) if isinstance(sent, UploadFile) else b""
        if content or not address:
            image = await asyncio.to_thread(store_image, image_storage(request), content)
        await transact(_add, number, image, alt=alt, actor=actor_of(request))
    except CommerceError as exc:
        return await _show(request, session, number, refusal(exc))
    return lead_to(request, f"{PATH}/{number}/pictures?done=added")


def _add(session: Session, number: int, image: StoredImage | str, *, alt: str, actor: str) -> None:
    add_image(session, get_product_by_id(session, number), image, alt=alt, actor=actor)


@post("/{number:int}/pictures/order", right=Right.EDIT_PRODUCTS, status_code=303)
async def order_pictures(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    transact: NamedDependency[Transact],
    number: FromPath[int],
) -> Response[Any]:
    """Put the pictures into another order; the first one stands beside the product in lists."""
    ids = read_order(await request.form())
    try:
        await transact(_order, number, ids, actor=actor_of(request))
    except CommerceError as exc:
        return await _show(request, session, number, refusal(exc))
    return lead_to(request, f"{PATH}/{number}/pictures")


def _order(session: Session, number: int, ids: Sequence[int], *, actor: str) -> None:
    product = get_product_by_id(session, number)
    known = {image.id: image for image in list_images(session, product)}
    order_images(session, product, [known[one] for one in ids if one in known], actor=actor)


@post("/{number:int}/pictures/{image:int}/remove", right=Right.EDIT_PRODUCTS, status_code=303)
async def remove_picture(
    request: Request[Any, Any, Any],
    transact: NamedDependency[Transact],
    number: FromPath[int],
    image: FromPath[int],
) -> Response[Any]:
    """Show a picture no longer."""
    await transact(_remove, number, image, actor=actor_of(request))
    return lead_to(request, f"{PATH}/{number}/pictures?done=removed")


def _remove(session: Session, number: int, image_id: int, *, actor: str) -> None:
    image = get_record(session, ProductImage, image_id)
    if image.product_id != number:
        message = "There is nothing at this address."
        raise RecordNotFoundError(message, number=str(image_id))
    remove_image(session, image, actor=actor)


async def _show(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    number: int,
    problem: Problem | None = None,
) -> Response[Any]:
    def read(reading: Session) -> dict[str, Any]:
        head = read_head(reading, number)
        images = list_images(reading, head.product)
        return product_context(request, head, "pictures", images=images) | {"problem": problem}

    context = await session.run_sync(read)
    answer = show("products/pictures.html", context, status=problem.status if problem else 200)
    answer.headers["content-security-policy"] = _policy(context["images"])
    return answer


def _policy(images: Sequence[ProductImage]) -> str:
    """Return our policy, with the hosts that this page shows pictures from, and no others."""
    hosts = set()
    for image in images:
        parts = urlsplit(image.url or "")
        if parts.scheme == "https" and parts.netloc.replace(".", "").replace("-", "").isalnum():
            hosts.add(f"https://{parts.netloc}")
    sources = " ".join(["img-src 'self' data:", *sorted(hosts)])
    return CONTENT_SECURITY_POLICY.replace("img-src 'self' data:", sources)


HANDLERS: Final = (show_image, show_pictures, add_picture, order_pictures, remove_picture)
