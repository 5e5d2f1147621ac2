"""Fixtures of the DHL tests: a fake DHL, a clock that sleeping moves, DHL's own examples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from commerce_core.logistics.dhl import DHLClient
from commerce_core.testing import FakeDHL, FrozenClock
from commerce_core.tests.logistics.dhl.asking import Asking
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def dhl_data() -> Path:
    """Return the folder of DHL's specifications and examples (COMMERCE_DATA, or a neighbour)."""
    named = os.environ.get("COMMERCE_DATA")
    places = [Path(named) / "dhl", Path(named)] if named else []
    places += [ROOT.parent / "shared" / "dhl"]
    for place in places:
        if (place / "examples").is_dir():
            return place
    pytest.skip("DHL's examples are not here: set COMMERCE_DATA to the data folder")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def fake(clock: FrozenClock) -> FakeDHL:
    return FakeDHL(now=clock.now)


@pytest.fixture
def slept() -> list[float]:
    """Collect how long the client slept."""
    return []


@pytest.fixture
def sleep(clock: FrozenClock, slept: list[float]) -> Callable[[float], None]:
    """Return a sleep that takes no time and moves the clock."""

    def move(seconds: float) -> None:
        slept.append(seconds)
        clock.move(seconds=seconds)

    return move


@pytest.fixture
def client(
    fake: FakeDHL, clock: FrozenClock, sleep: Callable[[float], None]
) -> Iterator[DHLClient]:
    """Return a sync client of the fake; chance always says one half."""
    with httpx.Client(transport=fake.transport()) as http:
        yield DHLClient(fake.config(), http, now=clock.now, sleep=sleep, chance=lambda: 0.5)


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, fake: FakeDHL, clock: FrozenClock) -> Asking:
    return Asking(request.param, fake.transport(), clock, fake.config())
