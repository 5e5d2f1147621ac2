"""Nothing that DHL may send makes reading fail, and nothing it sends is lost."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.logistics.dhl import (
    AmbiguousShipmentError,
    DHLNotFoundError,
    MomentKind,
    Shipment,
    ShipmentStatus,
    TrackingAnswer,
)
from commerce_core.logistics.dhl.parcel_messages import ParcelEvent, ParcelPiece, SignatureImage
from commerce_core.logistics.dhl.push import PushMessage
from commerce_core.logistics.dhl.return_messages import Receiver, ReturnLabel
from commerce_core.logistics.dhl.shipping_messages import BatchResult, ManifestDocuments
from commerce_core.logistics.dhl.timestamps import read_moment

if TYPE_CHECKING:
    from commerce_core.logistics.dhl.messages import Message

KINDS: list[type[Message]] = [
    TrackingAnswer,
    Shipment,
    ReturnLabel,
    Receiver,
    BatchResult,
    ManifestDocuments,
    PushMessage,
    ParcelPiece,
    ParcelEvent,
    SignatureImage,
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["2026-01-01T10:00:00", "2017-20-10T09:00:00", "ZU", "transit", ""])
)
NAMES = st.sampled_from(
    sorted(
        {
            item.metadata["key"]
            for kind in KINDS
            for item in kind.__dataclass_fields__.values()
            if "key" in item.metadata
        }
        | {"address", "countryCode", "timestamp", "statusCode", "b64", "nobodyKnows"}
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)


@pytest.mark.parametrize("kind", KINDS)
@given(body=JSON)
def test_no_json_makes_a_message_fail(kind: type[Message], body: Any) -> None:
    message = kind.read(body)

    assert message.raw == (body if isinstance(body, dict) else {})
    hash(message)
    repr(message)


@given(text=st.text(max_size=40) | st.integers() | st.floats(), country=st.text(max_size=3))
def test_no_timestamp_makes_reading_fail_and_its_text_is_kept(text: Any, country: str) -> None:
    moment = read_moment(text, country)

    if text == "":
        assert moment is None
    else:
        assert moment is not None
        assert moment.raw == str(text)
        assert (moment.kind is MomentKind.UNREADABLE) == (moment.value is None)


@given(
    moment=st.datetimes(
        min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
        max_value=datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([timezone(timedelta(hours=h)) for h in (-11, -5, 0, 1, 2, 13)]),
    )
)
def test_an_instant_stays_the_instant_it_is(moment: datetime) -> None:
    read = read_moment(moment.isoformat())

    assert read is not None
    assert read.value == moment
    assert read.instant == moment


@pytest.mark.parametrize(
    ("text", "country", "kind", "expected"),
    [
        ("2019-06-03T10:24:00+02:00", None, "instant", "2019-06-03T10:24:00+02:00"),
        ("2018-03-02T07:53:47Z", "NL", "instant", "2018-03-02T07:53:47+00:00"),
        ("2017-06-21T14:07:17+2:00", None, "instant", "2017-06-21T14:07:17+02:00"),
        (
            "2025-11-03T15:27:20.331986369+01:00",
            None,
            "instant",
            "2025-11-03T15:27:20.331986+01:00",
        ),
        ("2019-08-30T08:59:00", "DE", "instant", "2019-08-30T08:59:00+02:00"),
        ("2019-08-30T08:59:00", "UK", "instant", "2019-08-30T08:59:00+01:00"),
        ("2019-08-30T08:59:00", "US", "local", "2019-08-30T08:59:00"),
        ("2019-08-30T08:59:00", None, "local", "2019-08-30T08:59:00"),
        ("2026-10-25T02:30:00", "DE", "local", "2026-10-25T02:30:00"),
        ("2026-03-29T02:30:00", "DE", "local", "2026-03-29T02:30:00"),
        ("2017-06-21", "DE", "date", "2017-06-21"),
        ("17.03.2016 11:44", "DE", "instant", "2016-03-17T11:44:00+01:00"),
        ("2017-20-10T09:00:00", "DE", "unreadable", None),
        ("2026-01-01T25:00:00Z", None, "unreadable", None),
        ("2026-01-01T10:00:00+99:00", None, "unreadable", None),
        ("0001-01-01T00:00:00+14:00", None, "unreadable", None),
        ("9999-12-31T23:59:59-12:00", None, "unreadable", None),
        ("yesterday", None, "unreadable", None),
    ],
)
def test_timestamps(text: str, country: str | None, kind: str, expected: str | None) -> None:
    moment = read_moment(text, country)

    assert moment is not None
    assert (moment.kind.value, moment.isoformat(), moment.raw) == (kind, expected, text)


def test_a_date_is_a_date() -> None:
    moment = read_moment("2017-06-21")

    assert moment is not None
    assert type(moment.value) is date
    assert moment.instant is None


def test_unknown_fields_and_values_survive() -> None:
    body = {"id": 7777777770, "service": "bluedart", "novelty": [1], "status": {"statusCode": "x"}}
    shipment = Shipment.read(body)

    assert (shipment.number, shipment.service) == ("7777777770", "bluedart")
    assert shipment.unknown_fields == {"novelty": [1]}
    assert shipment.status is ShipmentStatus.UNKNOWN
    assert shipment.raw_status_code == "x"
    assert shipment.raw is body


def test_an_object_inside_is_read_once_and_makes_no_difference_to_anything() -> None:
    body = {"id": "1", "origin": {"address": {"countryCode": "DE"}}, "destination": "nowhere"}
    looked_at, fresh = Shipment.read(body), Shipment.read(body)

    assert looked_at.origin is looked_at.origin
    assert looked_at.origin is not None
    assert looked_at.origin.country_code == "DE"
    assert looked_at.destination is None
    assert looked_at == fresh
    assert hash(looked_at) == hash(fresh)
    assert pickle.loads(pickle.dumps(Shipment.read(body))) == looked_at  # noqa: S301 - our own
    assert replace(fresh, number="2").origin == looked_at.origin
    assert Shipment().origin is None


def test_messages_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Shipment.read({}).number = "1"  # type: ignore[misc]


def test_a_number_of_many_digits_is_no_reason_to_fail() -> None:
    body = json.loads('{"id": 1' + "0" * 4000 + "}")

    assert Shipment.read({"details": {"loadingMeters": 10**4299, "weight": body}}).details


# --- several matches -----------------------------------------------------------------------------


def matches(*services: str) -> TrackingAnswer:
    return TrackingAnswer.read(
        {
            "shipments": [
                {
                    "id": "1",
                    "service": service,
                    "details": {"references": [{"type": "housebill", "number": f"R{place}"}]},
                }
                for place, service in enumerate(services)
            ]
        }
    )


def test_one_of_several_is_never_picked_silently() -> None:
    with pytest.raises(AmbiguousShipmentError) as caught:
        matches("express", "freight").pick()
    assert [one.service for one in caught.value.candidates] == ["express", "freight"]


def test_picking_by_service_and_by_reference() -> None:
    answer = matches("express", "freight", "freight")

    assert answer.pick(service="express").service == "express"
    assert answer.pick(reference="R2") is answer.shipments[2]
    with pytest.raises(AmbiguousShipmentError):
        answer.pick(service="freight")
    with pytest.raises(DHLNotFoundError):
        answer.pick(service="svb")


def test_history_is_sorted_where_times_can_be_compared() -> None:
    events = [{"timestamp": text} for text in ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z")]
    mixed = [{"timestamp": text} for text in ("2026-01-03T00:00:00", "2026-01-01T00:00:00Z")]

    sorted_events = Shipment.read({"events": list(reversed(events))}).history()
    kept = Shipment.read({"events": mixed}).history()

    assert [event.timestamp.raw[:10] for event in sorted_events if event.timestamp] == [
        "2026-01-01",
        "2026-01-02",
    ]
    assert [event.raw for event in kept] == list(reversed(mixed))
