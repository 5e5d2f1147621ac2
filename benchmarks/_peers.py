"""Peers in virtual environments of their own, and long-lived children that run rounds on demand."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent
ENVIRONMENTS = ROOT / ".peers"


def peer_python(name: str, requirements: Sequence[str]) -> str:
    """Return the Python of the peer's own environment, made on first use."""
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    stamp = folder / "requirements.json"
    wanted = json.dumps(list(requirements))
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", *requirements], check=True, timeout=600
        )
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)


class Child:
    """A program that answers one JSON line for each JSON line it is given."""

    def __init__(self, script: str, *arguments: str, python: str = sys.executable) -> None:
        self._process = subprocess.Popen(
            [python, str(ROOT / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT.parent,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was opened above
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and return the answer."""
        assert self._process.stdin is not None  # noqa: S101 - it was opened above
        assert self._process.stdout is not None  # noqa: S101 - it was opened above
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            message = f"the child ended with {self._process.wait(timeout=10)}"
            raise RuntimeError(message)
        answer: dict[str, Any] = json.loads(line)
        return answer
