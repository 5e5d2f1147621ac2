"""What commands say, and the options that several of them share."""

from __future__ import annotations

import argparse
import os
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from webapp.settings import DEFAULT_DATABASE_URL, PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

Subparsers = Any
"""What ``ArgumentParser.add_subparsers()`` returns; argparse keeps the type to itself."""

COMMAND_ACTOR: Final = "command line"
"""The actor of changes made by a command."""


def say(text: str) -> None:
    """Write one line for the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def visible(text: str) -> str:
    """Return text of somebody else as it may be written to a terminal: nothing in it commands."""
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one)[0] == "C" else one
        for one in text
    )


def add_command(
    subparsers: Subparsers,
    name: str,
    run: Callable[[argparse.Namespace], int | None],
    *,
    help: str,  # noqa: A002
) -> argparse.ArgumentParser:
    """Add a subcommand that calls ``run(arguments)``; its result is the exit code, None is 0."""
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=help, description=help)
    parser.set_defaults(run=run)
    return parser


def add_database_option(parser: argparse.ArgumentParser) -> None:
    """Let the command take ``--database URL``, which becomes ``arguments.database``."""
    default = os.environ.get(f"{PREFIX}DATABASE_URL") or DEFAULT_DATABASE_URL
    parser.add_argument(
        "--database",
        metavar="URL",
        default=default,
        help="sqlite:///shop.db or postgresql://user:password@host/name "
        f"(default: {PREFIX}DATABASE_URL, else {DEFAULT_DATABASE_URL})",
    )
