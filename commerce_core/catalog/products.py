"""Create and edit products. The database holds every "exists already" by a unique key."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from commerce_core.catalog.categories import ensure_category
from commerce_core.catalog.category_models import Category
from commerce_core.catalog.change_models import ChangeKind
from commerce_core.catalog.changes import NOBODY, ChangeLog, require_actor
from commerce_core.catalog.details import require_details
from commerce_core.catalog.edit_conflicts import Conflict, stale_edits
from commerce_core.catalog.models import (
    NAME_LENGTH,
    SLUG_LENGTH,
    TEXT_LENGTH,
    Product,
    ProductStatus,
)
from commerce_core.clock import utc_now
from commerce_core.database import is_postgresql
from commerce_core.errors import DuplicateError, InvalidInputError, ProductNotFoundError
from commerce_core.records import id_of
from commerce_core.text import clean_lines, clean_optional, clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

PRODUCT_FIELDS: Final = ("name", "slug", "description", "brand", "category", "status")
"""What people edit of a product."""


def make_slug(name: str) -> str:
    """Return ``name`` as a part of an address: lower case letters, digits and hyphens.

    A name without any Latin letter gets a short digest of itself instead.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].strip("-")
    return slug or f"product-{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def create_product(
    session: Session,
    *,
    name: str,
    slug: str | None = None,
    description: str = "",
    brand: str | None = None,
    category: Category | str | None = None,
    status: ProductStatus = ProductStatus.ACTIVE,
    details: dict[str, Any] | None = None,
    actor: str = NOBODY,
) -> Product:
    """Create a product. Flushes; the caller commits.

    ``category`` is one, or its place in the tree, ``"Clothing > Shirts"``, made where missing.

    Raises:
        InvalidTextError: a text is empty or too long.
        InvalidInputError: the status is none of ours, or the details are no JSON object.
        DuplicateError: another product has this slug, or this name and no slug was given.
    """
    name = clean_text(name, name="the product's name", max_length=NAME_LENGTH)
    slug = make_slug(clean_text(slug or name, name="the slug", max_length=SLUG_LENGTH))
    product = Product(
        name=name,
        slug=slug,
        description=clean_lines(description, name="the description", max_length=TEXT_LENGTH),
        brand=clean_optional(brand, name="the brand", max_length=NAME_LENGTH),
        status=_require_status(status),
        details=require_details(details),
    )
    log = ChangeLog(require_actor(actor))
    if session.scalar(select(Product.id).filter_by(slug=slug)) is not None:
        raise _duplicate_slug(slug)
    try:
        with session.begin_nested():
            product.category_id = _category_id(session, category)
            session.add(product)
    except IntegrityError as exc:
        raise _duplicate_slug(slug) from exc
    log.add(product.id, {"name": (None, name)}, kind=ChangeKind.CREATED)
    log.write(session)
    return product


def edit_product(
    session: Session,
    product: Product,
    changes: Mapping[str, Any],
    *,
    actor: str,
    version: int | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Product:
    """Change fields of a product (``PRODUCT_FIELDS``). Flushes; the caller commits.

    ``version`` is the one the editor has read; None saves whatever is there. With ``seen``, the
    values the editor has read, only fields that somebody else changed are in conflict.

    Raises:
        StaleEditsError: somebody saved one of these fields since; ``conflicts`` shows both.
        DuplicateError: another product has the slug.
        InvalidInputError, InvalidTextError: a field or value that cannot be.
        ProductNotFoundError: it is gone.
    """
    who = require_actor(actor)
    wanted = {name: read_product_field(name, value) for name, value in changes.items()}
    here = lock_product(session, product)
    if "category" in wanted:
        wanted["category"] = _category_id(session, wanted["category"])
    if version is not None and here.version != version:
        _require_fresh(here, wanted, seen or {})
    changed = {
        name: (value_of(here, name), value)
        for name, value in wanted.items()
        if value_of(here, name) != value
    }
    _require_free_slug(session, here, wanted.get("slug"))
    for name, (_, value) in changed.items():
        setattr(here, "category_id" if name == "category" else name, value)
    if changed:
        here.updated_at = utc_now()
        session.flush()
        log = ChangeLog(who)
        log.add(here.id, changed)
        log.write(session)
    return here


def lock_product(session: Session, product: Product) -> Product:
    """Return the product as it is now; others who edit it or its variants wait for us.

    Raises:
        ProductNotFoundError: it is gone.
    """
    query = select(Product).filter_by(id=id_of(product, Product))
    if is_postgresql(session):
        query = query.with_for_update(key_share=True)
    found = session.scalars(query.execution_options(populate_existing=True)).first()
    if found is None:
        message = f"the product {product.name!r} is gone"
        raise ProductNotFoundError(message, product_id=product.id)
    return found


def value_of(product: Product, name: str) -> Any:
    """Return what a field of a product holds; of ``category`` its id."""
    return product.category_id if name == "category" else getattr(product, name)


def read_product_field(name: str, value: Any) -> Any:
    """Return what the field ``name`` of a product stores; of ``category`` what was given.

    Raises:
        InvalidInputError, InvalidTextError: no such field, or a value it cannot take.
    """
    match name:
        case "name":
            return clean_text(value, name="the product's name", max_length=NAME_LENGTH)
        case "slug":
            return make_slug(clean_text(value, name="the slug", max_length=SLUG_LENGTH))
        case "description":
            return clean_lines(value, name="the description", max_length=TEXT_LENGTH)
        case "brand":
            return clean_optional(value, name="the brand", max_length=NAME_LENGTH)
        case "status":
            return _require_status(value)
        case "category":
            return value
        case _:
            message = f"a product has no field {shown(name)}: there are {', '.join(PRODUCT_FIELDS)}"
            raise InvalidInputError(message, field=shown(name))


def _category_id(session: Session, category: Category | str | None) -> int | None:
    if category is None or (isinstance(category, str) and not category.strip()):
        return None
    if isinstance(category, str):
        return ensure_category(session, category).id
    return id_of(category, Category)


def _require_fresh(here: Product, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
    conflicts = []
    for name, value in wanted.items():
        now = value_of(here, name)
        if now != value and (name not in seen or now != seen[name]):
            conflicts.append(Conflict(None, name, yours=value, now=now, version=here.version))
    if conflicts:
        raise stale_edits(conflicts)


def _require_free_slug(session: Session, here: Product, slug: str | None) -> None:
    if slug is None or slug == here.slug:
        return
    if session.scalar(select(Product.id).filter_by(slug=slug)) is not None:
        raise _duplicate_slug(slug)


def _require_status(status: ProductStatus) -> ProductStatus:
    try:
        return ProductStatus(status)
    except ValueError as exc:
        names = ", ".join(ProductStatus)
        message = f"a product's status {shown(status)} is none of {names}"
        raise InvalidInputError(message, status=shown(status)) from exc


def _duplicate_slug(slug: str) -> DuplicateError:
    message = f"there is a product with the slug {slug!r} already: choose another"
    return DuplicateError(message, slug=slug)
