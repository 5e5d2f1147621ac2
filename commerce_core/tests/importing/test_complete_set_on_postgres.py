"""The complete set on PostgreSQL; a file of its own, so that another process can take the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commerce_core.tests.importing.complete import check_complete_import

if TYPE_CHECKING:
    from commerce_core.tests.databases import Database


@pytest.mark.slow
@pytest.mark.postgres
def test_the_complete_set(postgres: Database) -> None:
    check_complete_import(postgres)
