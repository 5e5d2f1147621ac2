"""Every method and every trouble, once through the sync client and once through the async one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl import (
    AsyncDHLClient,
    ContactAddress,
    DHLBudgetExhaustedError,
    DHLError,
    DHLLabelError,
    DHLNotFoundError,
    DHLProtocolError,
    DHLRateLimitedError,
    DHLRejectedError,
    DHLTimeoutError,
    DHLUnavailableError,
    EnclosedReturn,
    MediaType,
    ParcelDetails,
    ParcelWeight,
    ShipmentOrder,
    ShippingServices,
    UncertainOutcomeError,
    _driver,
)
from commerce_core.logistics.dhl._tracking import read_answer
from commerce_core.testing.dhl import Fault
from commerce_core.tests.logistics.dhl.asking import answering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from commerce_core.testing import FakeDHL, FrozenClock

Ask = Any
"""An ``Asking``: ``ask(lambda client: client.tracking.track(…))``, the same in either client."""
NUMBER = "00340434161094015902"
SENDER = ContactAddress(
    name1="Demo GmbH", street="Lagerstr. 1", postal_code="53113", city="Bonn", country="DEU"
)
ORDER = ShipmentOrder(
    product="V01PAK",
    billing_number="22222222220101",
    shipper=SENDER,
    consignee=replace(SENDER, name1="Max Muster"),
    details=ParcelDetails(weight=ParcelWeight(uom="kg", value=Decimal("1.5"))),
)
WITH_RETURN = replace(
    ORDER,
    services=ShippingServices(enclosed_return=EnclosedReturn(billing_number="22222222220701")),
)


def number_made(ask: Ask, order: ShipmentOrder = ORDER) -> str:
    return str(ask(lambda client: client.shipping.create([order])).items[0].shipment_number)


# --- documents ----------------------------------------------------------------------------------


def test_a_link_is_downloaded_without_key_or_user(ask: Ask, fake: FakeDHL) -> None:
    made = ask(lambda client: client.shipping.create([ORDER], include_docs=False))

    document = ask(lambda client: client.shipping.download(made.items[0].label))

    assert (document.media_type, document.is_complete) == (MediaType.PDF, True)
    assert "authorization" not in fake.requests[-1].headers
    assert "dhl-api-key" not in fake.requests[-1].headers


def test_a_link_of_somebody_else_only_gives_its_token(ask: Ask, fake: FakeDHL) -> None:
    made = ask(lambda client: client.shipping.create([ORDER], include_docs=False))
    label = made.items[0].label
    elsewhere = replace(label, url=label.url.replace("api-sandbox.dhl.com", "evil.example"))

    ask(lambda client: client.shipping.download(elsewhere))

    assert fake.requests[-1].url.host == "api-sandbox.dhl.com"


def test_a_link_that_leads_to_nothing(ask: Ask, fake: FakeDHL) -> None:
    made = ask(lambda client: client.shipping.create([ORDER], include_docs=False))
    fake.labels.clear()
    with pytest.raises(DHLNotFoundError, match="not there"):
        ask(lambda client: client.shipping.download(made.items[0].label))


@pytest.mark.parametrize("url", [None, "", "https://dhl.example/labels", "http://[::1"])
def test_a_document_without_a_link_spends_no_call(ask: Ask, fake: FakeDHL, url: str | None) -> None:
    label = ask(lambda client: client.shipping.create([ORDER])).items[0].label
    before = len(fake.requests)

    with pytest.raises(InvalidInputError, match="no link"):
        ask(lambda client: client.shipping.download(replace(label, url=url)))
    assert len(fake.requests) == before


def test_a_label_is_there_again_until_the_manifest_and_its_sheet_afterwards(
    ask: Ask, clock: FrozenClock
) -> None:
    number = number_made(ask, WITH_RETURN)
    again = ask(lambda client: client.shipping.label([number], combine=False)).items[0]
    assert again.label.content.startswith(b"%PDF")
    assert again.return_label.content.startswith(b"%PDF")

    ask(lambda client: client.shipping.manifest(billing_number="22222222220101"))
    sheets = ask(lambda client: client.shipping.manifest_documents(day=clock.now().date()))
    links = ask(lambda client: client.shipping.manifest_documents(include_docs=False))

    assert sheets.manifests[0].media_type is MediaType.PDF
    assert [item.shipment_number for item in sheets.items] == [number]
    assert "token=" in links.manifests[0].url
    with pytest.raises(DHLRejectedError) as gone:
        ask(lambda client: client.shipping.label([number]))
    assert [item.shipment_number for item in gone.value.fields["result"].items] == [number]
    tomorrow = clock.now().date() + timedelta(days=1)
    with pytest.raises(DHLError, match="future"):
        ask(lambda client: client.shipping.manifest_documents(day=tomorrow))


@pytest.mark.parametrize(
    "which",
    [
        {},
        {"numbers": []},
        {"numbers": [NUMBER], "all_shipments": True},
        {"billing_number": "1", "all_shipments": True},
    ],
)
def test_a_manifest_says_of_what(ask: Ask, fake: FakeDHL, which: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="say which"):
        ask(lambda client: client.shipping.manifest(**which))
    assert fake.requests == []


@pytest.mark.parametrize("numbers", [[], NUMBER, [NUMBER] * 31, [1], ["  "]])
def test_numbers_come_as_a_list_of_up_to_thirty(ask: Ask, fake: FakeDHL, numbers: Any) -> None:
    for method in ("label", "cancel"):
        with pytest.raises(InvalidInputError):
            ask(lambda client, name=method: getattr(client.shipping, name)(numbers))
    assert fake.requests == []


def test_versions(ask: Ask) -> None:
    assert ask(lambda client: client.shipping.version()) == "v2.1.13"
    assert ask(lambda client: client.returns.version()) == "v2.1.13"
    assert answering(ask, 200, [])(lambda client: client.shipping.version()) is None
    with pytest.raises(DHLError):
        answering(ask, 403, {})(lambda client: client.shipping.version())


# --- answers that are none ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html></html>", UncertainOutcomeError),
        ({"items": "none"}, UncertainOutcomeError),
        ([], UncertainOutcomeError),
        ({"items": []}, UncertainOutcomeError),
        ({"status": {"status": 401, "title": "Unauthorized"}}, DHLError),
        ({"items": [{"shipmentNo": "1", "sstatus": {"statusCode": 200}}]}, DHLLabelError),
    ],
)
def test_a_success_that_is_none_is_never_taken_for_nothing(
    ask: Ask, content: Any, kind: type[DHLError]
) -> None:
    with pytest.raises(kind):
        answering(ask, 200, content)(lambda client: client.shipping.create([ORDER]))


@pytest.mark.parametrize("content", [b"<html></html>", {"items": None}, []])
def test_a_question_with_an_odd_answer_may_be_asked_again(ask: Ask, content: Any) -> None:
    with pytest.raises(DHLProtocolError):
        answering(ask, 200, content)(lambda client: client.shipping.label([NUMBER]))
    with pytest.raises(DHLProtocolError):
        answering(ask, 200, content)(lambda client: client.shipping.validate([ORDER]))


def test_items_are_put_in_the_order_that_dhl_counts(ask: Ask) -> None:
    items = [
        {"requestIndex": place, "shipmentNo": f"N{place}", "sstatus": {"statusCode": 400}}
        for place in (2, 1)
    ]
    made = answering(ask, 207, {"items": items})(
        lambda client: client.shipping.create([ORDER, ORDER])
    )
    assert [(item.index, item.shipment_number) for item in made.items] == [(0, "N1"), (1, "N2")]


def test_a_number_that_dhl_does_not_mention_is_not_done(ask: Ask) -> None:
    items = [{"shipmentNo": "ABC1", "sstatus": {"statusCode": 200}}]
    made = answering(ask, 207, {"items": items})(
        lambda client: client.shipping.cancel(["XYZ9", "ABC1"])
    )
    assert [item.shipment_number for item in made.failed] == ["XYZ9"]
    assert [item.shipment_number for item in made.done] == ["ABC1"]


# --- tracking: more pages, other divisions --------------------------------------------------------


def test_the_pages_of_one_number(ask: Ask, fake: FakeDHL, clock: FrozenClock) -> None:
    for service in ("parcel-de", "express", "freight", "dgf", "svb", "parcel-nl", "parcel-pl"):
        fake.add_parcel(NUMBER, service=service)
    clock.move(minutes=20)

    first = ask(lambda client: client.tracking.track(NUMBER))
    second = ask(lambda client: client.tracking.next_page(first))

    assert (len(first.shipments), len(second.shipments)) == (5, 2)
    assert ask(lambda client: client.tracking.next_page(second)) is None
    assert ask(lambda client: client.tracking.next_page(replace(first, next_url=first.url))) is None


def test_other_divisions_are_asked_at_our_host(ask: Ask, fake: FakeDHL, clock: FrozenClock) -> None:
    fake.add_parcel(NUMBER, service="express")
    clock.move(minutes=20)
    links = [
        f"/shipments?trackingNumber={NUMBER}&service=express",
        f"https://evil.example/shipments?trackingNumber={NUMBER}&service=freight",
    ]
    suspecting = read_answer({"shipments": [], "possibleAdditionalShipmentsUrl": links})

    found = ask(lambda client: client.tracking.track_elsewhere(suspecting))

    assert [answer.shipments[0].service for answer in found] == ["express"]
    assert {request.url.host for request in fake.requests} == {"api-sandbox.dhl.com"}
    for link in ("/shipments?service=express", "http://[::1"):
        bad = read_answer({"shipments": [], "possibleAdditionalShipmentsUrl": [link]})
        with pytest.raises(InvalidInputError, match="no tracking number"):
            ask(lambda client, bad=bad: client.tracking.track_elsewhere(bad))
    assert len(fake.requests) == 2


# --- trouble --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.NO_CONNECTION, DHLUnavailableError),
        (Fault.TIMEOUT, DHLTimeoutError),
        (Fault.SERVER_ERROR, DHLUnavailableError),
    ],
)
def test_a_question_is_asked_three_times_with_growing_pauses(
    ask: Ask, fake: FakeDHL, fault: Fault, kind: type[DHLError]
) -> None:
    fake.inject(fault, "/track/", times=3)
    with pytest.raises(kind):
        ask(lambda client: client.tracking.track(NUMBER))
    assert len(fake.requests) == 3
    assert ask.slept == [1.0, 2.0]


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER_WORK, Fault.SERVER_ERROR])
def test_a_label_is_asked_for_once(ask: Ask, fake: FakeDHL, fault: Fault) -> None:
    fake.inject(fault, "/orders")
    with pytest.raises(UncertainOutcomeError):
        ask(lambda client: client.shipping.create([ORDER]))
    assert sum(request.method == "POST" and "/orders" in request.url.path
               for request in fake.requests) == 1  # fmt: skip


def test_a_spike_is_waited_out_and_the_second_closes_the_day(
    ask: Ask, fake: FakeDHL, clock: FrozenClock
) -> None:
    fake.add_parcel(NUMBER)
    clock.move(minutes=20)
    fake.inject(Fault.SPIKE, "/track/", retry_after="7")
    assert ask(lambda client: client.tracking.track(NUMBER)).shipments
    assert ask.slept == [7.0]

    fake.inject(Fault.DAY, "/track/")
    with pytest.raises(DHLRateLimitedError):
        ask(lambda client: client.tracking.track(NUMBER))
    asked = len(fake.requests)
    with pytest.raises(DHLBudgetExhaustedError):
        ask(lambda client: client.tracking.track(NUMBER))

    assert len(fake.requests) == asked
    assert ask.left().calls == 0
    assert ask.left().closed_until.hour == 0


def test_waiting_for_a_slot_is_the_clients_own_sleep(
    ask: Ask, fake: FakeDHL, clock: FrozenClock
) -> None:
    fake.add_parcel(NUMBER)
    clock.move(minutes=20)
    ask.config = fake.config(tracking_spacing_seconds=5.0, max_slot_wait_seconds=6.0)
    for _ in range(3):
        ask(lambda client: client.tracking.track(NUMBER))
    assert ask.slept == [5.0, 5.0]
    assert ask.left().used == 3


@pytest.mark.parametrize("fault", [Fault.NO_CONNECTION, Fault.SERVER_ERROR])
def test_no_slot_for_a_second_attempt_does_not_hide_why_the_first_failed(
    ask: Ask, fake: FakeDHL, fault: Fault
) -> None:
    fake.inject(fault, "/track/")
    ask.config = fake.config(tracking_spacing_seconds=5.0, max_slot_wait_seconds=1.0)
    with pytest.raises(DHLUnavailableError):
        ask(lambda client: client.tracking.track(NUMBER))
    assert ask.left().used == 1
    with pytest.raises(DHLBudgetExhaustedError, match="queue"):
        ask(lambda client: client.tracking.track(NUMBER))


class Dripping(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of a thousand pieces, each of which takes a second of the clock."""

    def __init__(self, clock: FrozenClock) -> None:
        self.clock = clock
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(1000):
            self.sent += 1
            self.clock.move(seconds=1)
            yield b"x" * 1000

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


