"""One status for all divisions: read from codes, never from words, and "delivered" only if true."""

from __future__ import annotations

import pytest

from commerce_core.logistics.dhl import ParcelPiece, Shipment, ShipmentStatus
from commerce_core.logistics.dhl._parcel_xml import parse, read_pieces
from commerce_core.logistics.dhl.statuses import (
    INFORMATION,
    MAPPING_VERSION,
    contradicts,
    rows,
    status_of_code,
    status_of_ice,
    status_of_status_code,
)

S = ShipmentStatus


def shipment(service: str, *codes: tuple[str, str], **more: object) -> Shipment:
    """Return a shipment whose events are ``(statusCode, raw code)``, newest first."""
    events = [{"statusCode": coarse, "status": code} for coarse, code in codes]
    return Shipment.read({"service": service, "status": events[0], "events": events} | more)


def test_every_row_of_the_tables_has_a_status_of_ours_and_a_source() -> None:
    known = set(ShipmentStatus) | {INFORMATION}
    codes = list(rows())
    ice = list(rows("ice_codes.csv"))

    assert len(codes) == len({(service, code) for service, code, _, _ in codes}) >= 1_000
    assert len(ice) == len({(i, r, c) for i, r, c, _, _ in ice}) == 338
    assert {row[-2] for row in codes + ice} <= known
    assert all(row[-1] for row in codes + ice)


def test_the_tables_say_their_version() -> None:
    from importlib import resources  # noqa: PLC0415

    for name in ("status_codes.csv", "ice_codes.csv"):
        text = resources.files("commerce_core.logistics.dhl").joinpath(name).read_text()
        assert text.startswith(f"# version {MAPPING_VERSION}\n")


@pytest.mark.parametrize(
    ("service", "code", "expected"),
    [
        ("parcel-de", "VA", S.PRE_TRANSIT),
        ("parcel-de", "PO", S.OUT_FOR_DELIVERY),
        ("parcel-de", "LA", S.READY_FOR_PICKUP),
        ("parcel-de", "ZN", S.ATTEMPT_FAILED),
        ("parcel-de", "ZO", S.CUSTOMS),
        ("parcel-de", "ZU", S.DELIVERED),
        ("parcel-de", "GT", None),
        ("express", "WC", S.OUT_FOR_DELIVERY),
        ("express", "OK", S.DELIVERED),
        ("express", "DD", S.DELIVERED_DAMAGED),
        ("express", "PD", S.PARTIALLY_DELIVERED),
        ("express", "RT", S.RETURNED_TO_SENDER),
        ("express", "DS", S.DISPOSED),
        ("svb", "RETURNED_TO_SENDER", S.RETURNED_TO_SENDER),
        ("svb", "SENT_BACK", S.RETURNING),
        ("parcel-nl", "DESTROYED", S.DISPOSED),
        ("parcel-nl", "DELIVERED_AT_SHIPPER", S.RETURNED_TO_SENDER),
        ("ecommerce", "825", S.DISPOSED),
        ("ecommerce-europe", "366", S.RETURNED_TO_SENDER),
        ("freight", "21-23", S.PARTIALLY_DELIVERED),
        ("parcel-de", "Delivery successful", None),
        ("bluedart", "ZU", None),
    ],
)
def test_codes(service: str, code: str, expected: ShipmentStatus | None) -> None:
    assert status_of_code(service, code) is expected


@pytest.mark.parametrize(
    ("ice", "ric", "code", "expected"),
    [
        ("DLVRD", "ACCPT", "ZU", S.DELIVERED),
        ("DLVRD", "ACCDM", "ZU", S.DELIVERED_DAMAGED),
        ("DLVRD", "ACCSI", "ZU", S.PARTIALLY_DELIVERED),
        ("DSPSD", "NTCLM", "ZU", S.DISPOSED),
        ("DSPSD", "NEVERSEEN", "ZU", S.DISPOSED),
        ("MVARR", "NRQRD", "ZU", S.IN_TRANSIT),
        ("RETRN", "RFUSD", "ZN", S.RETURNING),
        ("OFWRD", "RTSCR", "PO", S.RETURNING),
        ("NEWCODE", "NEW", "PO", S.OUT_FOR_DELIVERY),
        (None, None, "ZU", S.DELIVERED),
        ("NEWCODE", "NEW", "QQ", None),
    ],
)
def test_ice_codes(
    ice: str | None, ric: str | None, code: str, expected: ShipmentStatus | None
) -> None:
    assert status_of_ice(ice, ric, code) is expected


