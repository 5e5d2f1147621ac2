"""The replay of a file: the last weeks come later, and in the end nothing is missing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from commerce_core import make_engine, make_session_factory
from commerce_core.importing import ImportSummary, Survey, import_online_retail, summarize
from commerce_core.importing.online_retail import SYSTEM
from commerce_core.inventory import StockLevel, StockMovement, verify_ledger
from commerce_core.orders.models import Order
from webapp.demo.database_file import DemoFileError, url_of
from webapp.demo.generated import migrate
from webapp.demo.imported import import_shop, read_file
from webapp.demo.live_orders import ACTOR
from webapp.demo.replay import LOCATION, Replay, replay_from
from webapp.tests.demo.retail import write_retail


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_retail(tmp_path_factory.mktemp("retail") / "retail.csv")


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = make_engine(url)
    yield engine
    engine.dispose()


def counted(engine: Engine) -> tuple[ImportSummary, dict[int, int]]:
    """What the database holds of the file, and what is on hand, by id of the variant."""
    with Session(engine) as session:
        assert verify_ledger(session) == []
        facts = summarize(session, SYSTEM, rows_read=0, rows_rejected=0, rows_new=0)
        levels = session.scalars(select(StockLevel)).all()
        return facts, {level.variant_id: level.on_hand for level in levels}


def run(url: str, survey: Survey, *, for_seconds: float | None = None) -> int:
    """Replay as quickly as it goes, to the end or for a while; return how much was left."""
    replay = Replay.prepare(url, survey, speed=1e9)
    replay.start()
    if for_seconds is None:
        ends = time.monotonic() + 30
        while "demo replay" in {t.name for t in threading.enumerate()} and time.monotonic() < ends:
            time.sleep(0.05)
    else:
        time.sleep(for_seconds)
    replay.stop()
    return replay.rows_left


def test_the_last_weeks_are_left_to_be_replayed(file: Path, tmp_path: Path) -> None:
    survey = read_file(file)
    begin = replay_from(survey)
    assert survey.rows[-1].moment - begin == (survey.rows[-1].moment - survey.rows[0].moment) / 4
    url = url_of(tmp_path / "shop.db")
    import_shop(url, survey=survey)
    with opened(url) as engine, Session(engine) as session:
        assert (session.scalar(select(func.max(Order.placed_at))) or begin) < begin
        assert (session.scalar(select(func.min(StockLevel.on_hand))) or 0) >= 0


def test_of_a_long_file_it_is_four_weeks(tmp_path: Path) -> None:
    survey = read_file(write_retail(tmp_path / "long.csv", days=200))
    assert survey.rows[-1].moment - replay_from(survey) == timedelta(weeks=4)


def test_after_the_replay_the_database_is_that_of_a_plain_import(
    file: Path, tmp_path: Path
) -> None:
    plain, replayed = url_of(tmp_path / "plain.db"), url_of(tmp_path / "replayed.db")
    migrate(plain)
    with opened(plain) as engine:
        factory = make_session_factory(engine)
        import_online_retail(factory, file, actor=ACTOR, location=LOCATION)
        expected = counted(engine)
    survey = read_file(file)
    import_shop(replayed, survey=survey)
    assert run(replayed, survey) > 50
    with opened(replayed) as engine:
        assert counted(engine) == expected
        factory = make_session_factory(engine)
        again = import_online_retail(factory, file, actor=ACTOR, location=LOCATION)
        assert again.rows_new == 0


def test_a_replay_goes_on_where_it_was_stopped(file: Path, tmp_path: Path) -> None:
    url = url_of(tmp_path / "shop.db")
    survey = read_file(file)
    import_shop(url, survey=survey)
    first = run(url, survey, for_seconds=0.15)
    second = run(url, read_file(file))
    assert second <= first
    assert run(url, read_file(file)) == 0


def test_stock_moves_in_the_name_of_the_demo(file: Path, tmp_path: Path) -> None:
    url = url_of(tmp_path / "shop.db")
    survey = read_file(file)
    import_shop(url, survey=survey)
    with opened(url) as engine, Session(engine) as session:
        before = session.scalar(select(func.max(StockMovement.id))) or 0
    run(url, survey)
    with opened(url) as engine, Session(engine) as session:
        fresh = session.scalars(select(StockMovement).where(StockMovement.id > before)).all()
    assert {movement.actor for movement in fresh} == {ACTOR}
    assert all(movement.occurred_at >= replay_from(survey) for movement in fresh)


def test_another_file_than_the_kept_one_is_refused(file: Path, tmp_path: Path) -> None:
    url = url_of(tmp_path / "shop.db")
    import_shop(url, survey=read_file(file))
    survey = read_file(file)
    survey.goods.append(replace(survey.goods[0], key="99999Z"))
    with pytest.raises(DemoFileError, match="made from another file"):
        Replay.prepare(url, survey, speed=60)
