"""Returns and shipping: who takes a return, what crosses a border, and which item failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl import (
    ContactAddress,
    CustomsDetails,
    DHLClient,
    DHLConfigurationError,
    DHLLabelError,
    DHLRejectedError,
    DocFormat,
    EnclosedReturn,
    ItemValue,
    LabelType,
    Locker,
    MediaType,
    ParcelDetails,
    ParcelWeight,
    PrintFormat,
    ReturnAddress,
    ReturnItem,
    ReturnRequest,
    ShipmentOrder,
    ShippingServices,
    Weight,
)
from commerce_core.testing.dhl import FakeDHL, Fault

if TYPE_CHECKING:
    from commerce_core.testing import FrozenClock

ADDRESS = ReturnAddress(
    name1="Ann Ott", street="Hauptstr.", house="1", postal_code="53113", city="Bonn"
)
ITEM = ReturnItem(
    description="Lamp",
    quantity=1,
    weight=Weight(uom="g", value=Decimal(500)),
    value=ItemValue(currency="EUR", value=Decimal("12.99")),
    country_of_origin="DEU",
    hs_code="94051140",
)
CUSTOMS = CustomsDetails(items=(ITEM,))
SENDER = ContactAddress(
    name1="Demo GmbH", street="Lagerstr. 1", postal_code="53113", city="Bonn", country="DEU"
)
ORDER = ShipmentOrder(
    product="V01PAK",
    billing_number="22222222220101",
    shipper=SENDER,
    consignee=replace(SENDER, name1="Max Muster"),
    details=ParcelDetails(weight=ParcelWeight(uom="kg", value=Decimal("1.5"))),
    ref_no="ORDER-0001",
)
WITH_RETURN = replace(
    ORDER,
    services=ShippingServices(enclosed_return=EnclosedReturn(billing_number="22222222220701")),
)
NOWHERE = replace(ORDER, consignee=replace(SENDER, city="Nowhere"))


def asked(fake: FakeDHL) -> httpx.QueryParams:
    return fake.requests[-1].url.params


# --- returns -----------------------------------------------------------------------------------


@pytest.mark.parametrize("country", ["DE", "de", "deu", "DEU"])
def test_the_receiver_is_found_by_country_and_remembered(
    client: DHLClient, fake: FakeDHL, clock: FrozenClock, country: str
) -> None:
    request = ReturnRequest(shipper=ADDRESS, country=country)

    client.returns.create(request)
    client.returns.create(request)
    looked_up = sum(r.url.path.endswith("/locations") for r in fake.requests)
    clock.move(minutes=61)
    client.returns.create(request)

    assert looked_up == 1
    assert sum(r.url.path.endswith("/locations") for r in fake.requests) == 2


def test_no_receiver_or_several_say_what_to_set_up(client: DHLClient, fake: FakeDHL) -> None:
    with pytest.raises(DHLConfigurationError, match="no receiver is set up for returns from pol"):
        client.returns.create(ReturnRequest(shipper=ADDRESS, country="PL"))
    fake.add_receiver("deu", "second")
    with pytest.raises(DHLConfigurationError, match="deu, second"):
        client.returns.create(ReturnRequest(shipper=ADDRESS, country="DE"))
    assert fake.parcels == []


@pytest.mark.parametrize("country", ["CH", "NO", "GB", "UK"])
def test_a_border_needs_customs_items(client: DHLClient, fake: FakeDHL, country: str) -> None:
    bare = ReturnRequest(shipper=ADDRESS, country=country)
    with pytest.raises(InvalidInputError, match="needs customs items"):
        client.returns.create(bare)
    assert fake.requests == []

    label = client.returns.create(replace(bare, customs=CUSTOMS))

    assert label.international_shipment_number
    assert label.label
    assert label.label.media_type is MediaType.PDF


def test_a_country_dhl_does_not_serve_is_refused(client: DHLClient, fake: FakeDHL) -> None:
    with pytest.raises(InvalidInputError, match="no returns from 'US'"):
        client.returns.create(ReturnRequest(shipper=ADDRESS, country="US"))
    with pytest.raises(InvalidInputError, match="receiver_id or a country"):
        client.returns.create(ReturnRequest(shipper=ADDRESS))
    assert fake.requests == []


@pytest.mark.parametrize(
    ("label_type", "has_label", "has_code"),
    [
        (LabelType.SHIPMENT_LABEL, True, False),
        (LabelType.QR_LABEL, False, True),
        (LabelType.BOTH, True, True),
    ],
)
def test_label_types(
    client: DHLClient,
    label_type: LabelType,
    has_label: bool,  # noqa: FBT001
    has_code: bool,  # noqa: FBT001
) -> None:
    label = client.returns.create(
        ReturnRequest(shipper=ADDRESS, receiver_id="deu"), label_type=label_type
    )

    assert (label.label is not None, label.qr_label is not None) == (has_label, has_code)
    for document in (label.label, label.qr_label):
        assert document is None or document.is_complete
    assert label.warnings == ()


def test_dhls_own_bodies_that_break_its_schema_are_sent_and_remarked(
    client: DHLClient, fake: FakeDHL
) -> None:
    """DHL's sandbox prices goods from Norway in NOK and gives an Irish address no postal code."""
    norway = {
        "receiverId": "nor",
        "shipper": {
            "name1": "A",
            "addressStreet": "B",
            "addressHouse": "1",
            "postalCode": "0150",
            "city": "Oslo",
        },
        "itemValue": {"currency": "NOK", "value": 100},
        "customsDetails": {
            "items": [
                {
                    "itemDescription": "x",
                    "packagedQuantity": 1,
                    "itemWeight": {"uom": "kg", "value": 1},
                    "itemValue": {"currency": "NOK", "value": 100},
                }
            ]
        },
    }
    ireland = {
        "receiverId": "irl",
        "shipper": norway["shipper"] | {"postalCode": ""},  # type: ignore[operator]
    }
    fake.add_receiver("irl")

    oslo = client.returns.create(norway)
    dublin = client.returns.create(ireland)

    assert [warning.field for warning in oslo.warnings] == [
        "itemValue.currency",
        "customsDetails.items.itemValue.currency",
    ]
    assert [warning.field for warning in dublin.warnings] == ["shipper.postalCode"]


