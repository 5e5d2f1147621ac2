"""Edits what describes a product: its fields and attributes, with both sides of a clash."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from commerce_core.catalog.attribute_models import Attribute
from commerce_core.catalog.attributes import list_attributes, product_attributes, set_attribute
from commerce_core.catalog.categories import get_category, list_categories
from commerce_core.catalog.category_models import Category
from commerce_core.catalog.edit_conflicts import Conflict, stale_edits
from commerce_core.catalog.models import TEXT_LENGTH, Product
from commerce_core.catalog.products import create_product, edit_product, lock_product
from webapp.fields import text_of
from webapp.products.columns import cell_text
from webapp.products.reading import get_product_by_id
from webapp.records import address_number

FIELDS: Final = ("name", "slug", "brand", "status", "category", "description")
_ATTRIBUTE: Final = "attribute-"


@dataclass(slots=True)
class DetailsForm:
    """What was typed, by field; ``known`` is what the page showed, of ``version``."""

    typed: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    version: int | None = None
    new_category: str = ""

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> DetailsForm:
        """Read the form. With ``keep=theirs`` the fields named in ``clash`` are given up."""
        known, version = _known(form.get("known"))
        names = [name for name in form if name in FIELDS or name.startswith(_ATTRIBUTE)]
        typed = {name: _text(form, name) for name in names}
        get_all = getattr(form, "getall", None)
        for name in get_all("clash", []) if get_all and text_of(form, "keep") == "theirs" else ():
            if name in typed:
                typed[name] = known.get(name, "")
        return cls(typed, known, version, text_of(form, "new_category"))

    @property
    def changed(self) -> dict[str, str]:
        """The fields that are to be different."""
        return {n: text for n, text in self.typed.items() if text != self.known.get(n, "")}


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name)
    whole = value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""
    return whole[: TEXT_LENGTH + 1]


def _known(text: object) -> tuple[dict[str, str], int | None]:
    try:
        read = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        return {}, None
    version = read.pop("version", None)
    known = {name: value for name, value in read.items() if isinstance(value, str)}
    return known, version if isinstance(version, int) else None


@dataclass(frozen=True, slots=True)
class Details:
    """What the page shows: the fields as texts, and what there is to choose from."""

    product: Product
    texts: dict[str, str]
    attributes: Sequence[Attribute]
    categories: Sequence[tuple[int, str]]


def read_details(session: Session, product: Product) -> Details:
    """Read the fields and attributes of a product. Three statements."""
    texts = {name: _shown(product, name) for name in FIELDS}
    attributes = list_attributes(session)
    said = {one.id: value for one, value in product_attributes(session, product)}
    for attribute in attributes:
        texts[f"{_ATTRIBUTE}{attribute.id}"] = cell_text(said.get(attribute.id))
    return Details(product, texts, attributes, category_choices(session))


def category_choices(session: Session) -> list[tuple[int, str]]:
    """Return all categories as ``Clothing > Shirts``, in the order of the tree. One statement."""
    paths: dict[int | None, str] = {}
    found = []
    for category in list_categories(session):
        above = paths.get(category.parent_id)
        paths[category.id] = f"{above} > {category.name}" if above else category.name
        found.append((category.id, paths[category.id]))
    return found


def _shown(product: Product, name: str) -> str:
    value = product.category_id if name == "category" else getattr(product, name)
    return "" if value is None else str(value)


def save_details(session: Session, number: int, form: DetailsForm, *, actor: str) -> None:
    """Save what was changed: all of it or nothing.

    Raises:
        StaleEditsError: somebody else changed one of these fields since; both sides are in it.
        DuplicateError: another product has the address.
        InvalidInputError, InvalidTextError: a value cannot be.
    """
    product = lock_product(session, get_product_by_id(session, number))
    changed = form.changed
    fields = {name: _value(session, name, text) for name, text in changed.items() if name in FIELDS}
    if form.new_category:
        fields["category"] = form.new_category
    said = {n: text for n, text in changed.items() if n.startswith(_ATTRIBUTE)}
    attributes = _require_fresh(session, product, said, form)
    seen = {name: _seen(name, form.known.get(name, "")) for name in fields}
    edit_product(session, product, fields, actor=actor, version=form.version, seen=seen)
    for attribute, text in attributes:
        set_attribute(session, product, attribute, text or None, actor=actor)


def _value(session: Session, name: str, text: str) -> Any:
    if name == "category":
        known = address_number(text)
        return None if known is None else get_category(session, known)
    return text or None if name == "brand" else text


def _seen(name: str, text: str) -> Any:
    if name == "category":
        return address_number(text)
    return (text or None) if name == "brand" else text


def _require_fresh(
    session: Session, product: Product, said: Mapping[str, str], form: DetailsForm
) -> list[tuple[Attribute, str]]:
    """Return the attributes to be set; refuse where somebody else has set one since."""
    if not said:
        return []
    now = read_details(session, product)
    conflicts, found = [], []
    for attribute in now.attributes:
        name = f"{_ATTRIBUTE}{attribute.id}"
        if name not in said:
            continue
        found.append((attribute, said[name]))
        if now.texts[name] not in {form.known.get(name, ""), said[name]}:
            conflicts.append(Conflict(None, name, said[name], now.texts[name], product.version))
    if conflicts:
        raise stale_edits(conflicts)
    return found


def conflict_text(name: str, value: object, categories: Sequence[tuple[int, str]]) -> str:
    """Return a side of a clash as people read it."""
    if name == "category":
        number = getattr(value, "id", value)
        return dict(categories).get(address_number(str(number)) or 0, "")
    return cell_text(value) if isinstance(value, Decimal) else str(value or "")


def make_product(session: Session, form: DetailsForm, *, actor: str) -> int:
    """Create a product and return its id.

    Raises:
        DuplicateError: another product has this name or address.
        InvalidInputError, InvalidTextError: a value cannot be.
    """
    typed = form.typed
    known = address_number(typed.get("category", ""))
    category: Category | str | None = form.new_category or None
    if category is None and known is not None:
        category = get_category(session, known)
    product = create_product(
        session,
        name=typed.get("name", ""),
        slug=typed.get("slug") or None,
        description=typed.get("description", ""),
        brand=typed.get("brand") or None,
        category=category,
        status=typed.get("status") or "draft",  # type: ignore[arg-type]  # read by the library
        actor=actor,
    )
    return product.id
