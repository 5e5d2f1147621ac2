"""``commerce migrate``: create the tables, or bring them to this version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.commands.terminal import Subparsers, add_command, add_database_option, say

if TYPE_CHECKING:
    import argparse


def register(subparsers: Subparsers) -> None:
    """Add the command."""
    text = "create the tables of a database, or bring them to this version"
    add_database_option(add_command(subparsers, "migrate", run, help=text))


def run(arguments: argparse.Namespace) -> None:
    """Migrate the library's tables, then the web tables."""
    from commerce_core import migrations as core  # noqa: PLC0415 - see the package's docstring
    from webapp import migrations as web  # noqa: PLC0415

    core.upgrade(arguments.database)
    web.upgrade(arguments.database)
    say("The database is at this version.")
