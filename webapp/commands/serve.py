"""``commerce serve``: run the back office."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webapp.commands.terminal import Subparsers, add_command, add_database_option, say

if TYPE_CHECKING:
    import argparse


def register(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = add_command(subparsers, "serve", run, help="run the back office")
    add_database_option(parser)
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (default: 8000)")


def run(arguments: argparse.Namespace) -> None:
    """Check the database, then serve until SIGTERM or Ctrl-C."""
    from webapp.accounts.users import list_users  # noqa: PLC0415 - see the package's docstring
    from webapp.app import create_app  # noqa: PLC0415
    from webapp.commands.databases import open_migrated  # noqa: PLC0415
    from webapp.server import serve  # noqa: PLC0415
    from webapp.settings import load_settings  # noqa: PLC0415

    settings = load_settings(
        database_url=arguments.database, host=arguments.host, port=arguments.port
    )
    with open_migrated(settings.database_url) as sessions, sessions() as session:
        if not list_users(session):
            say("Nobody can sign in yet: run commerce user add EMAIL --role admin")
    serve(
        create_app(settings),
        settings,
        say=lambda address: say(f"{settings.shop_name} is open at {address} (Ctrl-C stops it)"),
    )