def test_what_cannot_be_sent_at_all_is_refused(client: DHLClient, fake: FakeDHL) -> None:
    bodies: list[Any] = [{}, {"shipper": {}}, {"shipper": []}, [], "order"]
    for body in bodies:
        with pytest.raises(InvalidInputError):
            client.returns.create(body)
    assert fake.requests == []


def test_fields_without_a_name_here_are_sent_all_the_same(client: DHLClient, fake: FakeDHL) -> None:
    client.returns.create(
        replace(ReturnRequest(shipper=ADDRESS, receiver_id="deu"), extra={"novelty": 1})
    )

    assert b'"novelty": 1' in fake.requests[-1].content


# --- shipping ----------------------------------------------------------------------------------


def test_several_shipments_answer_in_their_order(client: DHLClient) -> None:
    broken = replace(ORDER, details=replace(ORDER.details, extra={"weight": None}))

    result = client.shipping.create([ORDER, broken, NOWHERE])

    assert [item.is_done for item in result.items] == [True, False, True]
    assert [item.index for item in result.failed] == [1]
    assert [(warning.index, warning.field) for warning in result.warnings] == [(2, "consignee")]
    with pytest.raises(DHLRejectedError, match="#1") as caught:
        result.raise_for_failures()
    assert [problem.index for problem in caught.value.problems] == [1]


def test_must_encode_refuses_what_would_be_a_warning(client: DHLClient, fake: FakeDHL) -> None:
    with pytest.raises(DHLRejectedError, match="not codeable") as caught:
        client.shipping.create([NOWHERE], must_encode=True)

    assert caught.value.problems[0].index == 0
    assert caught.value.fields["result"].items[0].reason
    assert fake.labels == {}


def test_schema_errors_name_shipment_and_field(client: DHLClient) -> None:
    wrong = replace(ORDER, consignee=replace(SENDER, country="DE"))

    with pytest.raises(DHLRejectedError) as caught:
        client.shipping.create([ORDER, wrong])

    assert [(p.index, p.field) for p in caught.value.problems] == [(1, "consignee.country")]


@pytest.mark.parametrize("combine", [None, True, False])
def test_a_return_label_is_by_itself_unless_asked_for_otherwise(
    client: DHLClient,
    fake: FakeDHL,
    combine: bool | None,  # noqa: FBT001
) -> None:
    item = client.shipping.create([WITH_RETURN], combine=combine).items[0]

    assert item.return_shipment_number
    assert (item.return_label is not None) == (combine is not True)
    assert asked(fake)["combine"] == str(combine or False).lower()


