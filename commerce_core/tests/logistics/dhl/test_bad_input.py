"""Wrong numbers, keys, answers: the named error that tells an operator what to change."""

from __future__ import annotations

import logging
import pickle
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl import (
    DHLAuthenticationError,
    DHLClient,
    DHLConfigurationError,
    DHLError,
    DHLLabelError,
    DHLProtocolError,
    DHLRejectedError,
    Environment,
    InvalidTrackingNumberError,
    LabelType,
    MediaType,
    ReturnAddress,
    ReturnRequest,
    UncertainOutcomeError,
    normalise_tracking_number,
)
from commerce_core.testing.dhl import FakeDHL, Fault

if TYPE_CHECKING:
    from commerce_core.testing import FrozenClock

NUMBER = "00340434161094015902"
ADDRESS = ReturnAddress(
    name1="Ann Ott", street="Hauptstr.", house="1", postal_code="53113", city="Bonn"
)
RETURN = ReturnRequest(shipper=ADDRESS, receiver_id="deu")


def client_of(fake: FakeDHL, **changes: Any) -> DHLClient:
    http = httpx.Client(transport=fake.transport())
    return DHLClient(fake.config(**changes), http, now=fake.now, sleep=lambda _: None)


def answering(fake: FakeDHL, *responses: httpx.Response) -> DHLClient:
    queue = list(responses)
    http = httpx.Client(transport=httpx.MockTransport(lambda _: queue.pop(0)))
    return DHLClient(fake.config(api_secret=None), http, now=fake.now, sleep=lambda _: None)


# --- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (" 0034 0434 1610 9401 5902 ", NUMBER),
        ("jjd000390005893028175", "JJD000390005893028175"),
        ("00340434\u00a0161094015902\n", NUMBER),
        ("\uff10\uff10340434161094015902", NUMBER),
        ("3SHM00001165430", "3SHM00001165430"),
        ("SE-GOT-1234", "SE-GOT-1234"),
    ],
)
def test_numbers_are_made_right(given: str, expected: str) -> None:
    assert normalise_tracking_number(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "",
        "   ",
        "1",
        "A" * 40,
        "420902109261290100130739671120",
        "420902101234926129010013073967",
        "4209021012349261290100130739671120",
        "0034;0434",
        "<script>",
        "../../labels",
        "Ünö12345",
        7777777770,
        None,
    ],
)
def test_numbers_that_cannot_be_are_refused_before_a_call_is_spent(
    client: DHLClient, fake: FakeDHL, given: Any
) -> None:
    with pytest.raises(InvalidTrackingNumberError) as caught:
        client.tracking.track(given)

    assert caught.value.fields["reason"]
    assert fake.requests == []
    assert client.budget.left().used == 0


@pytest.mark.parametrize(
    "options",
    [
        {"language": "en_de"},
        {"service": "bluedart"},
        {"requester_country_code": "DEU"},
        {"origin_country_code": "1"},
        {"limit": 0},
        {"offset": -1},
        {"limit": True},
    ],
)
def test_questions_dhl_would_refuse_spend_no_call(
    client: DHLClient, fake: FakeDHL, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError):
        client.tracking.track(NUMBER, **options)
    assert fake.requests == []


# --- credentials ---------------------------------------------------------------------------------


def test_a_wrong_key_says_host_environment_and_fingerprint_but_not_the_key(fake: FakeDHL) -> None:
    client = client_of(fake, api_key="SECRETKEY-4711")

    with pytest.raises(DHLAuthenticationError) as caught:
        client.tracking.track(NUMBER)

    error = caught.value
    assert (error.host, error.environment) == ("api-sandbox.dhl.com", "sandbox")
    assert error.key_fingerprint is not None
    assert error.key_fingerprint in str(error)
    assert "not its secret" in str(error.hint)
    assert "SECRETKEY" not in f"{error} {error.fields} {client.config!r}"


