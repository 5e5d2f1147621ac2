"""The ``commerce`` command. Every failure becomes one sentence on stderr and a non-zero exit here.

A traceback is shown only with ``COMMERCE_DEBUG=1``.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

import commerce_core
from commerce_core.errors import CommerceError
from webapp.commands.terminal import visible

COMMANDS: Final[Sequence[str]] = (
    "webapp.commands.serve",
    "webapp.commands.migrate",
    "webapp.commands.user",
    "webapp.commands.token",
    "webapp.commands.importing",
    "webapp.commands.products",
    "webapp.demo.command",
    "webapp.commands.dhl",
)
"""Modules with ``register(subparsers)``. A new command adds one line."""

_OURS: Final = ("commerce_core", "webapp")
_FAILED: Final = 1
_INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int | None] = options.run
    try:
        return run(options) or 0
    except KeyboardInterrupt:
        return _fail("stopped", _INTERRUPTED)
    except Exception as exc:
        if os.environ.get("COMMERCE_DEBUG") == "1":
            raise
        return _fail(sentence(exc))


def sentence(error: Exception) -> str:
    """Return what a person needs to know about ``error``, on one line."""
    if isinstance(error, CommerceError):
        hint = error.fields.get("hint")
        more = f". {hint}" if isinstance(hint, str) and hint not in error.message else ""
        return visible(" ".join(f"{error.message}{more}".split()))
    if isinstance(error, ModuleNotFoundError):
        if (error.name or "").startswith(_OURS):
            return f"this installation is incomplete ({error.name} is missing): install it again"
        return f"{error.name} is not installed: pip install 'commerce-core[web]'"
    if isinstance(error, OSError):
        reason = (error.strerror or str(error)).lower()
        return f"{error.filename}: {reason}" if error.filename else reason
    kind = type(error).__name__
    return f"unforeseen error ({kind}); set COMMERCE_DEBUG=1 to see where it comes from"


def _fail(text: str, code: int = _FAILED) -> int:
    sys.stderr.write(f"commerce: {text}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="commerce", description="Stock, orders and their live back office."
    )
    version = f"commerce-core {commerce_core.__version__}"
    parser.add_argument("--version", action="version", version=version)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(name).register(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
