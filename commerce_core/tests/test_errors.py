from __future__ import annotations

import copy
import pickle
import re

import pytest

from commerce_core import errors
from commerce_core.errors import CommerceError, InsufficientStockError

BRANCH = re.compile(r"^[│├└─ ]*(?P<root>\w+Error)(?P<rest>.*)$")


def kinds() -> list[type[CommerceError]]:
    return [
        found
        for found in vars(errors).values()
        if isinstance(found, type) and issubclass(found, CommerceError)
    ]


def made(kind: type[CommerceError]) -> CommerceError:
    if kind is InsufficientStockError:
        return InsufficientStockError(sku="A", location="Hall", requested=3, available=2)
    return kind("it went wrong", sku="A", available=2)


def drawn_parents() -> dict[str, str]:
    """Read the drawing: which error stands right below which."""
    parents: dict[str, str] = {}
    branch = ""
    for line in (errors.__doc__ or "").partition("::")[2].splitlines():
        names = re.findall(r"\w+Error\b|>", line.replace("(also a ValueError)", ""))
        if re.match(r"^    [├└]", line):
            branch = names.pop(0)
            parents[branch] = "CommerceError"
        above = branch
        for position, name in enumerate(names):
            if name == ">":
                above = names[position - 1]
            elif name != "CommerceError":
                parents[name] = above
    return parents


def test_the_drawn_tree_is_the_tree_of_classes() -> None:
    real = {kind.__name__: kind.__mro__[1].__name__ for kind in kinds()[1:]}

    assert drawn_parents() == real


@pytest.mark.parametrize("kind", kinds())
def test_an_error_comes_through_to_another_process_with_its_fields(
    kind: type[CommerceError],
) -> None:
    error = made(kind)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own bytes
        assert type(twin) is kind
        assert (str(twin), twin.fields, twin.code) == (str(error), error.fields, error.code)
        assert vars(twin)["available"] == 2


@pytest.mark.parametrize("kind", kinds())
def test_every_error_says_what_it_means(kind: type[CommerceError]) -> None:
    assert (kind.__doc__ or "").strip().endswith(".")


def test_a_refused_value_is_also_a_value_error() -> None:
    assert issubclass(errors.InvalidQuantityError, ValueError)