def test_key_and_secret_swapped(fake: FakeDHL) -> None:
    client = client_of(fake, api_key=fake.api_secret, api_secret=fake.api_key)

    with pytest.raises(DHLAuthenticationError, match="not its secret"):
        client.returns.create(RETURN)


@pytest.mark.parametrize("api_secret", ["fake-api-secret", None])
def test_an_expired_portal_password(fake: FakeDHL, api_secret: str | None) -> None:
    client = client_of(fake, password="last-year", api_secret=api_secret)

    with pytest.raises(DHLAuthenticationError, match="has expired"):
        client.returns.create(RETURN)


def test_sandbox_credentials_against_production_name_the_environment(fake: FakeDHL) -> None:
    client = client_of(fake, environment=Environment.PRODUCTION, api_key="of-the-sandbox")

    with pytest.raises(DHLAuthenticationError) as caught:
        client.tracking.track(NUMBER)

    assert caught.value.host == "api-eu.dhl.com"
    assert "is it meant for production" in str(caught.value.hint)


def test_an_api_that_is_not_subscribed(fake: FakeDHL) -> None:
    words = "Invalid API call as no apiproduct match found"
    client = answering(fake, httpx.Response(401, json={"title": "x", "detail": words}))

    with pytest.raises(DHLAuthenticationError, match="not subscribed to this API"):
        client.returns.create(RETURN)


def test_a_missing_user_is_said_before_anything_is_sent(fake: FakeDHL) -> None:
    with pytest.raises(DHLConfigurationError, match="business portal"):
        client_of(fake, username=None).returns.create(RETURN)
    assert fake.requests == []


# --- answers that are not what they should be ----------------------------------------------------


def test_a_login_page_instead_of_json(client: DHLClient, fake: FakeDHL) -> None:
    fake.inject(Fault.HTML, "/track/")

    with pytest.raises(DHLProtocolError, match="an HTML page") as caught:
        client.tracking.track(NUMBER)
    assert "proxy" in str(caught.value.hint)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"ok"', b"{}", b"\xff\xfe", b'{"shipments": 3}', b"[" * 100_000],
)
def test_a_200_that_is_no_tracking_answer(fake: FakeDHL, content: bytes) -> None:
    with pytest.raises(DHLProtocolError):
        answering(fake, httpx.Response(200, content=content)).tracking.track(NUMBER)


def test_an_error_inside_a_200(client: DHLClient, fake: FakeDHL) -> None:
    fake.inject(Fault.ERROR_IN_200, "/track/")

    with pytest.raises(DHLAuthenticationError):
        client.tracking.track(NUMBER)


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b"<html></html>"])
def test_a_success_that_cannot_be_read_is_uncertain_for_a_label(
    fake: FakeDHL, content: bytes
) -> None:
    with pytest.raises(UncertainOutcomeError):
        answering(fake, httpx.Response(201, content=content)).returns.create(RETURN)


def test_a_label_that_is_not_what_it_says_keeps_the_number(
    client: DHLClient, fake: FakeDHL
) -> None:
    fake.inject(Fault.WRONG_LABEL, "/orders")

    with pytest.raises(DHLLabelError) as caught:
        client.returns.create(RETURN, label_type=LabelType.SHIPMENT_LABEL)

    assert caught.value.result.shipment_number == fake.parcels[0].number
    assert caught.value.result.label.media_type is MediaType.UNKNOWN
    assert "do not order again" in str(caught.value.hint)


def test_a_png_where_a_pdf_was_asked_for(fake: FakeDHL) -> None:
    from commerce_core.testing.dhl.documents import b64, png  # noqa: PLC0415

    body = {"shipmentNo": "1234", "label": {"b64": b64(png("x"))}}

    with pytest.raises(DHLLabelError, match="label is image/png, not application/pdf"):
        answering(fake, httpx.Response(201, json=body)).returns.create(RETURN)


def test_dhls_reasons_are_kept(client: DHLClient) -> None:
    bad = ReturnRequest(shipper=_moved("ABCDE"), receiver_id="deu")

    with pytest.raises(DHLRejectedError, match="Please use 99999 format") as caught:
        client.returns.create(bad)
    assert caught.value.correlation_id == "fake-0001"


