from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commerce_core.inventory import verify_ledger
from commerce_core.tests.importing.retail import RetailFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from commerce_core.tests.databases import Database


@pytest.fixture
def retail(database: Database, tmp_path: Path) -> Iterator[RetailFile]:
    """A file to be imported; whatever a test imports, the books agree at its end."""
    yield RetailFile(database, tmp_path / "retail.csv")
    assert database.run(verify_ledger) == []


@pytest.fixture
def sqlite_retail(sqlite: Database, tmp_path: Path) -> RetailFile:
    """The same on SQLite alone, for what is not about the database."""
    return RetailFile(sqlite, tmp_path / "retail.csv")
