"""``commerce user``: who can sign in, without the web pages."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Final

from webapp.accounts.roles import Role
from webapp.commands.terminal import (
    COMMAND_ACTOR,
    Subparsers,
    add_command,
    add_database_option,
    say,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

_ROLES: Final = [role.value for role in Role]


def register(subparsers: Subparsers) -> None:
    """Add the command and its actions."""
    parser = subparsers.add_parser("user", help="list and change who can sign in")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _register_add(actions)
    add_database_option(add_command(actions, "list", list_all, help="list all accounts"))
    role = add_command(actions, "set-role", set_role, help="give an account another role")
    role.add_argument("email")
    role.add_argument("role", choices=_ROLES)
    add_database_option(role)
    _register_switch(actions, "deactivate", deactivate, help="let an account sign in no longer")
    _register_switch(actions, "activate", activate, help="let an account sign in again")
    password = add_command(actions, "set-password", set_password, help="set another password")
    password.add_argument("email")
    _add_password_option(password)
    add_database_option(password)


def _register_add(actions: Subparsers) -> None:
    parser = add_command(actions, "add", add, help="create an account")
    parser.add_argument("email")
    parser.add_argument("--name", help="shown in the pages (default: the part before the @)")
    parser.add_argument("--role", choices=_ROLES, default=Role.VIEWER.value)
    _add_password_option(parser)
    add_database_option(parser)


def _register_switch(
    actions: Subparsers,
    name: str,
    run: Callable[[argparse.Namespace], None],
    *,
    help: str,  # noqa: A002 - argparse's word
) -> None:
    parser = add_command(actions, name, run, help=help)
    parser.add_argument("email")
    add_database_option(parser)


def _add_password_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )


def add(arguments: argparse.Namespace) -> None:
    """Create an account."""
    from commerce_core.flows import run_in_transaction  # noqa: PLC0415 - see the package
    from webapp.accounts.passwords import hash_password  # noqa: PLC0415
    from webapp.accounts.users import clean_email, create_user  # noqa: PLC0415
    from webapp.commands.databases import open_migrated  # noqa: PLC0415

    email = clean_email(arguments.email)
    with open_migrated(arguments.database) as sessions:
        password_hash = hash_password(_read_password(arguments), email=email)
        run_in_transaction(
            sessions,
            lambda session: create_user(
                session,
                email=email,
                name=arguments.name or email.partition("@")[0],
                role=Role(arguments.role),
                password_hash=password_hash,
                actor=COMMAND_ACTOR,
            ),
        )
    say(f"{email} can sign in as {arguments.role}.")


def list_all(arguments: argparse.Namespace) -> None:
    """List all accounts."""
    from webapp.accounts.users import list_users  # noqa: PLC0415
    from webapp.commands.databases import open_migrated  # noqa: PLC0415

    with open_migrated(arguments.database) as sessions, sessions() as session:
        users = list_users(session)
    for user in users:
        off = "" if user.is_active else "  (switched off)"
        say(f"{user.role:<8} {user.email}  {user.name}{off}")


def set_role(arguments: argparse.Namespace) -> None:
    """Give an account another role."""
    from commerce_core.flows import run_in_transaction  # noqa: PLC0415
    from webapp.accounts.users import get_user, set_user_role  # noqa: PLC0415
    from webapp.commands.databases import open_migrated  # noqa: PLC0415

    with open_migrated(arguments.database) as sessions:
        run_in_transaction(
            sessions,
            lambda session: set_user_role(
                session,
                get_user(session, email=arguments.email),
                Role(arguments.role),
                actor=COMMAND_ACTOR,
            ),
        )
    say(f"{arguments.email} is {arguments.role} from now on.")


def deactivate(arguments: argparse.Namespace) -> None:
    """Let an account sign in no longer, and end its open sessions."""
    _switch(arguments, active=False)
    say(f"{arguments.email} cannot sign in any more; open sessions were ended.")


def activate(arguments: argparse.Namespace) -> None:
    """Let an account sign in again."""
    _switch(arguments, active=True)
    say(f"{arguments.email} can sign in again.")


def _switch(arguments: argparse.Namespace, *, active: bool) -> None:
    from commerce_core.flows import run_in_transaction  # noqa: PLC0415 - see the package
    from webapp.accounts.users import get_user, set_user_active  # noqa: PLC0415
    from webapp.commands.databases import open_migrated  # noqa: PLC0415

    with open_migrated(arguments.database) as sessions:
        run_in_transaction(
            sessions,
            lambda session: set_user_active(
                session,
                get_user(session, email=arguments.email),
                active=active,
                actor=COMMAND_ACTOR,
            ),
        )


def set_password(arguments: argparse.Namespace) -> None:
    """Set another password and end the account's open sessions."""
    from commerce_core.flows import run_in_transaction  # noqa: PLC0415
    from webapp.accounts.passwords import hash_password  # noqa: PLC0415
    from webapp.accounts.users import get_user, set_user_password  # noqa: PLC0415
    from webapp.commands.databases import open_migrated  # noqa: PLC0415

    with open_migrated(arguments.database) as sessions:
        with sessions() as session:
            email = get_user(session, email=arguments.email).email
        password_hash = hash_password(_read_password(arguments), email=email)
        run_in_transaction(
            sessions,
            lambda session: set_user_password(
                session, get_user(session, email=email), password_hash, actor=COMMAND_ACTOR
            ),
        )
    say(f"{email} has another password; open sessions were ended.")


def _read_password(arguments: argparse.Namespace) -> str:
    from webapp.accounts.passwords import InvalidPasswordError  # noqa: PLC0415

    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        message = "there is no terminal to ask for the password: use --password-stdin"
        raise InvalidPasswordError(message)
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        message = "the two passwords differ: nothing was changed"
        raise InvalidPasswordError(message)
    return password
