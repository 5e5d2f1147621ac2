"""The tree of categories, typed attributes and pictures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog import (
    AttributeKind,
    LocalImages,
    add_image,
    category_path,
    create_attribute,
    create_category,
    create_product,
    ensure_category,
    get_category,
    list_categories,
    list_images,
    move_category,
    product_attributes,
    remove_category,
    rename_category,
    set_attribute,
    store_image,
)
from commerce_core.errors import (
    CommerceError,
    ConflictError,
    DuplicateError,
    InvalidImageError,
    InvalidInputError,
    VersionConflictError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def test_a_path_makes_what_is_missing_and_is_read_back(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        shirts = ensure_category(session, "Clothing > Shirts")
        again = ensure_category(session, " clothing>SHIRTS ")
        ensure_category(session, "Clothing > Coats")
        tree = [(c.name, c.path.count("/")) for c in list_categories(session)]
        return shirts.id == again.id, category_path(session, shirts), tree

    same, path, tree = run(step)

    assert same
    assert path == "Clothing > Shirts"
    assert tree == [("Clothing", 2), ("Shirts", 3), ("Coats", 3)]


def test_a_category_moves_with_all_below_it(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        linen = ensure_category(session, "Clothing > Shirts > Linen")
        shirts = get_category(session, linen.parent_id or 0)
        move_category(session, shirts, parent=ensure_category(session, "Sale"))
        return category_path(session, linen)

    assert run(step) == "Sale > Shirts > Linen"


def test_a_category_never_stands_below_itself(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> None:
        linen = ensure_category(session, "Clothing > Shirts > Linen")
        top = list_categories(session)[0]
        for parent in (linen, top):
            with pytest.raises(ConflictError, match="below itself"):
                move_category(session, top, parent=parent)

    run(step)


def test_two_who_move_at_once_make_no_circle(database: Database) -> None:
    def begin(session: Session) -> tuple[int, int]:
        return ensure_category(session, "A").id, ensure_category(session, "B").id

    first, second = database.run(begin)

    def move(pair: tuple[int, int]) -> str:
        def step(session: Session) -> None:
            here, parent = (get_category(session, number) for number in pair)
            move_category(session, here, parent=parent)

        try:
            database.run(step)
        except CommerceError as exc:
            return exc.code
        return "moved"

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(partial(move), [(first, second), (second, first)]))

    assert sorted(found) == ["conflict", "moved"]


@pytest.mark.parametrize("name", ["shirts", " SHIRTS "])
def test_a_name_is_there_once_among_siblings(run: Callable[[Any], Any], name: str) -> None:
    def step(session: Session) -> None:
        create_category(session, name="Shirts")
        with pytest.raises(DuplicateError):
            create_category(session, name=name)
        coats = create_category(session, name="Coats")
        with pytest.raises(DuplicateError):
            rename_category(session, coats, name=name)
        with pytest.raises(VersionConflictError):
            rename_category(session, coats, name="Jackets", version=7)

    run(step)


def test_only_an_empty_category_is_removed(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        create_product(session, name="Tee", category="Clothing > Shirts")
        top, below = list_categories(session)
        for category in (top, below):
            with pytest.raises(ConflictError, match="not empty"):
                remove_category(session, category)
        remove_category(session, create_category(session, name="Void"))
        return len(list_categories(session))

    assert run(step) == 2


def test_attributes_have_their_kinds(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        tee = create_product(session, name="Tee")
        kinds = {
            kind: create_attribute(session, name=kind, kind=kind, choices=choices)
            for kind, choices in (
                (AttributeKind.TEXT, ()),
                (AttributeKind.NUMBER, ()),
                (AttributeKind.BOOLEAN, ()),
                (AttributeKind.CHOICE, ("Linen", "Wool")),
            )
        }
        for kind, value in zip(kinds, ("soft\nand warm", "1,5", "yes", "linen"), strict=True):
            set_attribute(session, tee, kinds[kind], value, actor="ann")
        with pytest.raises(InvalidInputError, match="no choice"):
            set_attribute(session, tee, kinds[AttributeKind.CHOICE], "Silk", actor="ann")
        with pytest.raises(InvalidInputError, match="not a number"):
            set_attribute(session, tee, kinds[AttributeKind.NUMBER], "many", actor="ann")
        said = [value for _, value in product_attributes(session, tee)]
        set_attribute(session, tee, kinds[AttributeKind.TEXT], "", actor="ann")
        return said, len(product_attributes(session, tee))

    assert run(step) == (["soft\nand warm", Decimal("1.5"), True, "Linen"], 3)


def test_pictures_are_stored_by_what_they_are(run: Callable[[Any], Any], tmp_path: Path) -> None:
    storage = LocalImages(tmp_path / "pictures")
    stored = store_image(storage, PNG)

    def step(session: Session) -> Any:
        tee = create_product(session, name="Tee")
        add_image(session, tee, stored, actor="ann", alt="Front")
        add_image(session, tee, "https://cdn.example/a.jpg", actor="ann")
        with pytest.raises(InvalidImageError, match="no web address"):
            add_image(session, tee, "javascript:alert(1)", actor="ann")
        return [(i.storage_key, i.url, i.content_type) for i in list_images(session, tee)]

    assert run(step) == [
        (stored.key, None, "image/png"),
        (None, "https://cdn.example/a.jpg", None),
    ]
    assert storage.read(stored.key) == PNG
    assert store_image(storage, PNG) == stored


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF", PNG * 400_000]
)
def test_what_is_no_picture_is_refused(content: bytes, tmp_path: Path) -> None:
    storage = LocalImages(tmp_path)
    with pytest.raises(InvalidImageError):
        store_image(storage, content)
    with pytest.raises(InvalidImageError):
        storage.read("../../etc/passwd")
    assert list(tmp_path.iterdir()) == []
