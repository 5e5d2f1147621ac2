"""The page "Track a parcel", against a fake DHL on a real socket."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from commerce_core.testing.dhl import FakeDHL, Fault
from webapp.accounts.roles import Role
from webapp.app import create_app
from webapp.tests.harness import Browser, frozen_clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from webapp.settings import Settings

pytestmark = pytest.mark.anyio
PATH = "/shipments/track"
NUMBER = "00340434161094015902"


@pytest.fixture
def fake() -> FakeDHL:
    return FakeDHL()


@pytest.fixture
def address(fake: FakeDHL) -> Iterator[str]:
    with fake.serve() as url:
        yield url


@pytest.fixture
def connected(settings: Settings, fake: FakeDHL, address: str) -> Any:
    """Return how to open a browser on a shop with an account at the fake DHL."""

    @asynccontextmanager
    async def opened(role: Role = Role.CLERK, **changes: Any) -> AsyncIterator[Browser]:
        app = create_app(settings)
        app.state.dhl = fake.config(
            base_url=address, **{"tracking_calls_per_day": 250, "deadline_seconds": 3.0, **changes}
        )
        transport = httpx.ASGITransport(cast("Any", app))
        async with (
            app.lifespan(),
            httpx.AsyncClient(transport=transport, base_url="http://shop.test") as http,
        ):
            browser = Browser(app, http)
            await browser.become(role)
            yield browser

    return opened


def add(fake: FakeDHL, *codes: str, **fields: Any) -> None:
    fake.add_parcel(NUMBER, visible_after=timedelta(0), **fields)
    for code in codes:
        fake.advance(NUMBER, code)


async def test_a_parcel_its_way_and_what_is_left_of_the_day(connected: Any, fake: FakeDHL) -> None:
    add(fake, "ES", "PO")
    async with connected() as browser:
        page = await browser.get(f"{PATH}?number={NUMBER[:10]} {NUMBER[10:]}&service=parcel-de")

    assert page.status_code == 200
    assert "249 calls left today" in page.text
    assert 'data-state="out_for_delivery">Out for delivery' in page.text
    assert page.text.index("In delivery process") < page.text.index("First processed by DHL")
    assert "Delivered by Deutsche Post DHL Group" in page.text


async def test_every_shipment_of_the_number_is_shown(connected: Any, fake: FakeDHL) -> None:
    add(fake, "ES")
    add(fake, "ZU", service="express", is_return=True)
    async with connected() as browser:
        page = await browser.get(f"{PATH}?number={NUMBER}")

    assert "2 shipments have this number" in page.text
    assert 'id="parcel-1"' in page.text
    assert 'id="parcel-2"' in page.text
    assert "Returned to sender" in page.text


async def test_looking_again_within_five_minutes_spends_no_call(
    connected: Any, fake: FakeDHL
) -> None:
    add(fake)
    with frozen_clock() as clock:
        async with connected() as browser:
            for number in (NUMBER, NUMBER, "404404", "404404"):
                await browser.get(f"{PATH}?number={number}")
            assert len(fake.requests) == 2
            clock.move(minutes=6)
            await browser.become(Role.CLERK)
            await browser.get(f"{PATH}?number={NUMBER}")
            assert len(fake.requests) == 3


async def test_the_postal_code_is_another_question(connected: Any, fake: FakeDHL) -> None:
    add(fake)
    async with connected() as browser:
        await browser.get(f"{PATH}?number={NUMBER}")
        await browser.get(f"{PATH}?number={NUMBER}&postal_code=53113")
    assert fake.requests[-1].url.params["recipientPostalCode"] == "53113"


async def test_a_number_dhl_does_not_know_is_no_error(connected: Any) -> None:
    async with connected() as browser:
        page = await browser.get(f"{PATH}?number={NUMBER}")
    assert page.status_code == 200
    assert f"DHL does not know {NUMBER}" in page.text


@pytest.mark.parametrize(
    "query",
    [
        "number=x",
        "number=%3Cscript%3E",
        f"number={'1' * 40}",
        "number=420902109400111202555842333290",
        f"number={NUMBER}&service=nonsense",
    ],
)
async def test_what_cannot_be_asked_spends_no_call(
    connected: Any, fake: FakeDHL, query: str
) -> None:
    async with connected() as browser:
        page = await browser.get(f"{PATH}?{query}")
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert "<script>" not in page.text
    assert fake.requests == []


async def test_a_used_up_day_says_when_it_goes_on(connected: Any, fake: FakeDHL) -> None:
    add(fake)
    async with connected(tracking_calls_per_day=1) as browser:
        await browser.get(f"{PATH}?number={NUMBER}")
        page = await browser.get(f"{PATH}?number=123456")
    assert page.status_code == 503
    assert "The calls of the day are used up" in page.text
    assert "0 calls left today" in page.text
    assert len(fake.requests) == 1


async def test_a_day_that_dhl_closed_stays_closed_for_other_processes(
    connected: Any, fake: FakeDHL
) -> None:
    fake.inject(Fault.DAY, retry_after="7200")
    async with connected() as browser:
        page = await browser.get(f"{PATH}?number={NUMBER}")
        assert page.status_code == 503
    async with connected() as other:
        page = await other.get(f"{PATH}?number={NUMBER}")
    assert "DHL answers again from" in page.text
    assert len(fake.requests) == 1


async def test_a_queue_longer_than_a_page_waits(connected: Any, fake: FakeDHL) -> None:
    add(fake)
    async with connected(tracking_spacing_seconds=60.0) as browser:
        await browser.get(f"{PATH}?number={NUMBER}")
        page = await browser.get(f"{PATH}?number=123456")
    assert page.status_code == 503
    assert "DHL allows one call in five seconds" in page.text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.SERVER_ERROR, "DHL gave no usable answer"),
        (Fault.HTML, "DHL gave no usable answer"),
        (Fault.TRUNCATED, "DHL gave no usable answer"),
        (Fault.ERROR_IN_200, "DHL does not accept our key"),
    ],
)
async def test_trouble_at_dhl_is_told_and_not_remembered(
    connected: Any, fake: FakeDHL, fault: Fault, words: str
) -> None:
    add(fake)
    fake.inject(fault, times=3)
    async with connected(deadline_seconds=0.5) as browser:
        page = await browser.get(f"{PATH}?number={NUMBER}")
        assert page.status_code == 502
        assert words in page.text
        assert fake.api_key not in page.text
        fake.forget_faults()
        again = await browser.get(f"{PATH}?number={NUMBER}")
    assert "Announced" in again.text


async def test_a_shop_without_an_account_says_what_to_set(browser: Browser) -> None:
    await browser.become(Role.CLERK)
    page = await browser.get(f"{PATH}?number={NUMBER}")
    assert page.status_code == 200
    assert "DHL is not connected" in page.text
    assert "COMMERCE_DHL_ENVIRONMENT" in page.text


async def test_calls_are_spent_by_clerks_not_by_viewers(connected: Any, fake: FakeDHL) -> None:
    async with connected(Role.VIEWER) as browser:
        page = await browser.get(f"{PATH}?number={NUMBER}")
        stock = await browser.get("/stock")
    assert page.status_code == 403
    assert "Track a parcel" not in stock.text
    assert fake.requests == []
