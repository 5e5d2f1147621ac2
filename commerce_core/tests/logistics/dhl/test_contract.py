"""Every request we send, and every answer the fake gives, held against DHL's OpenAPI files."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from commerce_core.logistics.dhl import (
    DHLClient,
    DHLError,
    DocFormat,
    LabelType,
    PrintFormat,
)
from commerce_core.logistics.dhl.shipping_orders import (
    ShipperReference,
)
from commerce_core.testing.dhl import DEVIATIONS, Fault
from commerce_core.tests.logistics.dhl.openapi import FILES, Specification, load
from commerce_core.tests.logistics.dhl.orders import (
    BILLING,
    CUSTOMS,
    DOOR,
    PLACES,
    PLAIN,
    RETURN,
    RICH,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from commerce_core.testing import FakeDHL, FrozenClock

Seen = list[tuple[httpx.Request, httpx.Response]]
NUMBER = "00340434161094015902"


@pytest.fixture(scope="session")
def specifications(dhl_data: Path) -> list[Specification]:
    return [Specification(prefix, load(dhl_data / name)) for prefix, name in FILES.items()]


@pytest.fixture
def seen() -> Seen:
    return []


@pytest.fixture
def recorded(
    fake: FakeDHL, clock: FrozenClock, sleep: Callable[[float], None], seen: Seen
) -> DHLClient:
    """Return a client of the fake that notes every exchange."""
    transport = fake.transport()

    class Recording(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = transport.handle_request(request)
            response.read()
            seen.append((request, response))
            return response

    http = httpx.Client(transport=Recording())
    return DHLClient(fake.config(), http, now=clock.now, sleep=sleep)


def ask_everything(client: DHLClient, fake: FakeDHL, clock: FrozenClock) -> None:
    """Use every method of tracking, returns and shipping, with every kind of option."""
    fake.add_parcel(NUMBER)
    clock.move(minutes=20)
    for code in ("ES", "PO", "ZU"):
        fake.advance(NUMBER, code)
    client.tracking.track(
        NUMBER,
        service="parcel-de",
        recipient_postal_code="53113",
        language="de",
        requester_country_code="DE",
        origin_country_code="DE",
        offset=0,
        limit=5,
    )
    with pytest.raises(DHLError):
        client.tracking.track("404404")
    for service in ("express", "freight"):
        fake.add_parcel("PAGES1", service=service, visible_after=timedelta(0))
    client.tracking.next_page(client.tracking.track("PAGES1", limit=1))
    for label_type in LabelType:
        client.returns.create(RETURN, label_type=label_type)
    client.returns.create(replace(RETURN, receiver_id=None, country="CH", customs=CUSTOMS))
    client.returns.locations(country="DE", postal_code="53113", max_result=3)
    client.returns.version()
    numbers = [
        str(item.shipment_number)
        for item in client.shipping.create(
            [PLAIN, RICH, *(replace(PLAIN, consignee=place) for place in PLACES)],
            print_format=PrintFormat.A4,
            return_print_format=PrintFormat.SMALL,
            language="de-DE",
        ).items
    ]
    stored_sender = replace(PLAIN, shipper=ShipperReference(shipper_ref="Bonn"))
    client.shipping.create([stored_sender], doc_format=DocFormat.ZPL2, must_encode=True)
    client.shipping.validate([PLAIN])
    linked = client.shipping.create([PLAIN], include_docs=False).items[0]
    assert linked.label is not None
    client.shipping.download(linked.label)
    client.shipping.label(numbers, combine=False)
    client.shipping.cancel(numbers[:1])
    client.shipping.manifest(numbers[1:])
    client.shipping.manifest(all_shipments=True)
    client.shipping.manifest(billing_number=BILLING)
    client.shipping.manifest_documents(billing_number=BILLING, day=clock.now().date())
    client.shipping.manifest_documents(include_docs=False)
    client.shipping.version()


def be_refused(client: DHLClient, fake: FakeDHL) -> None:
    """Ask what DHL refuses: addresses, countries, users, too much."""
    nowhere = replace(PLAIN, consignee=replace(DOOR, city="Nowhere"))
    abroad = replace(PLAIN, consignee=replace(DOOR, country="Germany"))
    client.shipping.create([PLAIN, nowhere], must_encode=True)
    client.shipping.cancel(["NOSUCHNUMBER", "NORTHIS"])
    for ask in (
        lambda: client.returns.create(replace(RETURN, receiver_id="nobody")),
        lambda: client.shipping.create([nowhere], must_encode=True),
        lambda: client.shipping.create([abroad]),
        lambda: client.shipping.label(["NOSUCHNUMBER"]),
    ):
        with pytest.raises(DHLError):
            ask()
    secret, fake.password = fake.password, "expired"
    fake.revoke_tokens()
    with pytest.raises(DHLError):
        client.returns.locations()
    with pytest.raises(DHLError):
        client.shipping.label([NUMBER])
    fake.password = secret
    made = str(client.shipping.create([PLAIN]).items[0].shipment_number)
    for path in ("/track/", "/returns/", "/shipping/v2"):
        for fault in (Fault.SPIKE, Fault.SERVER_ERROR):
            fake.inject(fault, path)
    client.tracking.track(NUMBER)
    client.returns.locations()
    client.shipping.label([made])


def body_of(response: httpx.Response) -> Any:
    kind = response.headers["content-type"]
    return json.loads(response.content) if "json" in kind else response.content.decode("latin-1")


def specified(
    seen: Seen, specifications: list[Specification]
) -> list[tuple[Specification, httpx.Request, httpx.Response]]:
    found = [
        (specification, request, response)
        for request, response in seen
        for specification in specifications
        if request.url.path.startswith(specification.prefix + "/")
    ]
    return [one for one in found if not one[1].url.path.endswith("/token")]


def test_every_request_keeps_to_dhls_specifications(
    recorded: DHLClient,
    fake: FakeDHL,
    clock: FrozenClock,
    seen: Seen,
    specifications: list[Specification],
) -> None:
    ask_everything(recorded, fake, clock)
    asked = specified(seen, specifications)

    offences = [
        f"{request.method} {request.url}: {offence}"
        for specification, request, _ in asked
        for offence in specification.request_offences(request)
    ]

    assert {specification.prefix for specification, _, _ in asked} == set(FILES)
    assert len(asked) >= 24
    assert offences == []


def test_every_answer_of_the_fake_keeps_to_them_but_for_the_written_deviations(
    recorded: DHLClient,
    fake: FakeDHL,
    clock: FrozenClock,
    seen: Seen,
    specifications: list[Specification],
) -> None:
    ask_everything(recorded, fake, clock)
    be_refused(recorded, fake)

    offences = {
        f"{request.method} {request.url.path} {response.status_code}: {offence}"[:78]
        for specification, request, response in specified(seen, specifications)
        for offence in specification.answer_offences(
            request.method,
            request.url.path,
            response.status_code,
            response.headers["content-type"],
            body_of(response),
        )
    }

    returns, shipping = "/parcel/de/shipping/returns/v1", "/parcel/de/shipping/v2"
    allowed = {
        f"POST {returns}/orders 201: $.label is missing": "QR-only return",
        f"GET {returns}/ 200: $.amp.version: 'v2.1.13' does not mat": "version",
        f"POST {shipping}/orders 400: $.items[0].sstatus is missing": "schema errors",
        "GET /track/shipments 429: status 429 is not listed": "429, 400 and 401",
        "GET /track/shipments 503: status 503 is not listed": "503",
        f"GET {returns}/locations 503: status 503 is not listed": "503",
        f"GET {shipping}/orders 503: status 503 is not listed": "503",
    }
    assert sorted(offences) == sorted(allowed)
    assert all(any(words in one for one in DEVIATIONS) for words in allowed.values())


def test_openapi_core_agrees(
    recorded: DHLClient, fake: FakeDHL, clock: FrozenClock, seen: Seen, dhl_data: Path
) -> None:
    import openapi_core as core  # noqa: PLC0415 - slow to import, and only needed here

    ask_everything(recorded, fake, clock)
    refused: list[str] = []
    asked = 0
    for prefix, name in FILES.items():
        content = load(dhl_data / name)
        content["servers"] = [{"url": f"https://api-sandbox.dhl.com{prefix}"}]
        content.pop("security", None)
        for operation in (one for path in content["paths"].values() for one in path.values()):
            if isinstance(operation, dict):
                operation["security"] = []
        judge = core.OpenAPI.from_dict(content)
        for request, _ in seen:
            path = request.url.path
            if path.startswith(prefix + "/") and not path.endswith("/token"):
                asked += 1
                try:
                    judge.validate_request(_Request(request))
                except core.exceptions.OpenAPIError as error:
                    refused.append(f"{request.method} {request.url}: {error!r} {error.__cause__!r}")

    assert asked >= 15
    assert refused == []


class _Request:
    """A request as openapi-core wants to see it."""

    def __init__(self, request: httpx.Request) -> None:
        import openapi_core.datatypes as core  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415
        from werkzeug.datastructures import Headers, ImmutableMultiDict  # noqa: PLC0415

        self.host_url = f"{request.url.scheme}://{request.url.host}"
        self.path = request.url.path
        self.method = request.method.lower()
        self.body = request.content or None
        self.content_type = request.headers.get("content-type", "")
        self.parameters: Any = core.RequestParameters(
            query=ImmutableMultiDict(request.url.params.multi_items()),
            header=Headers(request.headers.multi_items()),
        )


# --- the judge is not asleep ------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://api-sandbox.dhl.com/track/shipments",
        "https://api-sandbox.dhl.com/track/shipments?trackingNumber=1&service=bluedart",
        "https://api-sandbox.dhl.com/track/shipments?trackingNumber=1&limit=many",
        "https://api-sandbox.dhl.com/track/shipments?trackingNumber=1&novelty=1",
        "https://api-sandbox.dhl.com/parcel/de/shipping/returns/v1/locations?countryCode=DEU",
    ],
)
def test_it_knows_an_offence_when_it_sees_one(
    specifications: list[Specification], url: str
) -> None:
    request = httpx.Request("GET", url)
    judge = next(one for one in specifications if request.url.path.startswith(one.prefix + "/"))

    assert len(judge.request_offences(request)) == 1