def test_errors_reach_another_process_whole(client: DHLClient) -> None:
    with pytest.raises(DHLRejectedError) as caught:
        client.returns.create(ReturnRequest(shipper=_moved("ABCDE"), receiver_id="deu"))

    twin = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (twin.detail, twin.status, str(twin)) == (
        caught.value.detail,
        400,
        str(caught.value),
    )


@pytest.mark.parametrize(
    "error",
    [
        httpx.InvalidURL("x"),
        httpx.StreamError("x"),
        httpx.DecodingError("x"),
        httpx.LocalProtocolError("x"),
        OSError("disk"),
        UnicodeError("idna"),
        RuntimeError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_error_of_a_transport_comes_through_as_it_is(fake: FakeDHL, error: Exception) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    http = httpx.Client(transport=httpx.MockTransport(fail))
    client = DHLClient(fake.config(api_secret=None), http, sleep=lambda _: None)

    with pytest.raises(DHLError):
        client.tracking.track(NUMBER)
    with pytest.raises(DHLError):
        client.returns.create(RETURN)


def test_a_closed_client_says_so(fake: FakeDHL) -> None:
    client = DHLClient(fake.config())
    client.close()

    with pytest.raises(DHLConfigurationError, match="has been closed"):
        client.tracking.track(NUMBER)


@pytest.mark.parametrize("url", ["not a url", "ftp://x", "https://", "http://[bad"])
def test_a_base_url_that_is_none(fake: FakeDHL, url: str) -> None:
    with pytest.raises(DHLConfigurationError):
        fake.config(base_url=url)


@pytest.mark.parametrize(
    "changes",
    [
        {"details": {"weight": {"uom": "kg", "value": float("nan")}}},
        {"details": {"weight": {"uom": "kg", "value": "Infinity"}}},
        {"details": {"weight": {"uom": "kg", "value": "heavy"}}},
        {"consignee": {"name": "x", "lockerID": "abc", "postNumber": "1", "city": "b"}},
        {"shipDate": "tomorrow"},
        {"details": "x"},
        {"refNo": "\ud800"},
        {"novelty": object()},
    ],
)
def test_what_cannot_be_written_is_refused_before_it_is_sent(
    client: DHLClient, fake: FakeDHL, changes: dict[str, Any]
) -> None:
    order = {
        "product": "V01PAK",
        "shipper": {"shipperRef": "x"},
        "consignee": {"name1": "a", "addressStreet": "b", "city": "c", "country": "DEU"},
        "details": {"weight": {"uom": "kg", "value": 1}},
    }

    with pytest.raises(InvalidInputError):
        client.shipping.create([order | changes])
    assert [one for one in fake.requests if one.url.path.endswith("/orders")] == []


# --- logs ----------------------------------------------------------------------------------------


def test_logs_hold_no_secret_and_no_person(
    client: DHLClient, fake: FakeDHL, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        fake.add_parcel(NUMBER, recipient="Berta Muster")
        clock.move(minutes=20)
        client.tracking.track(NUMBER, recipient_postal_code="53113")
        client.returns.create(RETURN)
        client.parcel_tracking.track(NUMBER)
        fake.inject(Fault.TIMEOUT, "/track/", times=9)
        with pytest.raises(Exception, match="no answer"):
            client.tracking.track(NUMBER)

    text = caplog.text
    assert "dhl tracking: GET api-sandbox.dhl.com/track/shipments" in text
    secrets = (
        NUMBER,
        "53113",
        "Ann Ott",
        "Berta",
        fake.api_key,
        fake.api_secret,
        fake.password,
        fake.app_password,
        "fake-token",
    )
    assert [secret for secret in secrets if secret in text] == []


def _moved(postal_code: str) -> ReturnAddress:
    from dataclasses import replace  # noqa: PLC0415

    return replace(ADDRESS, postal_code=postal_code)
