"""Tries every patch in a copy of the tree, a few copies at a time."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sabotage._patches import Patch, SabotageError, applied, patched_text
from sabotage._pytest import ended, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COPIES = min(2, os.cpu_count() or 1)
VENDOR = Path("webapp/static/vendor")  # ignored by git, but the pages need it


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one patch: the tests that should have failed and how they ended instead."""

    patch: Patch
    seconds: float
    unmoved: dict[str, str]

    @property
    def is_noticed(self) -> bool:
        """Every test that the patch names turned red."""
        return not self.unmoved

    def __str__(self) -> str:
        how = "red  " if self.is_noticed else "GREEN"
        lines = [f"{how} {self.seconds:5.1f} s  {self.patch.name}"]
        lines += [f"               {test} {how}" for test, how in self.unmoved.items()]
        return "\n".join(lines)


def try_patches(
    root: Path, patches: Sequence[Patch], *, say: Callable[[object], object]
) -> list[Verdict]:
    """Try each patch in a copy of ``root`` and return a verdict for each that could be tried.

    A test that skips here (no browser, no data folder) cannot turn red: its patch is named and
    left out.

    Raises:
        SabotageError: a patch does not match the code, or a test is not green without it.
    """
    for patch in patches:
        patched_text(root, patch)
    with tempfile.TemporaryDirectory(prefix="commerce-sabotage-") as folder:
        copies: queue.Queue[Path] = queue.Queue()
        for number in range(COPIES):
            copies.put(copy_tree(root, Path(folder) / f"copy{number}"))
        baseline = _baseline(copies, patches)
        ready = [patch for patch in patches if _is_ready(patch, baseline, say)]

        def attempt(patch: Patch) -> Verdict:
            copy = copies.get()
            try:
                verdict = try_patch(copy, patch)
            finally:
                copies.put(copy)
            say(verdict)
            return verdict

        with ThreadPoolExecutor(COPIES) as pool:
            return list(pool.map(attempt, ready))


def try_patch(copy: Path, patch: Patch) -> Verdict:
    """Apply one patch to a copy and run its tests there."""
    start = time.perf_counter()
    with applied(copy, patch):
        found = outcomes(copy, patch.tests)
    hows = {test: ended(found, test) for test in patch.tests}
    unmoved = {test: how for test, how in hows.items() if how != "failed"}
    return Verdict(patch, time.perf_counter() - start, unmoved)


def copy_tree(root: Path, target: Path) -> Path:
    """Copy what git knows or would add, and the vendor files; put the data folder beside it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    if (root / VENDOR).is_dir():
        shutil.copytree(root / VENDOR, target / VENDOR, dirs_exist_ok=True)
    data, beside = root.parent / "shared", target.parent / "shared"
    if data.is_dir() and not beside.exists():
        beside.symlink_to(data)
    return target


def _baseline(copies: queue.Queue[Path], patches: Sequence[Patch]) -> dict[str, str]:
    """Run every named test once, unpatched: red proves something only where it was green before."""
    tests = tuple(sorted({test for patch in patches for test in patch.tests}))
    if not tests:
        return {}
    copy = copies.get()
    try:
        found = outcomes(copy, tests)
    finally:
        copies.put(copy)
    hows = {test: ended(found, test) for test in tests}
    if faulty := {test: how for test, how in hows.items() if how not in {"passed", "skipped"}}:
        raise SabotageError(f"these tests are not green without any patch: {faulty}")
    return hows


def _is_ready(patch: Patch, baseline: dict[str, str], say: Callable[[object], object]) -> bool:
    skipped = [test for test in patch.tests if baseline[test] == "skipped"]
    if skipped:
        say(f"left out: {patch.name}, as these tests skip on this machine: {skipped}")
    return not skipped
