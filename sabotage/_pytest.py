"""Runs pytest in a copy of the tree and reads how each test ended."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

from sabotage._patches import SabotageError

TIMEOUT_SECONDS = 300


def outcomes(root: Path, tests: tuple[str, ...]) -> dict[str, str]:
    """Run the tests below ``root`` and return node id → passed, failed or skipped.

    A test that does not end in time is not in the answer: it noticed nothing that it could tell.
    """
    with tempfile.TemporaryDirectory(prefix="commerce-junit-") as folder:
        report = Path(folder) / "report.xml"
        options = ["-q", "--tb=short", "-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
        command = [sys.executable, "-m", "pytest", *options, f"--junitxml={report}", *tests]
        try:
            done = subprocess.run(
                command,
                cwd=root,
                env=_environment(root),
                timeout=TIMEOUT_SECONDS,
                capture_output=True,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {}
        if not report.exists():
            raise SabotageError(f"pytest could not run {tests}:\n{done.stdout}{done.stderr}")
        return _read(report)


def ended(found: dict[str, str], test: str) -> str:
    """Return how ``test`` ended; of several parameters the worst, skipped only if all were."""
    cases = {
        how
        for node, how in found.items()
        if node == test or node.startswith((f"{test}[", f"{test}::"))
    }
    for how in ("failed", "passed", "skipped"):
        if how in cases:
            return how
    return "missing"


def _environment(root: Path) -> dict[str, str]:
    """Make every process import the copy, not the checkout that is installed."""
    return {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": ""}


def _read(report: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  pytest wrote it a moment ago
        file = case.get("file", "")
        inner = case.get("classname", "").removeprefix(file.removesuffix(".py").replace("/", "."))
        node = "::".join(part for part in (file, inner.lstrip("."), case.get("name", "")) if part)
        kinds = {child.tag for child in case}
        is_red = bool(kinds & {"failure", "error"})
        found[node] = "failed" if is_red else "skipped" if "skipped" in kinds else "passed"
    return found
