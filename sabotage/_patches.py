"""The list of patches: reading it, and applying one to a folder."""

from __future__ import annotations

import itertools
import os
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOMENTS = itertools.count(1_000_000_000)
FIELDS = {"name", "file", "old", "new", "tests"}


class SabotageError(Exception):
    """The list itself is at fault; the message names the patch and what to do."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Replace ``old``, which occurs exactly once in ``file``, by ``new``; ``tests`` must notice."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def read_patches(folder: Path) -> list[Patch]:
    """Read the ``[[patch]]`` tables of every ``.toml`` file of the folder.

    Raises:
        SabotageError: a table lacks a field, has one too many, or repeats a name.
    """
    patches: list[Patch] = []
    lists = [tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))]
    for table in itertools.chain.from_iterable(listed["patch"] for listed in lists):
        name = table.get("name", "a patch without a name")
        if set(table) != FIELDS or not table["tests"]:
            raise SabotageError(f"{name}: a patch has {sorted(FIELDS)}, each filled")
        patches.append(Patch(**{**table, "tests": tuple(table["tests"])}))
    names = [patch.name for patch in patches]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise SabotageError(f"two patches have one name: {sorted(repeated)}")
    return patches


def patched_text(root: Path, patch: Patch) -> str:
    """Return what the file would be with the patch.

    Raises:
        SabotageError: the text is not there exactly once, or what results is no longer Python (an
            import error turns every test red and proves nothing).
    """
    try:
        text = (root / patch.file).read_text(encoding="utf-8")
    except OSError as error:
        raise SabotageError(f"{patch.name}: there is no {patch.file}") from error
    count = text.count(patch.old)
    if count != 1:
        raise SabotageError(
            f"{patch.name}: found {count} times instead of once in {patch.file}:\n{patch.old}"
        )
    result = text.replace(patch.old, patch.new)
    if patch.file.endswith(".py"):
        try:
            compile(result, patch.file, "exec")
        except SyntaxError as error:
            raise SabotageError(f"{patch.name}: {patch.file} would not compile: {error}") from error
    return result


@contextmanager
def applied(root: Path, patch: Patch) -> Iterator[None]:
    """Apply the patch below ``root`` for the length of the block.

    Python takes old bytecode for current when source size and second of change agree, and a patch
    may change neither; so each patched file gets a time of its own, far from any real one.
    """
    target = root / patch.file
    original, times = target.read_bytes(), target.stat()
    target.write_text(patched_text(root, patch), encoding="utf-8")
    moment = next(_MOMENTS)
    os.utime(target, (moment, moment))
    try:
        yield
    finally:
        target.write_bytes(original)
        os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
