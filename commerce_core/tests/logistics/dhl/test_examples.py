"""Every example answer of DHL, read; the results were compared with the raw answers by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from commerce_core.logistics.dhl import DHLClient, DHLError, LabelType, MediaType, TrackingAnswer
from commerce_core.logistics.dhl._returns import check_documents
from commerce_core.logistics.dhl.explain import explain
from commerce_core.logistics.dhl.return_messages import ReturnLabel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from commerce_core.testing import FakeDHL, FrozenClock

TRACKING: dict[str, list[tuple[Any, ...]]] = {
    # number, service, status, DHL's code, first event: at, kind, status; number of events
    "00340434292135100056": [
        ("00340434292135100056", "parcel-de", "pre_transit", "pre-transit",
         "2019-08-06T18:59:00", "local", "pre_transit", 1),
    ],
    "12345678": [
        ("12345678", "dgf", "delivered", "delivered",
         "2019-03-12T00:00:00", "local", "delivered", 5),
    ],
    "3SHM00001165430": [
        ("3SHM00001165430", "parcel-nl", "attempt_failed", "transit",
         "2019-09-03T11:33:05+02:00", "instant", "attempt_failed", 10),
    ],
    "423475729485": [
        ("423475729485", "parcel-de", "delivered", "delivered",
         "2019-08-30T08:59:00", "local", "delivered", 6),
    ],
    "423475729485_full": [
        ("423475729485", "parcel-de", "delivered", "delivered",
         "2019-08-30T08:59:00", "local", "delivered", 6),
    ],
    "7777777770": [
        ("7777777770", "express", "pre_transit", "pre-transit",
         "2018-03-02T07:53:47+00:00", "instant", "pre_transit", 1),
    ],
    "JJD000390005893028175": [
        ("JJD000390005893028175", "parcel-de", "delivered", "delivered",
         "2019-08-10T08:54:00", "local", "delivered", 5),
    ],
    "JJD000390006060575288": [
        ("JJD000390006060575288", "parcel-de", "delivered", "delivered",
         "2019-08-06T08:51:00", "local", "delivered", 5),
    ],
}  # fmt: skip

PROBLEMS = {
    "tracking/bad_input": (400, "dhl_rejected"),
    "tracking/not_found": (404, "dhl_not_found"),
    "tracking/too_many_requests": (429, "dhl_rate_limited"),
    "tracking/unauthorized": (401, "dhl_authentication"),
    "returns/invalidAppToken": (401, "dhl_authentication"),
    "returns/invalidPostcode": (400, "dhl_rejected"),
    "returns/invalidUser": (401, "dhl_authentication"),
}

RETURNS = {
    "returnLabelCustoms": ("999990000005", "CZ550010001CH", "application/pdf", None),
    "returnLabelDomesticBoth": ("999990000001", None, "application/pdf", "image/png"),
    "returnLabelDomesticPdf": ("999990000002", None, "application/pdf", None),
    "returnLabelDomesticQr": ("999990000003", None, None, "image/png"),
    "returnLabelEu": ("999990000004", "3SERS10001001", "application/pdf", None),
}

SHIPPING = {
    # status, done per item, number of problems, of schema errors among them
    "cancelshipment.multiShipmentError": (207, [False, False], 0, 0),
    "cancelshipment.multiShipmentPartialSuccess": (207, [False, True], 0, 0),
    "cancelshipment.multiShipmentSuccess": (207, [True, True], 0, 0),
    "cancelshipment.singleShipmentError": (400, [False], 0, 0),
    "cancelshipment.singleShipmentSuccess": (200, [True], 0, 0),
    "createshipment.multiShipmentPartialError": (207, [True, False], 0, 0),
    "createshipment.multiShipmentPartialSuccess": (207, [True, False], 2, 0),
    "createshipment.multiShipmentSchemaError": (400, [], 5, 5),
    "createshipment.multiShipmentSuccess": (207, [True, True], 0, 0),
    "createshipment.multiShipmentValidationError": (207, [False, False], 4, 0),
    "createshipment.multiShipmentValidationWarning": (207, [True, True], 4, 0),
    "createshipment.singleShipmentSchemaError": (400, [], 2, 2),
    "createshipment.singleShipmentSuccess": (200, [True], 0, 0),
    "createshipment.singleShipmentValidationError": (400, [False], 2, 0),
    "createshipment.singleShipmentValidationWarning": (200, [True], 2, 0),
    "validateshipment.multiShipmentPartialSuccess": (207, [True, False], 2, 0),
    "validateshipment.multiShipmentSchemaError": (400, [], 5, 5),
    "validateshipment.multiShipmentSuccess": (207, [True, True], 0, 0),
    "validateshipment.multiShipmentValidationWarning": (207, [False, False], 4, 0),
    "validateshipment.singleShipmentSchemaError": (400, [], 2, 2),
    "validateshipment.singleShipmentSuccess": (200, [True], 0, 0),
    "validateshipment.singleShipmentValidationWarning": (400, [False], 2, 0),
}


def stored(folder: Path, name: str) -> dict[str, Any]:
    return explain((folder / "examples" / f"{name}.json").read_bytes()).as_json()


@pytest.mark.parametrize("name", TRACKING)
def test_tracking(dhl_data: Path, name: str) -> None:
    reading = stored(dhl_data, f"tracking/{name}")
    found = [
        (
            one["number"],
            one["service"],
            one["status"],
            one["raw_status_code"],
            one["events"][0]["at"],
            one["events"][0]["at_kind"],
            one["events"][0]["status"],
            len(one["events"]),
        )
        for one in reading["shipments"]
    ]

    assert reading["kind"] == "tracking"
    assert found == TRACKING[name]


def test_all_matches_of_one_number_are_there(dhl_data: Path) -> None:
    body = json.loads((dhl_data / "examples/tracking/64888.json").read_bytes())
    answer = TrackingAnswer.read(body)

    assert len(answer.shipments) == len(body["shipments"]) > 1
    assert {one.number for one in answer.shipments} == {"64888"}
    assert len(answer.possible_additional_shipments_urls) == len(
        body["possibleAdditionalShipmentsUrl"]
    )


def test_nothing_in_the_tracking_examples_is_unknown(dhl_data: Path) -> None:
    for path in sorted((dhl_data / "examples/tracking").glob("*.json")):
        answer = TrackingAnswer.read(json.loads(path.read_bytes()))
        for one in answer.shipments:
            assert not one.unknown_fields, path.name
            assert one.details is None or not one.details.unknown_fields, path.name


def test_the_record_that_contradicts_itself_is_marked_and_read(dhl_data: Path) -> None:
    body = json.loads((dhl_data / "examples/tracking/7777777770.json").read_bytes())
    one = TrackingAnswer.read(body).pick()

    assert (one.number, one.has_conflict) == ("7777777770", True)
    assert one.details is not None
    assert [reference.number for reference in one.details.references] == ["YZ3892406173"]
    arrival = one.details.routes[0].estimated_arrival
    assert arrival is not None
    assert (arrival.raw, arrival.value) == ("2017-20-10T09:00:00", None)
    assert one.signed_by == "John"


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems(dhl_data: Path, name: str) -> None:
    reading = stored(dhl_data, name)

    assert (reading["kind"], reading["status"], reading["error"]) == ("problem", *PROBLEMS[name])
    raw = json.loads((dhl_data / "examples" / f"{name}.json").read_bytes())
    assert (reading["title"], reading["detail"]) == (raw["title"], raw["detail"])


@pytest.mark.parametrize("name", RETURNS)
def test_returns(dhl_data: Path, name: str) -> None:
    reading = stored(dhl_data, f"returns/{name}")
    label, code = reading["label"], reading["qr_label"]

    assert reading["kind"] == "return"
    assert (
        reading["shipment_number"],
        reading["international_shipment_number"],
        label and label["media_type"],
        code and code["media_type"],
    ) == RETURNS[name]
    assert reading["status"] == 201


def test_a_qr_code_alone_is_fine_and_cut_off_bytes_are_a_warning(dhl_data: Path) -> None:
    body = json.loads((dhl_data / "examples/returns/returnLabelDomesticQr.json").read_bytes())
    label = check_documents(ReturnLabel.read(body), LabelType.QR_LABEL)

    assert label.label is None
    assert label.qr_label is not None
    assert label.qr_label.media_type is MediaType.PNG
    assert [warning.field for warning in label.warnings] == ["qrLabel"]


@pytest.mark.parametrize("name", SHIPPING)
def test_shipping(dhl_data: Path, name: str) -> None:
    reading = stored(dhl_data, f"shipping/{name}")
    problems = reading["problems"]

    assert reading["kind"] == "shipping"
    assert (
        reading["status"],
        [item["done"] for item in reading["items"]],
        len(problems),
        sum(problem["state"] == "Error" for problem in problems),
    ) == SHIPPING[name]


def test_schema_errors_name_the_shipment_they_are_about(dhl_data: Path) -> None:
    reading = stored(dhl_data, "shipping/createshipment.multiShipmentSchemaError")

    assert sorted((p["shipment"], p["field"]) for p in reading["problems"]) == [
        (0, "consignee.country"),
        (0, "shipper.country"),
        (1, "consignee.country"),
        (1, "services.dhlRetoure.returnAddress.country"),
        (1, "shipper.country"),
    ]


def test_the_xml_examples(dhl_data: Path) -> None:
    detail = explain((dhl_data / "examples/tracking-parcel-de-xml-piece-detail.xml").read_bytes())
    signature = explain((dhl_data / "examples/tracking-parcel-de-xml-signature.xml").read_bytes())
    (one,) = detail.as_json()["shipments"]

    assert (one["number"], one["status"], one["raw_status_code"]) == (
        "00340434161094015902",
        "delivered",
        "ZU",
    )
    assert [(e["at"], e["at_kind"], e["status"], e["ice"]) for e in one["events"]] == [
        ("2016-03-17T11:44:00+01:00", "instant", "in_transit", "SHRCU"),
        ("2016-03-17T13:54:00+01:00", "instant", "in_transit", "LDTMV"),
        ("2016-03-17T13:55:00+01:00", "instant", "in_transit", "PCKDU"),
        ("2016-03-17T15:51:00+01:00", "instant", "in_transit", "LDTMV"),
        ("2016-03-18T03:32:00+01:00", "instant", "in_transit", "ULFMV"),
        ("2016-03-18T09:02:00", "local", "out_for_delivery", "SRTED"),
        ("2016-03-18T10:02:00+01:00", "instant", "delivered", "DLVRD"),
    ]
    assert signature.as_json()["signatures"][0]["media_type"] == "image/gif"


def test_every_example_there_is_can_be_explained(dhl_data: Path) -> None:
    paths = [*dhl_data.glob("examples/**/*.json"), *dhl_data.glob("examples/*.xml")]
    answers = [path for path in paths if "request" not in path.name]

    kinds = {explain(path.read_bytes()).kind for path in answers}

    assert len(answers) >= 40
    assert kinds == {
        "parcel_tracking", "problem", "return", "shipping", "signature", "tracking", "version",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["bad_input", "not_found", "too_many_requests", "unauthorized"])
def test_the_client_raises_what_explain_says(
    dhl_data: Path, name: str, fake: FakeDHL, clock: FrozenClock, sleep: Callable[[float], None]
) -> None:
    content = (dhl_data / f"examples/tracking/{name}.json").read_bytes()
    status = json.loads(content)["status"]
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=content))
    client = DHLClient(fake.config(), httpx.Client(transport=transport), now=clock.now, sleep=sleep)

    with pytest.raises(DHLError) as caught:
        client.tracking.track("00340434161094015902")

    assert caught.value.code == PROBLEMS[f"tracking/{name}"][1]
    assert caught.value.detail == json.loads(content)["detail"]
