"""The fake's two tracking APIs: Unified (JSON) and Parcel DE (XML)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from commerce_core.logistics.dhl import Service
from commerce_core.testing.dhl.documents import GIF
from commerce_core.testing.dhl.replies import Reply, problem
from commerce_core.testing.dhl.shelf import BERLIN, CODES, FakeEvent, FakeParcel

if TYPE_CHECKING:
    import httpx

    from commerce_core.testing.dhl.fake import FakeDHL

SERVICES: Final = frozenset(Service)
MOST_NUMBERS: Final = 20


def track(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``GET /track/shipments``."""
    params = request.url.params
    number = params.get("trackingNumber", "")
    language, service = params.get("language", "en"), params.get("service")
    if not number:
        return problem(400, "Invalid input", "Input is invalid: trackingNumber is missing")
    if not re.fullmatch(r"[a-z]{2}", language):
        words = f"Input is invalid: Provided language code '{language}' isn't valid according to "
        return problem(400, "Invalid input", words + "'ISO 639-1 alpha-2'")
    if service is not None and service not in SERVICES:
        return problem(400, "Invalid input", f"Input is invalid: unknown service '{service}'")
    found = [
        parcel
        for parcel in fake.parcels
        if parcel.number == number
        and parcel.is_visible(fake.now())
        and (service is None or parcel.service == service)
    ]
    if not found:
        words = "No shipment with given tracking number found."
        return problem(404, "No result found", words)
    postal_code = params.get("recipientPostalCode")
    start, most = int(params.get("offset", 0)), int(params.get("limit", 5))
    page = found[start : start + most]
    body = {
        "url": f"/track/shipments?trackingNumber={number}&offset={start}&limit={most}",
        "shipments": [parcel.as_tracking(postal_code) for parcel in page],
    }
    if start + most < len(found):
        following = f"trackingNumber={number}&offset={start + most}&limit={most}"
        body["nextUrl"] = f"/track/shipments?{following}"
    return Reply(200, body, headers={"content-language": "en"})


def answer_xml(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``GET /parcel/de/tracking/v0/shipments?xml=…``; errors are codes inside a 200."""
    try:
        question = ET.fromstring(request.url.params.get("xml", ""))  # noqa: S314 - our own text
    except ET.ParseError:
        return _xml(ET.Element("data", {"name": "piece-shipment-list", "code": "-3"}))
    right = (fake.app_name, fake.app_password)
    if (question.get("appname"), question.get("password")) != right:
        return _error(5, "Login failed")
    numbers = [code for code in question.get("piece-code", "").split(";") if code]
    if not numbers or len(numbers) > MOST_NUMBERS:
        return _error(45, "no or too many codes")
    parcels = [p for p in fake.parcels if p.number in numbers and p.is_visible(fake.now())]
    if not parcels:
        return _error(100, "No data found")
    if question.get("request") == "d-get-signature":
        return _signature(parcels[0])
    root = ET.Element("data", {"name": "piece-shipment-list", "code": "0"})
    for parcel in parcels:
        _piece(root, parcel)
    return _xml(root)


def _piece(root: ET.Element, parcel: FakeParcel) -> None:
    flag = "true" if parcel.is_return else "false"
    last = parcel.events[-1] if parcel.events else None
    attributes = {
        "name": "piece-shipment",
        "error-status": "0",
        "piece-code": parcel.number,
        "searched-piece-code": parcel.number,
        "product-name": "DHL PAKET (parcel)",
        "shipment-weight": str(parcel.weight_kg),
        "dest-country": "DE",
        "origin-country": "DE",
        "event-country": "DE",
        "ruecksendung": flag,
        "delivery-event-flag": "1" if last and last.code == "ZU" else "0",
    }
    if last:
        attributes |= {"status-timestamp": _clock(last), "status": CODES[last.code][1]}
        attributes |= _codes(last)
    piece = ET.SubElement(root, "data", attributes)
    events = ET.SubElement(piece, "data", {"name": "piece-event-list"})
    for event in parcel.events:
        shown = {
            "name": "piece-event",
            "event-timestamp": _clock(event),
            "event-status": CODES[event.code][1],
            "event-location": event.place,
            "event-country": "Germany",
            "ruecksendung": flag,
        }
        ET.SubElement(events, "data", shown | _codes(event))


def _signature(parcel: FakeParcel) -> Reply:
    delivered = [event for event in parcel.events if event.code == "ZU"]
    if not delivered:
        return _error(100, "No data found")
    root = ET.Element("data", {"name": "signature-list", "code": "0"})
    shown = {
        "name": "signature",
        "searched-piece-code": parcel.number,
        "event-date": _clock(delivered[-1])[:10],
        "mime-type": "image/gif",
        "image": GIF.hex(),
    }
    ET.SubElement(root, "data", shown)
    return _xml(root)


def _codes(event: FakeEvent) -> dict[str, str]:
    _, _, ice, ric = CODES[event.code]
    return {
        "standard-event-code": event.code,
        "ice": event.ice or ice,
        "ric": event.ric or ric,
    }


def _clock(event: FakeEvent) -> str:
    return event.at.astimezone(BERLIN).strftime("%d.%m.%Y %H:%M")


def _error(code: int, words: str) -> Reply:
    attributes = {"name": "piece-shipment-list", "code": str(code), "error": words}
    return _xml(ET.Element("data", attributes))


def _xml(root: ET.Element) -> Reply:
    text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Reply(200, content=text, headers={"content-type": "application/xml;charset=UTF-8"})
