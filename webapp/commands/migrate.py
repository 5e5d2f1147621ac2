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

    _require_kept(arguments.database)
    core.upgrade(arguments.database)
    web.upgrade(arguments.database)
    say("The database is at this version.")


def _require_kept(url: str) -> None:
    """Refuse a database in memory: it would be gone with the command, and nobody told."""
    from commerce_core.database import normalize_url  # noqa: PLC0415
    from commerce_core.errors import InvalidDatabaseUrlError  # noqa: PLC0415

    parsed = normalize_url(url)
    name, mode = parsed.database or "", parsed.query.get("mode")
    in_memory = name in {"", ":memory:", "file::memory:"} or mode == "memory"
    if parsed.get_backend_name() == "sqlite" and in_memory:
        message = "this database is only in memory: name a file, for example sqlite:///shop.db"
        raise InvalidDatabaseUrlError(message)
