"""Random edits of axes, values and combinations, against a model of plain Python.

The model knows nothing of tables: a product is a set of combinations on offer, each with the SKU
it was given when it was made. Whatever the matrix does must be what the model says.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from commerce_core.catalog import (
    Axis,
    CellEdit,
    MatrixChoice,
    Outcome,
    Product,
    VariantStatus,
    apply_matrix,
    create_product,
    edit_variants,
    list_variants,
    plan_matrix,
)
from commerce_core.catalog.options import option_names
from commerce_core.errors import InvalidMatrixError, VariantInUseError
from commerce_core.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_core.tests.databases import Database

OPTIONS = ["Colour", "Size", "Fit", "Cloth"]
VALUES = ["1", "2", "3", "4"]
PRICE = Money.of(10, "EUR")
_numbers = itertools.count(1)


def of(option: str, value: str) -> str:
    return f"{option[0]}{value}"


class Matrix(RuleBasedStateMachine):
    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.axes: dict[str, list[str]] = {}
        self.offered: dict[int, dict[str, str]] = {}
        self.archived: dict[int, dict[str, str]] = {}
        self.skus: dict[int, str] = {}
        self.made = 0
        self.product_id = 0

    # --- the model ------------------------------------------------------------------------

    def combinations(self, axes: Mapping[str, list[str]]) -> list[dict[str, str]]:
        return [dict(zip(axes, one, strict=True)) for one in itertools.product(*axes.values())]

    def expect(self, axes: Mapping[str, list[str]], defaults: Mapping[str, str]) -> Any:
        """Return who is kept with which values and who is retired; None where it is undecided."""
        kept: dict[int, dict[str, str]] = {}
        retired: set[int] = set()
        for number, values in self.offered.items():
            wanted = {}
            for option, names in axes.items():
                only = names[0] if len(names) == 1 else None
                value = values.get(option) or defaults.get(option) or only
                if value is None:
                    return None
                wanted[option] = value
            if all(value in axes[option] for option, value in wanted.items()):
                kept[number] = wanted
            else:
                retired.add(number)
        if len({tuple(sorted(v.items())) for v in kept.values()}) < len(kept):
            return None
        return kept, retired

    # --- the library ----------------------------------------------------------------------

    def choice(
        self, axes: Mapping[str, list[str]], defaults: Mapping[str, str], **more: Any
    ) -> MatrixChoice:
        self.made += 1
        chosen = [Axis(option, names, defaults.get(option)) for option, names in axes.items()]
        return MatrixChoice(chosen, f"T{self.product_id}-{self.made}-{{n}}", PRICE, **more)

    def run(self, step: Any) -> Any:
        return self.database.run(lambda s: step(s, s.get_one(Product, self.product_id)))

    def apply(
        self, axes: dict[str, list[str]], defaults: Mapping[str, str], blocked: set[int]
    ) -> None:
        wanted = self.choice(axes, defaults)
        expected = self.expect(axes, defaults)

        def blockers(_session: Any, ids: Any) -> Any:
            from commerce_core.catalog import Blocker  # noqa: PLC0415

            return [Blocker(number, "test", "it is needed") for number in ids if number in blocked]

        def step(session: Any, product: Product) -> Any:
            plan = plan_matrix(session, product, wanted, blockers=blockers)
            done = apply_matrix(
                session, product, wanted, actor="m", expected=plan.digest, blockers=blockers
            )
            return plan, done

        if expected is None:
            with pytest.raises(InvalidMatrixError):
                self.run(step)
            return
        kept, retired = expected
        if retired & blocked:
            with pytest.raises(VariantInUseError):
                self.run(step)
            return
        plan, done = self.run(step)
        assert set(done.kept) == set(kept)
        assert set(done.retired) == retired
        assert plan.counts[Outcome.CREATED] == len(done.created)
        self.follow(axes, kept, retired, done)

    def follow(self, axes: dict[str, list[str]], kept: Any, retired: set[int], done: Any) -> None:
        missing = [c for c in self.combinations(axes) if c not in kept.values()]
        restored = {number: self.archived[number] for number in done.restored}
        assert all(values in missing for values in restored.values())
        left = [c for c in missing if c not in restored.values()]
        assert not [c for c in left if c in self.archived.values()]  # they would have come back
        assert len(done.created) == len(left)
        self.archived |= {number: self.offered[number] for number in retired}
        for number in restored:
            del self.archived[number]
        self.offered = dict(kept) | restored | dict(zip(done.created, left, strict=True))
        self.axes = axes

    # --- what happens ---------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        product = self.database.run(
            lambda s: create_product(s, name="Tee", slug=f"t{next(_numbers)}")
        )
        self.product_id = product.id
        self.apply({"Colour": ["C1", "C2"]}, {}, set())

    @precondition(lambda self: len(self.axes) < 3)
    @rule(
        data=st.data(),
        values=st.lists(st.sampled_from(VALUES), min_size=1, max_size=3, unique=True),
    )
    def add_axis(self, data: Any, values: list[str]) -> None:
        option = data.draw(st.sampled_from([o for o in OPTIONS if o not in self.axes]))
        names = [of(option, value) for value in values]
        default = data.draw(st.sampled_from([None, *names]))
        defaults = {} if default is None else {option: default}
        self.apply({**self.axes, option: names}, defaults, set())

    @precondition(lambda self: self.axes)
    @rule(data=st.data())
    def remove_axis(self, data: Any) -> None:
        option = data.draw(st.sampled_from(list(self.axes)))
        rest = {name: values for name, values in self.axes.items() if name != option}
        self.apply(rest, {}, set())

    @precondition(lambda self: self.axes)
    @rule(
        data=st.data(),
        values=st.lists(st.sampled_from(VALUES), min_size=1, max_size=4, unique=True),
    )
    def choose_values(self, data: Any, values: list[str]) -> None:
        option = data.draw(st.sampled_from(list(self.axes)))
        blocked = set(data.draw(st.lists(st.sampled_from(sorted(self.offered)), max_size=2)))
        self.apply({**self.axes, option: [of(option, v) for v in values]}, {}, blocked)

    @precondition(lambda self: len(self.axes) > 1)
    @rule()
    def turn_axes_round(self) -> None:
        self.apply(dict(reversed(self.axes.items())), {}, set())

    @precondition(lambda self: self.offered)
    @rule(data=st.data())
    def edit_a_price(self, data: Any) -> None:
        number = data.draw(st.sampled_from(sorted(self.offered)))
        edit = CellEdit(number, "weight", data.draw(st.integers(0, 9)))
        self.run(lambda s, product: edit_variants(s, product, [edit], actor="m"))

    # --- what always holds ----------------------------------------------------------------

    @invariant()
    def the_database_is_the_model(self) -> None:
        if not self.product_id:
            return

        def look(session: Any, product: Product) -> Any:
            variants = list_variants(session, product)
            names = option_names(session, [v.id for v in variants])
            return [(v.id, v.status, v.sku, v.combination) for v in variants], names

        rows, names = self.run(look)
        on_offer = {number for number, status, _, _ in rows if status is VariantStatus.ACTIVE}
        assert on_offer == set(self.offered)
        for number, values in (self.offered | self.archived).items():
            assert sorted(names.get(number, [])) == sorted(values.values())
        assert len({combination for *_, combination in rows}) == len(rows)
        for number, _, sku, _ in rows:
            assert self.skus.setdefault(number, sku) == sku  # nobody's SKU ever changes


def test_random_edits_agree_with_the_model(database: Database) -> None:
    class Bound(Matrix):
        pass

    Bound.database = database
    run_state_machine_as_test(
        Bound, settings=settings(max_examples=12, stateful_step_count=12, deadline=None)
    )
