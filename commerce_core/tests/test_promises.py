"""The page that says which test holds which promise names tests that are there."""

from __future__ import annotations

import ast
import re

import pytest

from commerce_core.tests.source import ROOT

PAGE = ROOT / "docs" / "inventory-promises.md"
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED}))
def test_every_test_that_the_page_names_is_there(path: str) -> None:
    file = next(f for f in (ROOT / "commerce_core/tests" / path, ROOT / path) if f.exists())
    tree = ast.parse(file.read_text(encoding="utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}

    assert {name for where, name in NAMED if where == path} - there == set()


def test_the_page_names_tests() -> None:
    assert len(NAMED) > len({path for path, _ in NAMED}) > 1
