"""The shoppers' thread: it begins, keeps on, and ends when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from commerce_core.inventory import StockMovement
from webapp.demo.database_file import url_of
from webapp.demo.live_orders import ACTOR
from webapp.demo.shoppers import Shoppers


@contextmanager
def living(url: str) -> Iterator[Shoppers]:
    shoppers = Shoppers(url, seed=1)
    shoppers.start()
    try:
        yield shoppers
    finally:
        shoppers.stop()


def wait_for(condition: Callable[[], bool], *, seconds: float = 15) -> bool:
    ends = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < ends:
        time.sleep(0.1)
    return met


def names_of_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


@pytest.mark.slow
def test_they_move_stock_until_they_are_stopped(shop: sessionmaker[Session], shop_url: str) -> None:
    def moved() -> int:
        with shop() as session:
            mine = select(func.count()).select_from(StockMovement).filter_by(actor=ACTOR)
            return session.scalar(mine) or 0

    with living(shop_url) as shoppers:
        assert wait_for(lambda: moved() >= 3)
        shoppers.stop()
        assert "demo shoppers" not in names_of_threads()
    after = moved()
    time.sleep(1.0)
    assert moved() == after


def test_a_database_that_is_not_there_makes_them_wait_not_die(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with living(url_of(tmp_path / "empty.db")):
        assert wait_for(lambda: "wait a moment" in caplog.text)
        assert "demo shoppers" in names_of_threads()


def test_stopping_before_the_start_does_no_harm(shop_url: str) -> None:
    Shoppers(shop_url, seed=1).stop()
