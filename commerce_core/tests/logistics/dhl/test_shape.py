"""The shape of the package: flows that do no I/O, clients with the same methods, a light import."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import commerce_core.logistics.dhl as package
from commerce_core.logistics.dhl import (
    DHLConfig,
    Environment,
    errors,
    namespaces,
)
from commerce_core.logistics.dhl.errors import DHLError
from commerce_core.logistics.errors import CarrierError
from commerce_core.tests.source import ROOT

FOLDER = Path(package.__file__).parent
FLOWS = sorted(path.name for path in FOLDER.glob("_*.py") if path.name != "__init__.py")
DRIVERS = {"_driver.py"}


@pytest.mark.parametrize("name", sorted(set(FLOWS) - DRIVERS))
def test_flows_do_no_io_sleep_or_tell_the_time(name: str) -> None:
    tree = ast.parse((FOLDER / name).read_text(encoding="utf-8"))
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in (
            node.names if isinstance(node, ast.Import) else [ast.alias(name=node.module or "")]
        )
    }
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}

    forbidden = {"asyncio", "os", "pathlib", "random", "socket", "sqlalchemy", "threading", "time"}
    assert imported & forbidden == set()
    assert not {"open", "httpx.Client", "httpx.AsyncClient", "httpx.get", "utc_now"} & called


@pytest.mark.parametrize("name", ["Tracking", "Returns", "Shipping", "Push", "ParcelTracking"])
def test_both_clients_have_the_same_methods_with_the_same_parameters(name: str) -> None:
    sync, awaited = getattr(namespaces, name), getattr(namespaces, f"Async{name}")
    methods = {key for key, value in vars(sync).items() if isinstance(value, namespaces.Blocking)}

    assert methods
    assert methods == {
        key for key, value in vars(awaited).items() if isinstance(value, namespaces.Awaiting)
    }
    for method in methods:
        assert getattr(sync, method).flow is getattr(awaited, method).flow
        assert inspect.getdoc(getattr(sync, method))


def test_importing_it_loads_neither_a_database_nor_pandas() -> None:
    code = (
        "import sys; from commerce_core.logistics.dhl import AsyncDHLClient, DHLClient, DHLConfig;"
        "from commerce_core.logistics.dhl.explain import explain;"
        "print([n for n in ('sqlalchemy', 'pandas', 'numpy', 'alembic') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout.strip() == "[]"


def test_importing_the_package_loads_no_httpx() -> None:
    code = "import sys, commerce_core.logistics.dhl; print('httpx' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout.strip() == "False"


def test_the_drawn_tree_of_errors_is_complete() -> None:
    drawn = errors.__doc__ or ""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, Exception)
        and kind.__module__ == errors.__name__
    ]

    assert issubclass(DHLError, CarrierError)
    assert [kind.__name__ for kind in kinds if kind.__name__ not in drawn] == []


def test_settings_do_not_show_secrets() -> None:
    config = DHLConfig(
        environment=Environment.SANDBOX,
        api_key="KEY",
        api_secret="SECRET",
        username="USER",
        password="PASSWORD",
        app_password="APP",
    )

    assert not {"KEY", "SECRET", "USER", "PASSWORD", "APP"} & set(
        repr(config).replace("'", " ").replace("=", " ").split()
    )
