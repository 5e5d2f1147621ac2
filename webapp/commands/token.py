"""``commerce token``: what programs show to the API instead of a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webapp.commands.terminal import Subparsers, add_command, add_database_option, say, visible

if TYPE_CHECKING:
    import argparse

DAYS: Final = 365


def register(subparsers: Subparsers) -> None:
    """Add the command and its actions."""
    parser = subparsers.add_parser("token", help="make and revoke the tokens of programs")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    made = add_command(actions, "add", add, help="make a token; it is shown this once")
    made.add_argument("email", help="the account for which the program acts, with its role")
    made.add_argument("--name", required=True, help="what it is for, such as 'price board'")
    made.add_argument("--days", type=int, default=DAYS, help="how long it is good (default: 365)")
    add_database_option(made)
    add_database_option(
        add_command(actions, "list", list_all, help="list the tokens that are good")
    )
    gone = add_command(actions, "revoke", revoke, help="end a token")
    gone.add_argument("id", type=int, help="its number in the list")
    add_database_option(gone)


def add(arguments: argparse.Namespace) -> None:
    """Make a token and print it."""
    from commerce_core.clock import utc_now  # noqa: PLC0415 - see the package
    from commerce_core.flows import run_in_transaction  # noqa: PLC0415
    from webapp.accounts.tokens import issue_token  # noqa: PLC0415
    from webapp.accounts.users import get_user  # noqa: PLC0415
    from webapp.commands.databases import open_migrated  # noqa: PLC0415

    with open_migrated(arguments.database) as sessions:
        token = run_in_transaction(
            sessions,
            lambda session: issue_token(
                session,
                get_user(session, email=arguments.email),
                name=arguments.name,
                days=arguments.days,
                as_of=utc_now(),
            ),
        )
    say("Keep it safe, it is not shown again. Programs send it as: Authorization: Bearer TOKEN")
    say(token)


def list_all(arguments: argparse.Namespace) -> None:
    """List the tokens that are good."""
    from commerce_core.clock import utc_now  # noqa: PLC0415 - see the package
    from webapp.accounts.tokens import list_tokens  # noqa: PLC0415
    from webapp.commands.databases import open_migrated  # noqa: PLC0415

    with open_migrated(arguments.database) as sessions, sessions() as session:
        tokens = list_tokens(session, as_of=utc_now())
    for token in tokens:
        say(f"{token.id:>4}  {token.email}  {visible(token.name)}  until {token.ends_at:%Y-%m-%d}")


def revoke(arguments: argparse.Namespace) -> None:
    """End a token, and its open streams within a minute."""
    from commerce_core.flows import run_in_transaction  # noqa: PLC0415 - see the package
    from webapp.accounts.tokens import revoke_token  # noqa: PLC0415
    from webapp.commands.databases import open_migrated  # noqa: PLC0415

    with open_migrated(arguments.database) as sessions:
        run_in_transaction(sessions, lambda session: revoke_token(session, arguments.id))
    say(f"Token {arguments.id} is good for nothing any more.")