@pytest.mark.parametrize(
    ("largest", "kind", "pieces"),
    [(10_000, DHLUnavailableError, 11), (10_000_000, DHLTimeoutError, 61)],
)
def test_a_body_too_long_or_too_slow_is_given_up(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, largest: int, kind: type[DHLError], pieces: int
) -> None:
    monkeypatch.setattr(_driver, "LARGEST_ANSWER_BYTES", largest)
    bodies: list[Dripping] = []

    def respond(_: httpx.Request) -> httpx.Response:
        bodies.append(Dripping(ask.clock))
        return httpx.Response(200, stream=bodies[-1])

    ask.transport = httpx.MockTransport(respond)
    with pytest.raises(kind):
        ask(lambda client: client.tracking.track(NUMBER))
    assert bodies[0].sent == pieces


@pytest.mark.parametrize("error", [OSError("broken"), UnicodeError("odd"), httpx.InvalidURL("no")])
def test_what_a_transport_lets_through_is_named(ask: Ask, error: Exception) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    ask.transport = httpx.MockTransport(fail)
    with pytest.raises(DHLError) as caught:
        ask(lambda client: client.tracking.track(NUMBER))
    assert caught.value.host == "api-sandbox.dhl.com"


def test_the_async_client_closes_what_it_opened_and_nothing_else(fake: FakeDHL) -> None:
    async def run() -> tuple[bool, bool]:
        http = httpx.AsyncClient(transport=fake.transport())
        async with AsyncDHLClient(fake.config(), http):
            pass
        async with AsyncDHLClient(fake.config()) as client:
            assert client.config.key_fingerprint == fake.config().key_fingerprint
            own = client._http
        state = (http.is_closed, own.is_closed)
        await http.aclose()
        return state

    assert asyncio.run(run()) == (False, True)


def test_a_closed_async_client_says_so(fake: FakeDHL) -> None:
    async def run() -> None:
        http = httpx.AsyncClient(transport=fake.transport())
        client = AsyncDHLClient(fake.config(), http)
        await http.aclose()
        await client.tracking.track(NUMBER)

    with pytest.raises(DHLError, match="closed"):
        asyncio.run(run())
    assert fake.requests == []
