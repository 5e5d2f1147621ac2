# /// script
# requires-python = ">=3.11"
# dependencies = ["nox[uv]>=2026"]
# ///
"""Every check of the project, and the demo. ``nox`` alone runs what a change must pass.

nox reads the block above and brings uv, which installs everything in seconds; without it
(``NOX_SCRIPT_MODE=none``) virtualenv and pip do the same in a minute. One environment, made by the
session ``install`` from the hashed pins, is shared by all checks and made anew when the pins
change. Only ``demo``, ``build`` and ``pins`` have environments of their own: ``demo`` to be small,
``build`` to prove that the wheel works with nothing else around.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"

ROOT = Path(__file__).parent
BENCHMARKS = ROOT / "benchmarks"
PINS = "constraints.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
VENDOR = "webapp/static/vendor/"


# --- what a change must pass ----------------------------------------------------------------------


@nox.session
def install(session: nox.Session) -> None:
    """Make the environment that the checks share."""
    stamp = Path(session.virtualenv.location) / "commerce-core.sha256"
    wanted = _digest(PINS, "pyproject.toml", "hatch_build.py")
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        session.install("--require-hashes", "-r", PINS)
        _install_project(session)
        stamp.write_text(wanted, encoding="ascii")
    session.run("python", "hatch_build.py")


@nox.session(venv_backend="none", requires=["install"])
def lint(session: nox.Session) -> None:
    """Check style and format with ruff."""
    _run(session, "ruff", "check", ".")
    _run(session, "ruff", "format", "--check", ".")


@nox.session(venv_backend="none", requires=["install"])
def types(session: nox.Session) -> None:
    """Check types with mypy, strict."""
    _run(session, "mypy")


@nox.session(venv_backend="none", requires=["install"])
def imports(session: nox.Session) -> None:
    """Check who imports whom."""
    _run(session, "lint-imports")


@nox.session(venv_backend="none", requires=["install"])
def tests(session: nox.Session) -> None:
    """Run every test but the browser's, on real servers; with ``-- ARGS`` just pytest ARGS."""
    if session.posargs:
        _run(session, "pytest", *session.posargs)
        return
    _run(session, "coverage", "erase")
    _run(session, "pytest", "-m", "not browser", "-n", "2", "--dist", "loadfile", "--cov")


@nox.session(venv_backend="none", requires=["install"])
def browser(session: nox.Session) -> None:
    """Drive a real Chromium over a real server."""
    if not any(map(shutil.which, BROWSERS)):
        session.warn("There is no Chromium on this machine: these tests will skip.")
    _run(session, "pytest", "-m", "browser", *session.posargs)


@nox.session(venv_backend="none", requires=["install"])
def examples(session: nox.Session) -> None:
    """Run each example as a real program with real requests."""
    _run(session, "pytest", "examples", *session.posargs)


@nox.session(venv_backend="none", requires=["install"], default=False)  # it takes ten minutes
def sabotage(session: nox.Session) -> None:
    """Break one line at a time in a copy of the tree: each break must turn its test red."""
    _run(session, "python", "-m", "sabotage", *session.posargs)


@nox.session(requires=["install"], reuse_venv=False)
def build(session: nox.Session) -> None:
    """Build sdist and wheel, install the wheel alone in a fresh environment and import it."""
    out = Path(session.create_tmp()).resolve()
    shutil.rmtree(out / "dist", ignore_errors=True)
    _run(session, "python", "-m", "build", "--no-isolation", "--outdir", str(out / "dist"))
    _run(session, "twine", "check", "--strict", *map(str, (out / "dist").iterdir()))
    wheel = next((out / "dist").glob("*.whl"))
    _check_contents(session, wheel)
    _install_pinned(session, *_requirements("web"))
    session.install("--no-deps", str(wheel))
    session.chdir(out)
    session.run("python", "-c", "import commerce_core.models, webapp.app")
    session.run("commerce", "--help", silent=True)


