from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from commerce_core.catalog import Product, create_product
from commerce_core.database.id_lists import is_one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy.orm import Session

    Run = Callable[[Callable[[Session], Any]], Any]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ((), []),
        ({0}, ["Bowl"]),
        ((2, 0), ["Bowl", "Rug"]),
        (range(-40_000, 3), ["Bowl", "Lamp", "Rug"]),
    ],
    ids=["none", "one", "some", "more than a statement may have parameters"],
)
def test_rows_are_found_by_their_ids(
    run: Run, wanted: Collection[int], expected: list[str]
) -> None:
    def story(session: Session) -> list[str]:
        first, _, _ = (create_product(session, name=name).id for name in ("Bowl", "Lamp", "Rug"))
        ids = [first + number for number in wanted]
        query = select(Product.name).where(is_one_of(session, Product.id, ids))
        return list(session.scalars(query.order_by(Product.name)))

    assert run(story) == expected
