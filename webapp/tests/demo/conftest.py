"""A small generated shop, made once; each test that changes it gets a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from commerce_core import make_engine, make_session_factory
from webapp.demo.database_file import url_of
from webapp.demo.generated import generate_shop

SEED = 7
SCALE = 0.1
AS_OF = datetime(2025, 11, 24, 13, 32, tzinfo=UTC)
"""An afternoon on which some orders wait to be packed; a past one, as the ledger demands."""


@pytest.fixture(scope="session")
def shop_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "shop.db"
    generate_shop(url_of(path), seed=SEED, scale=SCALE, as_of=AS_OF)
    return path


@pytest.fixture
def shop_url(tmp_path: Path, shop_template: Path) -> str:
    return url_of(Path(shutil.copy(shop_template, tmp_path / "shop.db")))


@pytest.fixture
def engine(shop_url: str) -> Iterator[Engine]:
    opened = make_engine(shop_url)
    yield opened
    opened.dispose()


@pytest.fixture
def shop(engine: Engine) -> sessionmaker[Session]:
    return make_session_factory(engine)
