"""The ``commerce`` command as a program: what it does, and how it fails."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from commerce_core import make_engine, make_session_factory
from webapp import cli
from webapp.accounts.models import User
from webapp.accounts.passwords import verify_password
from webapp.accounts.roles import Role
from webapp.accounts.users import get_user

PASSWORD = "correct horse battery"


def run(*arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COMMERCE_")}
    return subprocess.run(
        [sys.executable, "-m", "webapp.cli", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**environment, "PYTHONPATH": str(Path(cli.__file__).parents[1]), **variables},
    )


def stored(url: str, email: str) -> User:
    engine = make_engine(url)
    with make_session_factory(engine)() as session:
        user = get_user(session, email=email)
    engine.dispose()
    return user


@pytest.mark.slow
def test_from_an_empty_file_to_an_account_that_can_sign_in(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    variables = {"COMMERCE_DATABASE_URL": url}
    assert run("migrate", **variables).returncode == 0
    made = run(
        *("user", "add", "Anna@Example.com", "--role", "manager", "--password-stdin"),
        stdin=f"{PASSWORD}\n",
        **variables,
    )
    assert (made.returncode, made.stderr) == (0, "")
    user = stored(url, "anna@example.com")
    assert (user.role, user.name) == (Role.MANAGER, "anna")
    assert verify_password(PASSWORD, user.password_hash)
    assert run("user", "set-role", "anna@example.com", "viewer", **variables).returncode == 0
    changed = run(
        *("user", "set-password", "anna@example.com", "--password-stdin"),
        stdin="another good password\n",
        **variables,
    )
    assert changed.returncode == 0
    user = stored(url, "anna@example.com")
    assert user.role is Role.VIEWER
    assert verify_password("another good password", user.password_hash)
    listed = run("user", "list", **variables)
    assert listed.stdout == "viewer   anna@example.com  anna\n"


def failures() -> dict[str, tuple[list[str], str]]:
    """What can go wrong with a database, and what the one sentence has to mention."""
    return {
        "no URL": (["user", "list", "--database", "nonsense"], "sqlite:///shop.db"),
        "another database": (["migrate", "--database", "mysql://x/y"], "not supported"),
        "no folder": (["migrate", "--database", "sqlite:////nowhere/x.db"], "no folder"),
        "no file": (["user", "list", "--database", "sqlite:///nothing.db"], "commerce migrate"),
        "no server": (
            ["migrate", "--database", "postgresql://shop:hunter2@127.0.0.1:9/shop"],
            "check that it runs",
        ),
        "an @ in the password": (
            ["migrate", "--database", "postgresql://shop:p@hunter2@/shop"],
            "written %40",
        ),
        "an @ and a slash": (
            ["migrate", "--database", "postgresql://shop:p@hunter2/x@y/shop"],
            "written %40",
        ),
        "in memory": (["migrate", "--database", "sqlite://"], "only in memory"),
        "in memory by name": (["migrate", "--database", "sqlite:///:memory:"], "only in memory"),
        "not migrated": (["serve", "--database", "sqlite:///empty.db"], "commerce migrate"),
        "not a database": (["migrate", "--database", "sqlite:///text.db"], "not a database"),
        "bad port": (["serve", "--database", "sqlite:///empty.db", "--port", "70000"], "PORT"),
    }


@pytest.mark.parametrize("name", failures())
def test_a_database_that_cannot_be_used_gets_one_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("no database at all, but long enough to have a header" * 9)
    before = sorted(tmp_path.iterdir())
    arguments, mentioned = failures()[name]
    assert cli.main(arguments) == 1
    seen = capsys.readouterr()
    assert seen.out == ""
    (line,) = seen.err.splitlines()
    assert line.startswith("commerce: ")
    assert mentioned in line
    assert "hunter2" not in line
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "case",
    [
        (["user", "add", "nobody"], "", "not an e-mail address"),
        (["user", "add", "clerk@example.com", "--password-stdin"], PASSWORD, "has an account"),
        (["user", "add", "new@example.com", "--password-stdin"], "short", "10 to 200 characters"),
        (["user", "add", "new@example.com"], "", "--password-stdin"),
        (["user", "set-role", "new@example.com", "admin"], "", "no account"),
        (["user", "set-role", "admin@example.com", "clerk"], "", "is the last admin"),
        (["user", "deactivate", "admin@example.com"], "", "is the last admin"),
        (["user", "deactivate", "new@example.com"], "", "no account"),
        (["user", "set-password", "new@example.com"], "", "no account"),
    ],
)
def test_what_a_person_can_get_wrong_about_accounts(
    case: tuple[list[str], str, str],
    sqlite_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments, stdin, mentioned = case
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    assert cli.main([*arguments, "--database", sqlite_url]) == 1
    seen = capsys.readouterr()
    assert mentioned in seen.err
    assert len(seen.err.splitlines()) == 1
    assert seen.out == ""


def test_an_unforeseen_error_is_one_sentence_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("webapp.commands.migrate.run", fail)
    monkeypatch.delenv("COMMERCE_DEBUG", raising=False)
    assert cli.main(["migrate"]) == 1
    error = capsys.readouterr().err
    assert "ZeroDivisionError" in error
    assert "COMMERCE_DEBUG=1" in error
    monkeypatch.setenv("COMMERCE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli.main(["migrate"])


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (FileNotFoundError(2, "No such file or directory", "shop.csv"), 1, "shop.csv: no such"),
        (PermissionError(13, "Permission denied"), 1, "permission denied"),
        (ModuleNotFoundError("x", name="argon2"), 1, "argon2 is not installed: pip install"),
    ],
)
def test_errors_of_the_system_are_sentences(
    error: BaseException,
    code: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_arguments: object) -> None:
        raise error

    monkeypatch.setattr("webapp.commands.migrate.run", fail)
    assert cli.main(["migrate"]) == code
    assert text in capsys.readouterr().err


@pytest.mark.slow
def test_help_is_quick_because_it_imports_next_to_nothing() -> None:
    code = (
        "import sys, webapp.cli\n"
        "webapp.cli._parser().format_help()\n"
        "heavy = {'litestar', 'pandas', 'argon2', 'uvicorn', 'jinja2'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env=environment)


def test_a_wrong_command_shows_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["fly"])
    assert caught.value.code == 2
    assert "usage: commerce" in capsys.readouterr().err


def test_an_account_is_switched_off_and_on_again(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["user", "deactivate", "clerk@example.com", "--database", sqlite_url]) == 0
    assert not stored(sqlite_url, "clerk@example.com").is_active
    assert "cannot sign in any more" in capsys.readouterr().out
    assert cli.main(["user", "activate", "clerk@example.com", "--database", sqlite_url]) == 0
    assert stored(sqlite_url, "clerk@example.com").is_active
