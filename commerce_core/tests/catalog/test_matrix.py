"""The option matrix: what a choice would do is shown, done in one piece, and never doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine

from commerce_core.catalog import (
    Axis,
    MatrixChoice,
    Outcome,
    Product,
    Variant,
    VariantStatus,
    apply_matrix,
    create_product,
    create_variant,
    list_variants,
    plan_matrix,
    product_history,
)
from commerce_core.errors import (
    DuplicateSkuError,
    InvalidMatrixError,
    StalePlanError,
    VariantInUseError,
)
from commerce_core.inventory import create_location, receive_stock, stock_blockers
from commerce_core.money import Money
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

PRICE = Money.of("19.90", "EUR")
COLOUR = Axis("Colour", ["Red", "Blue"])
SIZE = Axis("Size", ["S", "M", "L"])


def choice(*axes: Axis, **more: Any) -> MatrixChoice:
    return MatrixChoice(axes, **({"price": PRICE} | more))


def tee(session: Session, *axes: Axis, **more: Any) -> Product:
    product = create_product(session, name="Tee")
    if axes:
        apply_matrix(session, product, choice(*axes, **more), actor="ann")
    return product


def offered(session: Session, product: Product) -> list[Variant]:
    return [v for v in list_variants(session, product) if v.status is VariantStatus.ACTIVE]


def names(session: Session, product: Product) -> list[str]:
    return [variant.name for variant in offered(session, product)]


def test_a_preview_writes_nothing_and_its_application_does_just_that(
    run: Callable[[Any], Any],
) -> None:
    def step(session: Session) -> Any:
        product = create_product(session, name="Tee")
        wanted = choice(COLOUR, SIZE, sku_pattern="TEE-{colour:2}-{size}")
        plan = plan_matrix(session, product, wanted)
        before = list(list_variants(session, product))
        apply_matrix(session, product, wanted, actor="ann", expected=plan.digest)
        after = list_variants(session, product)
        return plan, before, [(v.sku, v.name, v.price) for v in after]

    plan, before, after = run(step)

    assert before == []
    assert [row.sku for row in plan.rows] == [sku for sku, _, _ in after]
    assert after[0] == ("TEE-RE-S", "Red · S", PRICE.amount)
    assert len(after) == 6


def test_an_added_axis_gives_what_is_there_its_default_and_keeps_ids(
    run: Callable[[Any], Any],
) -> None:
    def step(session: Session) -> Any:
        product = tee(session, COLOUR)
        before = {v.id: v.sku for v in offered(session, product)}
        wanted = choice(COLOUR, Axis("Fit", ["Slim", "Wide"], default="Wide"))
        made = apply_matrix(session, product, wanted, actor="ann")
        kept = {v.id: v.sku for v in offered(session, product) if v.id in before}
        return before, kept, sorted(names(session, product)), made

    before, kept, found, made = run(step)

    assert kept == before
    assert sorted(made.kept) == sorted(before)
    assert found == ["Blue · Slim", "Blue · Wide", "Red · Slim", "Red · Wide"]


def test_an_added_axis_without_default_is_a_question(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product = tee(session, COLOUR)
        wanted = choice(COLOUR, SIZE)
        plan = plan_matrix(session, product, wanted)
        with pytest.raises(InvalidMatrixError, match="which Size does it get"):
            apply_matrix(session, product, wanted, actor="ann")
        return plan, names(session, product)

    plan, left = run(step)

    assert len(plan.having(Outcome.UNDECIDED)) == 2
    assert left == ["Red", "Blue"]


def test_a_removed_axis_asks_which_of_the_rivals_stays_and_obeys(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product = tee(session, COLOUR, SIZE)
        plan = plan_matrix(session, product, choice(COLOUR))
        rivals = plan.having(Outcome.UNDECIDED)
        keep = {row.values: row.variant_id for row in rivals}
        decisions = {row.variant_id: None for row in rivals if keep[row.values] != row.variant_id}
        apply_matrix(session, product, choice(COLOUR, decisions=decisions), actor="ann")
        return (
            plan,
            names(session, product),
            sorted(number for number in keep.values() if number),
            [v.id for v in offered(session, product)],
        )

    plan, left, kept, ids = run(step)

    assert plan.counts[Outcome.UNDECIDED] == 6
    assert all(len(row.rivals) == 2 for row in plan.problems)
    assert left == ["Red", "Blue"]
    assert sorted(ids) == kept


def test_a_value_with_stock_cannot_go_and_says_what_is_in_the_way(
    run: Callable[[Any], Any],
) -> None:
    def step(session: Session) -> Any:
        product = tee(session, COLOUR)
        red, blue = offered(session, product)
        hall = create_location(session, code="HAM")
        receive_stock(session, red, hall, quantity=12, actor="ann")
        wanted = choice(Axis("Colour", ["Blue"]))
        with pytest.raises(VariantInUseError, match="12 on hand at HAM") as caught:
            apply_matrix(session, product, wanted, actor="ann", blockers=stock_blockers)
        blocked = [(b.variant_id, b.kind) for b in caught.value.fields["blockers"]]
        apply_matrix(session, product, choice(Axis("Colour", ["Red"])), actor="ann",
                     blockers=[stock_blockers])  # fmt: skip
        return blocked, red.id, names(session, product), blue.status

    blocked, red, left, blue = run(step)

    assert blocked == [(red, "on_hand")]
    assert left == ["Red"]
    assert blue is VariantStatus.ARCHIVED


def test_a_value_that_comes_back_brings_its_variant_back(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product = tee(session, COLOUR)
        ids = [v.id for v in offered(session, product)]
        apply_matrix(session, product, choice(Axis("Colour", ["Red"])), actor="ann")
        made = apply_matrix(session, product, choice(COLOUR), actor="ann")
        return ids, made, [v.id for v in offered(session, product)]

    ids, made, after = run(step)

    assert after == ids
    assert made.restored == [ids[1]]
    assert made.created == []


def test_an_archived_variant_in_the_way_makes_room(run: Callable[[Any], Any]) -> None:
    """Red·Slim was retired; now every Red becomes Slim: the key is free for the one on offer."""

    def step(session: Session) -> Any:
        fits = Axis("Fit", ["Slim", "Wide"])
        product = tee(session, Axis("Colour", ["Red"]), fits)
        slim, wide = offered(session, product)
        apply_matrix(
            session, product, choice(Axis("Colour", ["Red"]), decisions={slim.id: None}),
            actor="ann",
        )  # fmt: skip
        again = choice(Axis("Colour", ["Red"]), Axis("Fit", ["Slim"]))
        made = apply_matrix(session, product, again, actor="ann")
        return slim.id, wide.id, made, names(session, product)

    _slim, wide, made, left = run(step)

    assert made.kept == [wide]
    assert left == ["Red · Slim"]


def test_a_plan_that_another_editor_outran_is_not_applied(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product = tee(session, COLOUR)
        plan = plan_matrix(session, product, choice(COLOUR, SIZE, decisions={}))
        wanted = choice(Axis("Colour", ["Red", "Blue", "Green"]))
        mine = plan_matrix(session, product, wanted)
        apply_matrix(session, product, wanted, actor="bob", expected=mine.digest)
        with pytest.raises(StalePlanError) as caught:
            apply_matrix(session, product, wanted, actor="ann", expected=mine.digest)
        return plan, caught.value.fields["plan"].counts, names(session, product)

    _plan, now, left = run(step)

    assert now[Outcome.KEPT] == 3
    assert left == ["Red", "Blue", "Green"]


def test_colliding_skus_are_shown_and_nothing_is_created(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        other = create_product(session, name="Other")
        create_variant(session, other, sku="tee red", price=PRICE)
        product = create_product(session, name="Tee")
        wanted = choice(COLOUR, SIZE, sku_pattern="TEE{colour}")
        plan = plan_matrix(session, product, wanted)
        with pytest.raises(DuplicateSkuError):
            apply_matrix(session, product, wanted, actor="ann")
        return [row.problem for row in plan.rows], len(list_variants(session, product))

    problems, count = run(step)

    assert problems[0] == "the SKU TEERED is another variant's already"
    assert problems[3] is None
    assert problems[4] == "Blue / S would have the SKU TEEBLUE too"
    assert count == 0


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (choice(*(Axis(f"A{n}", ["x"]) for n in range(6))), "at most 5 options"),
        (choice(*(Axis(f"A{n}", list("abcdefg")) for n in range(4))), "2,401 combinations"),
        (choice(COLOUR, Axis("colour", ["x"])), "twice"),
        (choice(Axis("Colour", ["Red", "RED"])), "twice"),
        (choice(Axis("Colour", [])), "no values"),
        (choice(Axis("Colour", ["Red"], default="Blue")), "none of its values"),
        (choice(COLOUR, sku_pattern="T-{fit}"), "names '{fit}'"),
        (choice(COLOUR, sku_pattern="T-{colour"), "no partner"),
    ],
)
def test_a_choice_that_cannot_be_is_one_sentence(
    run: Callable[[Any], Any], wanted: MatrixChoice, sentence: str
) -> None:
    with pytest.raises(InvalidMatrixError, match=sentence):
        run(lambda session: plan_matrix(session, create_product(session, name="Tee"), wanted))


def test_unwanted_combinations_are_left_out_and_own_skus_taken(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product = create_product(session, name="Tee")
        wanted = choice(COLOUR, SIZE, excluded=[("red", "L")], skus={("Red", "S"): "FIRST"})
        apply_matrix(session, product, wanted, actor="ann")
        return [v.sku for v in list_variants(session, product)]

    assert run(step) == ["FIRST", "TEE-RED-M", "TEE-BLUE-S", "TEE-BLUE-M", "TEE-BLUE-L"]


def test_options_and_values_are_the_shops_whatever_their_case(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        first_one = tee(session, COLOUR)
        other = create_product(session, name="Mug")
        apply_matrix(session, other, choice(Axis("COLOUR", ["red", "BLUE"])), actor="ann")
        first, second = (offered(session, p) for p in (other, first_one))
        return {v.combination for v in first}, {v.combination for v in second}

    first, second = run(step)

    assert first == second


def test_every_change_has_its_author(run: Callable[[Any], Any]) -> None:
    def step(session: Session) -> Any:
        product = tee(session, COLOUR)
        apply_matrix(session, product, choice(Axis("Colour", ["Red"])), actor="bob")
        return [(c.actor, c.changes) for c in product_history(session, product)]

    found = run(step)

    assert ("bob", {"status": ["active", "archived"]}) in found
    assert ("ann", {"options": [None, "Colour"]}) in found


def test_two_thousand_combinations_of_five_axes_are_made_in_few_statements(
    run: Callable[[Any], Any],
) -> None:
    sent: dict[int, int] = {}

    def made(*axes: Axis) -> Callable[[Session], int]:
        def step(session: Session) -> int:
            product = create_product(session, name=f"Tee {len(axes[0].values)}")
            engine = session.get_bind()
            assert isinstance(engine, Engine)
            with recorded(engine) as statements:
                apply_matrix(session, product, choice(*axes), actor="ann")
            combinations = len({v.combination for v in list_variants(session, product)})
            sent[combinations] = len(statements)
            return combinations

        return step

    many = [Axis("A", list("abcde")), *(Axis(n, list("abcd")) for n in "BCDE")]
    few = [Axis(n, ["a", "b"]) for n in "ABCDE"]
    assert run(made(*few)) == 2**5
    assert run(made(*many)) == 5 * 4**4
    # Names are looked up in portions of 500, and drivers take rows in portions; nothing is by row.
    assert sent[1280] <= sent[32] + 30, sent
