"""The grid: many cells at once, all or none; two editors meet and neither loses work."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog import (
    Axis,
    CellEdit,
    MatrixChoice,
    Product,
    apply_matrix,
    create_product,
    edit_product,
    edit_variants,
    list_variants,
    product_history,
)
from commerce_core.errors import (
    DuplicateError,
    InvalidBarcodeError,
    InvalidCellsError,
    InvalidInputError,
    StaleEditsError,
)
from commerce_core.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session


def tee(session: Session) -> tuple[Product, list[int]]:
    product = create_product(session, name="Tee", actor="ann")
    axes = [Axis("Colour", ["Red", "Blue", "Green"])]
    choice = MatrixChoice(axes, "T-{colour}", Money.of("19.90", "EUR"))
    apply_matrix(session, product, choice, actor="ann")
    return product, [variant.id for variant in list_variants(session, product)]


def test_texts_are_read_and_the_change_can_be_taken_back(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product, ids = tee(session)
        edits = [
            CellEdit(ids[0], "price", "21,50", 1),
            CellEdit(ids[0], "weight", "250", 1),
            CellEdit(ids[1], "barcode", "4006381333931", 1),
            CellEdit(ids[1], "hs_code", "6109.10", 1),
            CellEdit(ids[2], "price", "19.90", 1),
        ]
        done = edit_variants(session, product, edits, actor="bob")
        first = session.get_one(type(list_variants(session, product)[0]), ids[0])
        after = first.price, first.weight, first.version
        undone = edit_variants(session, product, done.undo(), actor="bob")
        return done, after, undone, (first.price, first.weight)

    done, after, undone, restored = run(step)

    assert after == (Decimal("21.50"), 250, 2)
    assert len(done.changes) == 4  # the same price is no change
    assert restored == (Decimal("19.90"), None)
    assert len(undone.changes) == 4


def test_a_stale_cell_shows_both_values_and_nothing_is_saved(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product, ids = tee(session)
        edit_variants(session, product, [CellEdit(ids[0], "price", "25", 1)], actor="bob")
        edits = [CellEdit(ids[0], "price", "30", 1), CellEdit(ids[1], "price", "30", 1)]
        with pytest.raises(StaleEditsError) as caught:
            edit_variants(session, product, edits, actor="ann")
        return caught.value.fields["conflicts"], [v.price for v in list_variants(session, product)]

    (conflict,), prices = run(step)

    assert (conflict.yours, conflict.now, conflict.version) == (Decimal(30), Decimal(25), 2)
    assert prices == [Decimal(25), Decimal("19.90"), Decimal("19.90")]


def test_two_who_edit_different_cells_of_a_row_both_succeed(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product, ids = tee(session)
        edit_variants(session, product, [CellEdit(ids[0], "weight", 90, 1)], actor="bob")
        mine = CellEdit(ids[0], "price", "30", version=1, seen="19.90")
        edit_variants(session, product, [mine], actor="ann")
        return list_variants(session, product)[0]

    found = run(step)

    assert (found.weight, found.price) == (90, Decimal(30))


def test_skus_can_be_swapped_in_one_piece(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product, ids = tee(session)
        edits = [CellEdit(ids[0], "sku", "T-BLUE", 1), CellEdit(ids[1], "sku", "T-RED", 1)]
        edit_variants(session, product, edits, actor="ann")
        return [(v.sku, v.sku_key) for v in list_variants(session, product)[:2]]

    assert run(step) == [("T-BLUE", "T-BLUE"), ("T-RED", "T-RED")]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("price", "-1", "negative"),
        ("price", "1" * 20, "larger than any amount"),
        ("price", "", "cannot be empty"),
        ("price", "1,234", "two ways"),
        ("price", "<b>1</b>", "not a number"),
        ("barcode", "4006381333932", "should be 1"),
        ("barcode", "40063813339", "not a GTIN"),
        ("sku", " t-blue ", "T-BLUE|t-blue"),
        ("sku", "", "cannot be empty"),
        ("weight", "1.5", "not a whole number"),
        ("origin_country", "Germany", "two letters"),
        ("name", "x" * 201, "201 characters"),
        ("status", "gone", "none of"),
        ("track_inventory", "perhaps", "neither yes nor no"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_cell(
    run: Callable[[Any], Any], field: str, value: str, sentence: str
) -> None:
    def step(session: Session) -> Any:
        product, ids = tee(session)
        edits = [CellEdit(ids[1], "weight", 5), CellEdit(ids[0], field, value)]
        with pytest.raises(InvalidCellsError, match=sentence) as caught:
            edit_variants(session, product, edits, actor="ann")
        return caught.value.fields["problems"], ids, list_variants(session, product)[1].weight

    (problem,), ids, weight = run(step)

    assert (problem.variant_id, problem.field) == (ids[0], field)
    assert weight is None


def test_a_barcode_is_unique_however_many_zeros_it_has(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product, ids = tee(session)
        edits = [
            CellEdit(ids[0], "barcode", "036000291452"),
            CellEdit(ids[1], "barcode", "0036000291452"),
        ]
        with pytest.raises(InvalidCellsError, match="already") as caught:
            edit_variants(session, product, edits, actor="ann")
        return caught.value.fields["problems"]

    assert [problem.code for problem in run(step)] == ["duplicate_barcode"]


def test_a_variant_of_another_product_is_none_of_this_grid(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> None:
        _, ids = tee(session)
        other = create_product(session, name="Other")
        edit_variants(session, other, [CellEdit(ids[0], "price", 1)], actor="ann")

    with pytest.raises(InvalidInputError, match="no variant"):
        run(step)


@pytest.mark.parametrize("name", ["قميص أحمر", "חולצה", "Tee 🎽 <script>", "=1+1"])
def test_odd_names_are_kept_as_they_are(run: Callable[[Any], Any], name: str) -> None:
    def step(session: Session) -> Any:
        product, ids = tee(session)
        edit_variants(session, product, [CellEdit(ids[0], "name", name)], actor="ann")
        return list_variants(session, product)[0].name

    assert run(step) == name


def test_products_show_both_sides_too(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product, _ = tee(session)
        edit_product(session, product, {"brand": "Kiefer"}, actor="bob", version=1)
        seen = {"name": "Tee", "brand": None}
        edit_product(session, product, {"name": "Shirt"}, actor="ann", version=1, seen=seen)
        with pytest.raises(StaleEditsError) as caught:
            edit_product(session, product, {"brand": "Kalk"}, actor="ann", version=1, seen=seen)
        edit_product(session, product, {"category": "Clothing > Shirts"}, actor="ann")
        history = [(c.actor, c.changes) for c in product_history(session, product, limit=3)]
        return caught.value.fields["conflicts"], history

    (conflict,), history = run(step)

    assert (conflict.field, conflict.yours, conflict.now) == ("brand", "Kalk", "Kiefer")
    assert history[1:] == [
        ("ann", {"name": ["Tee", "Shirt"]}),
        ("bob", {"brand": [None, "Kiefer"]}),
    ]


def test_a_slug_is_one_products(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> None:
        product, _ = tee(session)
        create_product(session, name="Mug")
        edit_product(session, product, {"slug": "Mug"}, actor="ann")

    with pytest.raises(DuplicateError, match="mug"):
        run(step)


def test_a_barcode_of_a_new_variant_is_checked(run: Callable[[Any], Any]) -> None:
    from commerce_core.catalog import create_variant  # noqa: PLC0415

    def step(session: Session) -> None:
        product, _ = tee(session)
        create_variant(session, product, sku="X", price=Money.of(1, "EUR"), barcode="123")

    with pytest.raises(InvalidBarcodeError, match="not a GTIN"):
        run(step)
