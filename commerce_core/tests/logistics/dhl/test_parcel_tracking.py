"""Parcel DE tracking: batches of twenty, errors inside a 200, the image of a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl import (
    DHLAuthenticationError,
    DHLClient,
    DHLConfigurationError,
    DHLError,
    DHLNotFoundError,
    DHLProtocolError,
    DHLUnavailableError,
    MediaType,
    ShipmentStatus,
)

if TYPE_CHECKING:
    from commerce_core.testing import FakeDHL, FrozenClock

NUMBERS = [f"0034043416109401{number:04d}" for number in range(45)]


def answering(fake: FakeDHL, *contents: str) -> DHLClient:
    queue = [httpx.Response(200, text=content) for content in contents]
    http = httpx.Client(transport=httpx.MockTransport(lambda _: queue.pop(0)))
    return DHLClient(fake.config(), http, now=fake.now, sleep=lambda _: None)


def code(value: Any) -> str:
    return f'<data name="piece-shipment-list" code="{value}" error="words"/>'


def test_forty_five_numbers_are_three_calls(
    client: DHLClient, fake: FakeDHL, clock: FrozenClock
) -> None:
    for number in NUMBERS:
        fake.add_parcel(number)
    clock.move(minutes=20)

    pieces = client.parcel_tracking.track([*NUMBERS, NUMBERS[0]])

    assert [piece.piece_code for piece in pieces] == NUMBERS
    assert len(fake.requests) == 3


def test_numbers_dhl_does_not_know_are_missing(
    client: DHLClient, fake: FakeDHL, clock: FrozenClock
) -> None:
    fake.add_parcel(NUMBERS[0])
    clock.move(minutes=20)

    assert len(client.parcel_tracking.track(NUMBERS[:2])) == 1
    with pytest.raises(DHLNotFoundError):
        client.parcel_tracking.track(NUMBERS[1])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (5, "dhl_authentication"),
        (6, "dhl_rate_limited"),
        (41, "dhl_rejected"),
        (57, "dhl_rejected"),
        (62, "dhl_authentication"),
        (63, "dhl_unavailable"),
        (100, "dhl_not_found"),
        (-1000, "dhl_unavailable"),
        (4711, "dhl_rejected"),
        ("x", "dhl_protocol"),
    ],
)
def test_errors_inside_a_200(fake: FakeDHL, value: Any, kind: str) -> None:
    with pytest.raises(DHLError) as caught:
        answering(fake, code(value)).parcel_tracking.track(NUMBERS[0])

    assert caught.value.code == kind


def test_a_wrong_app_password_says_so(fake: FakeDHL) -> None:
    http = httpx.Client(transport=fake.transport())
    client = DHLClient(fake.config(app_password="old"), http, now=fake.now)

    with pytest.raises(DHLAuthenticationError, match="appname or password"):
        client.parcel_tracking.track(NUMBERS[0])


def test_a_batch_that_fails_as_a_whole_is_asked_one_by_one(fake: FakeDHL) -> None:
    one = '<data code="0"><data name="piece-shipment" piece-code="{}"/></data>'
    client = answering(fake, code(-1000), one.format("1"), code(100), one.format("3"))

    pieces = client.parcel_tracking.track(NUMBERS[:3])

    assert [piece.piece_code for piece in pieces] == ["1", "3"]
    with pytest.raises(DHLUnavailableError):
        answering(fake, code(-1000)).parcel_tracking.track(NUMBERS[0])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<data",
        "<html><body/></html>",
        '{"json": true}',
        '<!DOCTYPE data [<!ENTITY a "b">]><data code="0"/>',
    ],
)
def test_what_is_no_xml_of_dhl(fake: FakeDHL, content: str) -> None:
    with pytest.raises(DHLProtocolError):
        answering(fake, content).parcel_tracking.track(NUMBERS[0])


def test_the_signature_is_an_image(client: DHLClient, fake: FakeDHL, clock: FrozenClock) -> None:
    fake.add_parcel(NUMBERS[0])
    clock.move(minutes=20)
    with pytest.raises(DHLNotFoundError):
        client.parcel_tracking.signature(NUMBERS[0])
    fake.advance(NUMBERS[0], "ZU")

    image = client.parcel_tracking.signature(NUMBERS[0])

    assert image.media_type is MediaType.GIF
    assert image.content.startswith(b"GIF89a")


@pytest.mark.parametrize(("image", "kind"), [("", DHLNotFoundError), ("zz", DHLProtocolError)])
def test_a_signature_that_is_none(fake: FakeDHL, image: str, kind: type[DHLError]) -> None:
    content = f'<data code="0"><data name="signature" image="{image}"/></data>'

    with pytest.raises(kind):
        answering(fake, content).parcel_tracking.signature(NUMBERS[0])


def test_a_disposed_parcel_is_not_delivered(
    client: DHLClient, fake: FakeDHL, clock: FrozenClock
) -> None:
    fake.add_parcel(NUMBERS[0])
    clock.move(minutes=20)
    fake.advance(NUMBERS[0], "ZU", ice="DSPSD", ric="NTCLM")

    assert client.parcel_tracking.track(NUMBERS[0])[0].status is ShipmentStatus.DISPOSED


def test_what_it_needs_is_said(client: DHLClient, fake: FakeDHL) -> None:
    bare = DHLClient(fake.config(app_name=None))

    with pytest.raises(DHLConfigurationError):
        bare.parcel_tracking.track(NUMBERS[0])
    with pytest.raises(InvalidInputError):
        client.parcel_tracking.track([])
    with pytest.raises(InvalidInputError):
        client.parcel_tracking.track(NUMBERS[:2], zip_code="53113")
    with pytest.raises(InvalidInputError):
        client.parcel_tracking.track(NUMBERS[0], language="fr")
    bare.close()
    assert fake.requests == []