@pytest.mark.parametrize(
    ("coarse", "expected"),
    [
        ("pre-transit", S.PRE_TRANSIT),
        ("transit", S.IN_TRANSIT),
        ("failure", S.EXCEPTION),
        ("unknown", S.UNKNOWN),
        ("delivered", S.DELIVERED),
        ("something new", S.UNKNOWN),
        (None, S.UNKNOWN),
    ],
)
def test_the_coarse_code_is_taken_as_it_is(coarse: str | None, expected: ShipmentStatus) -> None:
    assert status_of_status_code(coarse) is expected


def test_words_are_never_read() -> None:
    words = "The shipment has been successfully delivered"

    assert shipment("parcel-de", ("transit", words)).status is S.IN_TRANSIT
    assert shipment("parcel-de", ("unknown", words)).status is S.UNKNOWN


def test_the_newest_event_is_finer_than_the_head_of_express() -> None:
    events = [{"statusCode": "transit", "status": "WC"}, {"statusCode": "transit", "status": "AR"}]
    body = {"service": "express", "status": {"statusCode": "transit", "status": "102"}}

    assert Shipment.read(body | {"events": events}).status is S.OUT_FOR_DELIVERY


def test_information_changes_no_status() -> None:
    assert shipment("parcel-de", ("unknown", "DD"), ("transit", "PO")).status is S.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([("delivered", "101"), ("delivered", "OK")], S.DELIVERED),
        ([("delivered", "101"), ("failure", "DS")], S.DISPOSED),
        ([("delivered", "101"), ("failure", "RT")], S.RETURNED_TO_SENDER),
        ([("delivered", "OK"), ("failure", "RT"), ("failure", "RD")], S.RETURNED_TO_SENDER),
        ([("delivered", "OK"), ("failure", "DS"), ("failure", "RD")], S.DISPOSED),
        ([("delivered", "DD")], S.DELIVERED_DAMAGED),
    ],
)
def test_delivered_is_not_said_of_what_was_destroyed_or_came_back(
    codes: list[tuple[str, str]], expected: ShipmentStatus
) -> None:
    assert shipment("express", *codes).status is expected


def test_a_parcel_on_its_way_back_is_not_delivered_to_anybody() -> None:
    back = shipment("parcel-de", ("delivered", "ZU"), returnFlag=True)
    moving = shipment("parcel-de", ("transit", "EE"), returnFlag=True)

    assert (back.status, moving.status) == (S.RETURNED_TO_SENDER, S.RETURNING)
    assert back.status_as_return() is S.DELIVERED


def test_dhl_disagreeing_with_itself_is_marked() -> None:
    odd = shipment("express", ("pre-transit", "DELIVERED"))

    assert (odd.status, odd.has_conflict) == (S.PRE_TRANSIT, True)
    assert contradicts(S.DELIVERED, "transit", None)
    assert not contradicts(S.DELIVERED, "delivered", "DELIVERED")
    assert not contradicts(S.OUT_FOR_DELIVERY, "transit", "out for delivery")


def test_a_shipment_without_a_status_is_unknown() -> None:
    assert Shipment.read({"events": [{"statusCode": "delivered"}]}).status is S.UNKNOWN


def piece(attributes: str, events: str = "") -> ParcelPiece:
    xml = f'<data code="0"><data name="piece-shipment" {attributes}>{events}</data></data>'
    return read_pieces(parse(xml, {}))[0]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('ice="DLVRD" ric="ACCPT" standard-event-code="ZU"', S.DELIVERED),
        ('ice="DSPSD" ric="NTCLM" standard-event-code="ZU"', S.DISPOSED),
        (
            'ice="DLVRD" ric="ACCPT" standard-event-code="ZU" ruecksendung="true"',
            S.RETURNED_TO_SENDER,
        ),
        ('standard-event-code="DD"', S.UNKNOWN),
    ],
)
def test_pieces_of_the_xml_api(attributes: str, expected: ShipmentStatus) -> None:
    assert piece(attributes).status is expected


def test_a_piece_whose_head_only_informs_takes_its_newest_event() -> None:
    event = '<data name="piece-event" standard-event-code="PO"/>'

    assert piece('standard-event-code="DD"', event).status is S.OUT_FOR_DELIVERY
