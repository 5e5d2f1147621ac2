"""A small shop with everything the board shows: colours, minimums, locations, and what is out."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text

from commerce_core import make_engine, make_session_factory, run_in_transaction, utc_now
from commerce_core.catalog import create_product, create_variant, ensure_option_value
from commerce_core.inventory import (
    create_location,
    receive_stock,
    set_stock_policy,
    ship_stock,
)
from commerce_core.money import Money
from webapp.accounts.roles import Role
from webapp.accounts.users import create_user
from webapp.settings import Settings
from webapp.tests.conftest import migrate
from webapp.tests.harness import Browser, email_of, open_browser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

ACTOR = "tests"
SHIRT, POT, THROW = "Linen shirt Alma", "Übertopf 'Öland'", "Wool throw Moor"
VARIANTS: tuple[tuple[str, str, str | None, str, dict[str, tuple[int, int]]], ...] = (
    (SHIRT, "Chalk", "S", "ALM-CHA-S", {"HAM": (22, 5), "LEI": (5, 2)}),
    (SHIRT, "Chalk", "M", "ALM-CHA-M", {"HAM": (19, 5), "LEI": (1, 2)}),
    (SHIRT, "Ink", "M", "ALM-INK-M", {"HAM": (0, 0)}),
    (POT, "Sage", None, "OEL-SAG", {"HAM": (1240, 0)}),
    (THROW, "Fog", None, "MOO-FOG", {"HAM": (30, 0), "LEI": (30, 0)}),
    (THROW, "Clay", None, "MOO-CLA", {}),
)
"""Product, colour, size, SKU, and for each location what was received and the minimum."""
BARCODES = {"ALM-CHA-S": "4006381333931"}
SWATCHES = {"Chalk": "#f1ede4", "Ink": "#1c2436", "Sage": "#9db08f"}


def write_shop(session: Session) -> None:
    for role in Role:
        create_user(
            session,
            email=email_of(role),
            name=f"Some {role}",
            role=role,
            password_hash="-",
            actor=ACTOR,
        )
    places = {
        code: create_location(session, code=code, name=name, priority=number)
        for number, (code, name) in enumerate((("HAM", "Hamburg"), ("LEI", "Leipzig")))
    }
    for colour, swatch in SWATCHES.items():
        ensure_option_value(session, option="Colour", value=colour, swatch=swatch)
    products = {
        name: create_product(session, name=name) for name in dict.fromkeys(v[0] for v in VARIANTS)
    }
    month_ago = utc_now() - timedelta(days=30)
    for name, colour, size, sku, levels in VARIANTS:
        variant = create_variant(
            session,
            products[name],
            sku=sku,
            price=Money.of("29.90", "EUR"),
            options={"Colour": colour, **({"Size": size} if size else {})},
            barcode=BARCODES.get(sku),
        )
        for code, (received, minimum) in levels.items():
            place = places[code]
            pieces = received or 1
            receive_stock(
                session, variant, place, quantity=pieces, actor=ACTOR, occurred_at=month_ago
            )
            if not received:
                ship_stock(session, variant, place, quantity=1, actor=ACTOR, occurred_at=month_ago)
            if minimum:
                set_stock_policy(session, variant, place, actor=ACTOR, minimum=minimum)


@pytest.fixture(scope="session")
def stock_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stock") / "shop.db"
    fill(f"sqlite:///{path}")
    return path


def fill(url: str) -> None:
    migrate(url)
    engine = make_engine(url)
    run_in_transaction(make_session_factory(engine), write_shop)
    engine.dispose()


@pytest.fixture
def sqlite_shop(stock_template: Path, tmp_path: Path) -> str:
    copy = tmp_path / "stock.db"
    copy.write_bytes(stock_template.read_bytes())
    return f"sqlite:///{copy}"


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a database to be copied."""
    name = f"stock_template_{uuid4().hex[:8]}"  # one for each folder that uses this fixture
    _execute(postgres_server, f"CREATE DATABASE {name}")
    fill(_url_of(postgres_server, name))
    return name


@pytest.fixture
def postgres_shop(postgres_server: str, postgres_template: str) -> Iterator[str]:
    name = f"stock_{uuid4().hex}"
    _execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield _url_of(postgres_server, name)
    _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def _url_of(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _execute(server: str, statement: str) -> None:
    engine = make_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@asynccontextmanager
async def signed_in_clerk(url: str) -> AsyncIterator[Browser]:
    async with open_browser(Settings(database_url=url, jobs=False)) as browser:
        await browser.become(Role.CLERK)
        yield browser


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def clerk(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    """A browser in which a clerk is signed in, over the shop on each database."""
    url = str(request.getfixturevalue(f"{request.param}_shop"))
    async with signed_in_clerk(url) as browser:
        yield browser


@pytest.fixture
async def light_clerk(sqlite_shop: str) -> AsyncIterator[Browser]:
    """The same on SQLite alone, where the database makes no difference."""
    async with signed_in_clerk(sqlite_shop) as browser:
        yield browser