# --- on demand ------------------------------------------------------------------------------------


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Start the back office with a living shop; ``-- ARGS`` go to ``commerce demo``."""
    stamp = Path(session.virtualenv.location) / "commerce-core.sha256"
    wanted = _digest(PINS, "pyproject.toml", "hatch_build.py")
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        _install_pinned(session, *_requirements("web"), *PROJECT["dependency-groups"]["install"])
        _install_project(session)
        stamp.write_text(wanted, encoding="ascii")
    session.run("python", "hatch_build.py")
    # nox gives an interrupted program 0.3 s by itself; ours may take a little to end its streams.
    session.run("commerce", "demo", *session.posargs, interrupt_timeout=10, terminate_timeout=5)


@nox.session(venv_backend="none", requires=["install"], default=False)
def bench(session: nox.Session) -> None:
    """Run one benchmark, ``-- NAME [ARGS]``: a table, and benchmarks/results/NAME.json."""
    names = sorted(path.stem for path in BENCHMARKS.glob("[a-z]*.py"))
    if not session.posargs or session.posargs[0] not in names:
        session.error(f"Say which one: nox -s bench -- NAME, where NAME is one of {names}")
    name, *arguments = session.posargs
    _run(session, "python", "-m", f"benchmarks.{name}", *arguments)


@nox.session(venv_backend="none", requires=["install"], default=False)
def stress(session: nox.Session) -> None:
    """Let crowds fight for stock, 100,000 attempts at least; ``-- --attempts N --minutes M``."""
    _run(session, "python", "-m", "stress", *session.posargs)


@nox.session(venv_backend="none", requires=["install"], default=False)
def screenshots(session: nox.Session) -> None:
    """Render every page at three widths, light and dark, into the folder screenshots/."""
    _run(session, "python", "-m", "webapp.tests.screenshots", *session.posargs)


@nox.session(default=False)
def pins(session: nox.Session) -> None:
    """Write constraints.txt anew; ``-- --upgrade`` takes the newest versions."""
    session.install("uv")
    what = ("pyproject.toml", "--extra", "all", "--group", "dev")
    how = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-config")
    quiet = ("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate")
    session.run(
        "uv", "pip", "compile", *what, *how, *quiet, "-o", PINS, *session.posargs, silent=True
    )


# --- how ------------------------------------------------------------------------------------------


def _run(session: nox.Session, program: str, *arguments: str) -> None:
    """Run a program of the shared environment."""
    shared = (
        session.cache_dir.parent.resolve() / "install" / ("Scripts" if os.name == "nt" else "bin")
    )
    environment: dict[str, str | None] = {
        "PATH": os.pathsep.join([str(shared), os.environ.get("PATH", os.defpath)]),
        "VIRTUAL_ENV": str(shared.parent),
        # Tests start many short programs: without bytecode each would compile its imports again.
        "PYTHONDONTWRITEBYTECODE": None,
    }
    session.run(str(shared / program), *arguments, env=environment, external=True)


def _install_project(session: nox.Session) -> None:
    """Install the project itself, editable: a second step, as hashed pins cannot contain it."""
    session.install("--no-deps", "--no-build-isolation", "-e", ".")


def _install_pinned(session: nox.Session, *requirements: str) -> None:
    """Install the requirements at the pinned versions, hashes checked.

    uv checks the hashes of a constraints file; pip refuses them there, so it gets every pin.
    """
    if session.venv_backend == "uv":
        session.install("-c", PINS, *requirements)
    else:
        session.install("--require-hashes", "-r", PINS)


def _requirements(*extras: str) -> list[str]:
    """Return the base requirements and those of the extras, our own names resolved."""
    project: dict[str, Any] = PROJECT["project"]
    found: list[str] = list(project["dependencies"])
    pending = list(extras)
    for extra in pending:
        for requirement in project["optional-dependencies"][extra]:
            own = requirement.removeprefix(f"{project['name']}[")
            if own != requirement:
                pending.extend(own.rstrip("]").split(","))
            else:
                found.append(requirement)
    return sorted(set(found))


def _check_contents(session: nox.Session, wheel: Path) -> None:
    """Fail if the wheel lacks a browser file or carries a test."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = {path.relative_to(ROOT).as_posix() for path in (ROOT / VENDOR).glob("[!.]*")}
    expected |= {"commerce_core/py.typed", f"{VENDOR}manifest.json"}
    if missing := expected - names:
        session.error(f"the wheel lacks {sorted(missing)}")
    if tests := [name for name in names if "/tests/" in name]:
        session.error(f"the wheel carries tests: {tests}")


def _digest(*names: str) -> str:
    content = b"\0".join((ROOT / name).read_bytes() for name in names)
    return hashlib.sha256(content).hexdigest()