def test_without_a_return_label_combine_is_left_to_dhl(client: DHLClient, fake: FakeDHL) -> None:
    client.shipping.create([ORDER])

    assert "combine" not in asked(fake)


def test_a_dry_run_makes_nothing(client: DHLClient, fake: FakeDHL) -> None:
    assert client.shipping.create([ORDER], dry_run=True).done
    assert client.shipping.validate([ORDER]).done
    assert asked(fake)["validate"] == "true"
    assert (fake.labels, fake.parcels) == ({}, [])


def test_a_dry_run_may_be_repeated(client: DHLClient, fake: FakeDHL) -> None:
    fake.inject(Fault.TIMEOUT, "/shipping/v2/orders")

    assert client.shipping.validate([ORDER]).done


def test_zpl(client: DHLClient, fake: FakeDHL) -> None:
    item = client.shipping.create(
        [ORDER], doc_format=DocFormat.ZPL2, print_format=PrintFormat.THERMAL_103_199
    ).items[0]

    assert item.label is not None
    assert (item.label.media_type, item.label.is_complete) == (MediaType.ZPL, True)
    assert asked(fake)["printFormat"] == "910-300-600"


def test_links_instead_of_documents(client: DHLClient, fake: FakeDHL) -> None:
    item = client.shipping.create([ORDER], include_docs=False).items[0]

    assert item.label is not None
    assert item.label.content == b""
    assert str(item.label.url) not in repr(item)
    with pytest.raises(InvalidInputError):
        client.shipping.download(replace(item.label, url="https://evil.test/"))


def test_a_wrong_label_keeps_the_shipment(client: DHLClient, fake: FakeDHL) -> None:
    fake.inject(Fault.WRONG_LABEL, "/orders")

    with pytest.raises(DHLLabelError) as caught:
        client.shipping.create([ORDER])

    number = caught.value.result.items[0].shipment_number
    assert number in fake.labels
    assert client.shipping.label([number]).items[0].label


def test_a_failed_cancel_is_not_a_success(client: DHLClient) -> None:
    number = str(client.shipping.create([ORDER]).items[0].shipment_number)

    result = client.shipping.cancel(["0034043333301010000010102", number])

    assert [item.is_done for item in result.items] == [False, True]
    with pytest.raises(DHLRejectedError):
        client.shipping.cancel([number])


def test_after_the_manifest_labels_are_gone(client: DHLClient) -> None:
    number = str(client.shipping.create([ORDER]).items[0].shipment_number)

    assert client.shipping.manifest([number]).done
    with pytest.raises(DHLRejectedError):
        client.shipping.label([number])


@pytest.mark.parametrize("count", [0, 31])
def test_one_call_takes_up_to_thirty(client: DHLClient, fake: FakeDHL, count: int) -> None:
    with pytest.raises(InvalidInputError):
        client.shipping.create([ORDER] * count)
    assert fake.requests == []
    assert len(client.shipping.create([ORDER] * 30).done) == 30


def test_an_answer_with_another_number_of_items_is_uncertain(fake: FakeDHL) -> None:
    body = {"status": {"title": "OK", "statusCode": 200}, "items": []}
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
    client = DHLClient(fake.config(api_secret=None), http)

    with pytest.raises(Exception, match="1 shipments were sent, 0 items came") as caught:
        client.shipping.create([ORDER])
    assert caught.value.code == "dhl_uncertain_outcome"  # type: ignore[attr-defined]


def test_dhls_json_reads_as_what_it_is() -> None:
    locker = {
        "name": "Max",
        "lockerID": "118",
        "postNumber": "1234567",
        "city": "Bonn",
        "postalCode": "53113",
    }
    body = ORDER.as_json() | {"consignee": locker, "shipDate": "2026-02-01"}

    order = ShipmentOrder.from_json(body)

    assert isinstance(order.consignee, Locker)
    assert order.as_json()["consignee"]["lockerID"] == 118
    assert order.ship_date == date(2026, 2, 1)
    assert order.complaints() == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product": "V99"}, "product"),
        ({"ref_no": "short"}, "refNo"),
        ({"consignee": replace(SENDER, name1="x" * 51)}, "consignee.name1"),
    ],
)
def test_what_dhls_specification_says_against_it_is_remarked(
    changes: dict[str, Any], field: str
) -> None:
    assert [one.field for one in replace(ORDER, **changes).complaints()] == [field]
