"""A hub over a real database, without HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from webapp.tests.live.clients import Shop, running_hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from webapp.live.hub import Hub


@pytest.fixture
def shop(any_url: str) -> Iterator[Shop]:
    opened = Shop(any_url)
    yield opened
    opened.close()


@pytest.fixture
async def hub(shop: Shop) -> AsyncIterator[Hub]:
    async with running_hub(shop.url) as running:
        yield running
