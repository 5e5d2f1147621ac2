from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import (
    InvalidInputError,
    InvalidQuantityError,
    InvalidTextError,
    VersionConflictError,
)
from commerce_core.inventory import receive_stock, set_stock_policy

if TYPE_CHECKING:
    from commerce_core.tests.inventory.conftest import Shop


def test_each_save_raises_the_version(shop: Shop) -> None:
    first = shop.do(set_stock_policy, minimum=3, version=0)
    second = shop.do(set_stock_policy, minimum=5, version=first.version, actor="bob")

    assert (first.version, second.version) == (1, 2)
    assert (second.minimum, second.updated_by) == (5, "bob")


def test_a_stale_save_is_refused_and_tells_both_versions(shop: Shop) -> None:
    shop.do(set_stock_policy, minimum=3)
    shop.do(set_stock_policy, minimum=4, version=1)

    with pytest.raises(VersionConflictError) as caught:
        shop.do(set_stock_policy, minimum=9, version=1)

    assert (caught.value.fields["expected"], caught.value.fields["actual"]) == (1, 2)
    level = shop.level()
    assert level is not None
    assert level.minimum == 4


def test_two_editors_of_a_first_policy_do_not_overwrite_each_other(shop: Shop) -> None:
    shop.do(set_stock_policy, minimum=3, version=0)

    with pytest.raises(VersionConflictError):
        shop.do(set_stock_policy, minimum=4, version=0)


def test_movements_do_not_make_an_edit_stale(shop: Shop) -> None:
    policy = shop.do(set_stock_policy, minimum=3)
    for _ in range(3):
        shop.do(receive_stock, quantity=1)

    assert shop.do(set_stock_policy, minimum=4, version=policy.version).version == 2


def test_without_a_version_the_last_save_counts(shop: Shop) -> None:
    shop.do(set_stock_policy, minimum=3)

    assert shop.do(set_stock_policy, minimum=4).minimum == 4


@pytest.mark.parametrize("name", ["minimum", "safety_stock", "backorder_limit"])
def test_a_value_that_is_no_quantity_is_refused(shop: Shop, name: str) -> None:
    for value in (-1, True, 1.5, "3", 10**18):
        wish: dict[str, Any] = {name: value}
        with pytest.raises(InvalidQuantityError):
            shop.do(set_stock_policy, **wish)

    assert shop.level() is None


def test_somebody_must_have_decided_it(shop: Shop) -> None:
    for actor in ("", "x" * 121, "a\x00b"):
        with pytest.raises(InvalidTextError):
            shop.do(set_stock_policy, minimum=1, actor=actor)


def test_the_limit_cannot_fall_below_what_is_on_backorder(shop: Shop) -> None:
    shop.do(set_stock_policy, backorder_limit=5)
    shop.set_level("backordered = 3, allocated = 3")

    with pytest.raises(InvalidInputError, match="3 are on backorder"):
        shop.do(set_stock_policy, backorder_limit=2)
    shop.set_level("backordered = 0, allocated = 0")
