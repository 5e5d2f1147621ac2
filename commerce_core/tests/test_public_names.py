from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest

from commerce_core.tests.source import ROOT

PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts)
    for path in (ROOT / "commerce_core").rglob("__init__.py")
    if "lazy_exports" in path.read_text(encoding="utf-8")
)


def type_checked_names(package: str) -> dict[str, str]:
    """Return what ``if TYPE_CHECKING:`` imports in a package, with the module it comes from."""
    path = Path(ROOT, *package.split("."), "__init__.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    return {
        alias.asname or alias.name: node.module or ""
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_what_type_checkers_see_is_what_all_says(package: str) -> None:
    module = importlib.import_module(package)

    assert sorted(type_checked_names(package)) == sorted(module.__all__)
    assert module.__all__ == sorted(module.__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_comes_from_where_type_checkers_look(package: str) -> None:
    module = importlib.import_module(package)

    for name, home in type_checked_names(package).items():
        assert getattr(module, name) is getattr(importlib.import_module(home), name)
    assert set(dir(module)) >= set(module.__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_that_is_not_there_is_an_attribute_error(package: str) -> None:
    module: Any = importlib.import_module(package)

    with pytest.raises(AttributeError, match="no_such_name"):
        _ = module.no_such_name


@pytest.mark.parametrize("package", ["commerce_core.database", "commerce_core.testing"])
def test_all_is_exact_where_names_are_imported_at_once(package: str) -> None:
    module = importlib.import_module(package)
    path = Path(ROOT, *package.split("."), "__init__.py")
    imported = {
        alias.asname or alias.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }

    assert imported == set(module.__all__)
