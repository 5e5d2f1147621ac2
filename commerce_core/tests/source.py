"""Our own Python files, read once, for the tests that guard the rules of the house."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PLACES = ("commerce_core", "webapp", "examples", "benchmarks", "sabotage")


@dataclass(frozen=True)
class Module:
    """One Python file: its path from the root of the project, and its text."""

    path: str
    text: str

    @property
    def is_test(self) -> bool:
        return "/tests/" in self.path

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.path

    @property
    def tree(self) -> ast.Module:
        return _parse(self.text)

    def nodes(self) -> Iterator[ast.expr | ast.stmt]:
        """Yield every expression and statement."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.expr | ast.stmt):
                yield node

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Yield every call with what is called, such as ``session.commit``."""
        for node in self.nodes():
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node

    def imports(self) -> set[str]:
        """Return the outermost package of every absolute import, those inside functions too."""
        found: set[str] = set()
        for node in self.nodes():
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
        return found

    def at(self, node: ast.expr | ast.stmt) -> str:
        return f"{self.path}:{node.lineno}"


@cache
def _parse(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file of ours, tests included."""
    found = (path for place in PLACES for path in sorted((ROOT / place).rglob("*.py")))
    paths = [path for path in found if ".peers" not in path.parts]
    paths += sorted(ROOT.glob("*.py"))
    return tuple(
        Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in paths
    )


def product(*places: str) -> list[Module]:
    """Return the modules below the given places that are not tests."""
    return [module for module in modules() if module.path.startswith(places) and not module.is_test]
