"""The tree of categories: made, renamed, moved, and never a circle."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from commerce_core.catalog.category_models import CATEGORY_DEPTH, Category
from commerce_core.catalog.models import NAME_LENGTH, Product
from commerce_core.database import is_postgresql
from commerce_core.errors import (
    CategoryNotFoundError,
    ConflictError,
    DuplicateError,
    InvalidInputError,
    VersionConflictError,
)
from commerce_core.records import id_of
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

SEPARATOR: Final = ">"
"""Between the names in a path that people write: ``Clothing > Shirts``."""


def fold(name: str) -> str:
    """Return the form in which names are compared: case and width do not count."""
    return unicodedata.normalize("NFKC", name).casefold()[:NAME_LENGTH]


def create_category(session: Session, *, name: str, parent: Category | None = None) -> Category:
    """Create a category below ``parent``, or at the root. Flushes; the caller commits.

    Raises:
        InvalidTextError: the name is empty or too long, or holds the separator ``>``.
        DuplicateError: there is one with this name beside it (case does not count).
        InvalidInputError: the tree would be deeper than 8 levels.
    """
    written = _clean_name(name)
    path = "/" if parent is None else _present(session, parent).path
    _require_depth(path, 1)
    category = Category(
        name=written,
        name_key=fold(written),
        parent_id=None if parent is None else id_of(parent, Category),
        parent_path=path,
        position=_next_position(session, path),
    )
    _require_free(session, category)
    try:
        with session.begin_nested():
            session.add(category)
    except IntegrityError as exc:
        raise _duplicate(category) from exc
    return category


def ensure_category(session: Session, path: str) -> Category:
    """Return the category at ``Clothing > Shirts``, creating what is missing of it. Flushes.

    Raises:
        InvalidTextError: a name is empty or too long.
        InvalidInputError: more than 8 levels.
    """
    place: Category | None = None
    for name in clean_text(path, name="the category", max_length=1000).split(SEPARATOR):
        parent_path = "/" if place is None else place.path
        query = select(Category).filter_by(
            parent_path=parent_path, name_key=fold(_clean_name(name))
        )
        found = session.scalars(query).first()
        if found is None:
            try:
                found = create_category(session, name=name, parent=place)
            except DuplicateError:
                found = session.scalars(query).one()
        place = found
    if place is None:  # pragma: no cover - split returns at least one name
        raise AssertionError
    return place


def get_category(session: Session, category_id: int) -> Category:
    """Return the category with this id.

    Raises:
        CategoryNotFoundError: there is none.
    """
    found = session.get(Category, category_id)
    if found is None:
        raise _missing(category_id)
    return found


def list_categories(session: Session) -> Sequence[Category]:
    """Return all categories, each behind its parent and among its siblings in their order."""
    below: dict[int | None, list[Category]] = {}
    for category in session.scalars(select(Category).order_by(Category.position, Category.id)):
        below.setdefault(category.parent_id, []).append(category)
    found: list[Category] = []
    pending = below.get(None, [])[::-1]
    while pending:
        category = pending.pop()
        found.append(category)
        pending.extend(below.get(category.id, [])[::-1])
    return found


def category_path(session: Session, category: Category) -> str:
    """Return how people write the place of a category: ``Clothing > Shirts``."""
    ids = [int(part) for part in category.path.strip("/").split("/")]
    names = dict(
        session.execute(select(Category.id, Category.name).where(Category.id.in_(ids))).all()
    )
    return f" {SEPARATOR} ".join(names[number] for number in ids)


def rename_category(
    session: Session, category: Category, *, name: str, version: int | None = None
) -> Category:
    """Give a category another name. Flushes; the caller commits.

    Raises:
        VersionConflictError: somebody saved it since ``version`` was read.
        DuplicateError: there is one with this name beside it.
    """
    tree = _locked_tree(session)
    here = _require_version(tree, category, version)
    written = _clean_name(name)
    _require_unique(tree, here, here.parent_path, written)
    here.name, here.name_key = written, fold(written)
    session.flush()
    return here


def move_category(
    session: Session, category: Category, *, parent: Category | None, version: int | None = None
) -> Category:
    """Put a category with all below it under ``parent``, or at the root. The caller commits.

    Raises:
        VersionConflictError: somebody saved it since ``version`` was read.
        ConflictError: it would stand below itself.
        DuplicateError: there is one with this name there.
        InvalidInputError: the tree would be deeper than 8 levels.
    """
    tree = _locked_tree(session)
    here = _require_version(tree, category, version)
    target = _target_path(tree, here, parent)
    _require_unique(tree, here, target, here.name)
    before = here.path
    moved = [other for other in tree.values() if other.parent_path.startswith(before)]
    deepest = max((other.parent_path.count("/") for other in moved), default=0)
    _require_depth(target, max(1, deepest - here.parent_path.count("/") + 1))
    here.parent_path = target
    here.parent_id = None if parent is None else parent.id
    for other in moved:
        other.parent_path = here.path + other.parent_path[len(before) :]
    session.flush()
    return here


def remove_category(session: Session, category: Category) -> None:
    """Remove a category that is empty. Flushes; the caller commits.

    Raises:
        ConflictError: there are categories below it, or products in it.
    """
    number = id_of(category, Category)
    below = session.scalar(select(func.count()).select_from(Category).filter_by(parent_id=number))
    products = session.scalar(
        select(func.count()).select_from(Product).filter_by(category_id=number)
    )
    if below or products:
        message = f"{category.name} is not empty: {below} categories and {products} products in it"
        raise ConflictError(message, categories=below, products=products)
    session.delete(category)
    session.flush()


def within(category: Category) -> ColumnElement[bool]:
    """Return the condition of a query for the products in ``category`` and below it."""
    inside = select(Category.id).where(
        or_(Category.id == category.id, Category.parent_path.startswith(category.path))
    )
    return Product.category_id.in_(inside)


def _present(session: Session, category: Category) -> Category:
    """Return the category as it is now, and keep others from moving it."""
    query = select(Category).filter_by(id=id_of(category, Category))
    query = query.execution_options(populate_existing=True)
    if is_postgresql(session):
        query = query.with_for_update(key_share=True)
    found = session.scalars(query).first()
    if found is None:
        raise _missing(category.id)
    return found


def _locked_tree(session: Session) -> dict[int, Category]:
    """Return all categories, and keep others from moving any: two moves could make a circle."""
    query = select(Category).order_by(Category.id).execution_options(populate_existing=True)
    if is_postgresql(session):
        query = query.with_for_update(key_share=True)
    return {category.id: category for category in session.scalars(query)}


def _require_version(
    tree: dict[int, Category], category: Category, version: int | None
) -> Category:
    here = tree.get(id_of(category, Category))
    if here is None:
        raise _missing(category.id)
    if version is not None and here.version != version:
        message = "the category was saved by somebody else since it was read: look at it again"
        raise VersionConflictError(message, expected=version, actual=here.version)
    return here


def _missing(category_id: int) -> CategoryNotFoundError:
    message = f"no category {category_id}: it may have been removed"
    return CategoryNotFoundError(message, category_id=category_id)


def _target_path(tree: dict[int, Category], here: Category, parent: Category | None) -> str:
    if parent is None:
        return "/"
    place = tree.get(id_of(parent, Category))
    if place is None:
        raise _missing(parent.id)
    if place.path.startswith(here.path):
        message = f"{here.name} cannot stand below itself: {place.name} is in it"
        raise ConflictError(message, category=here.name, parent=place.name)
    return place.path


def _require_unique(tree: dict[int, Category], here: Category, path: str, name: str) -> None:
    key = fold(name)
    for other in tree.values():
        if other.id != here.id and (other.parent_path, other.name_key) == (path, key):
            raise _duplicate(other)


def _require_free(session: Session, category: Category) -> None:
    taken = select(Category.id).filter_by(
        parent_path=category.parent_path, name_key=category.name_key
    )
    if session.scalar(taken) is not None:
        raise _duplicate(category)


def _duplicate(category: Category) -> DuplicateError:
    message = f"there is a category {category.name!r} beside it already: choose another name"
    return DuplicateError(message, name=category.name)


def _clean_name(name: str) -> str:
    written = clean_text(name, name="the category's name", max_length=NAME_LENGTH)
    if SEPARATOR in written:
        message = f"a category's name cannot hold {SEPARATOR!r}: it stands between levels"
        raise InvalidInputError(message, name=written)
    return written


def _require_depth(path: str, levels: int) -> None:
    if path.count("/") - 1 + levels > CATEGORY_DEPTH:
        message = f"categories go {CATEGORY_DEPTH} levels deep at most"
        raise InvalidInputError(message, depth=CATEGORY_DEPTH)


def _next_position(session: Session, path: str) -> int:
    last = session.scalar(select(func.max(Category.position)).filter_by(parent_path=path))
    return 0 if last is None else int(last) + 1
