"""The fake's Parcel DE APIs: tokens, returns, shipping."""

from __future__ import annotations

import json
import re
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from commerce_core.testing.dhl.documents import b64, pdf, png, zpl
from commerce_core.testing.dhl.replies import Reply, problem, unauthorized

if TYPE_CHECKING:
    import httpx

    from commerce_core.testing.dhl.fake import FakeDHL

TOKEN_SECONDS: Final = 1799
MOST_SHIPMENTS: Final = 30
_LABEL_TYPES: Final = frozenset({"SHIPMENT_LABEL", "QR_LABEL", "BOTH"})
_BEYOND_CUSTOMS: Final = frozenset({"che", "nor", "gbr"})
_COUNTRY: Final = re.compile(r"[A-Z]{3}")


def make_token(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``POST …/ropc/v1/token``."""
    form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
    if (form.get("client_id"), form.get("client_secret")) != (fake.api_key, fake.api_secret):
        return unauthorized()
    if (form.get("username"), form.get("password")) != (fake.username, fake.password):
        return unauthorized("Authentication failed: User not found or password invalid")
    token = fake.issue_token(TOKEN_SECONDS)
    body = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
    return Reply(200, body)


def create_return(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``POST …/returns/v1/orders``."""
    wanted = request.url.params.get("labelType", "BOTH")
    body = _json(request)
    receiver = next(
        (one for one in fake.receivers if one["receiverId"] == body.get("receiverId")), None
    )
    trouble = _trouble_with_return(wanted, body, receiver)
    if trouble or receiver is None:
        return problem(400, "Bad Request", trouble or "The receiverId is not known.")
    number = fake.next_number("99999")
    fake.add_parcel(number, recipient=receiver["companyName"], is_return=True)
    answer: dict[str, Any] = {
        "sstatus": {"title": "Created", "status": 201, "detail": "Created"},
        "shipmentNo": number,
        "routingCode": f"40327653113+{number}",
    }
    is_german = receiver["shipperCountry"] == "deu"
    if wanted != "QR_LABEL":
        answer["label"] = {"b64": b64(fake.spoil(pdf(f"Return {number}")))}
    if wanted != "SHIPMENT_LABEL" and is_german:
        answer["qrLabel"] = {"b64": b64(fake.spoil(png(number)))}
        answer["qrLink"] = f"https://www.dhl.de/fake/{number}"
    if not is_german:
        answer["internationalShipmentNo"] = f"CZ{number[-9:]}DE"
    return Reply(201, answer)


def _trouble_with_return(
    wanted: str, body: dict[str, Any], receiver: dict[str, Any] | None
) -> str | None:
    """Return what DHL would say against the order, the first thing only, as DHL does."""
    shipper = body.get("shipper") or {}
    country = receiver["shipperCountry"] if receiver else ""
    postal_code = str(shipper.get("postalCode", ""))
    customs = body.get("customsDetails") or {}
    missing = [name for name in ("name1", "addressStreet", "city") if not shipper.get(name)]
    checks = (
        (wanted not in _LABEL_TYPES, f"labelType {wanted[:30]} is not known."),
        (not body.get("receiverId"), "receiverId is mandatory."),
        (bool(missing), f"shipper.{missing[0] if missing else ''} is mandatory."),
        (
            country == "deu" and not re.fullmatch(r"\d{5}", postal_code),
            "Postal code is invalid. Please use 99999 format.",
        ),
        (
            country in _BEYOND_CUSTOMS and not customs.get("items"),
            "Customs details are mandatory.",
        ),
    )
    return next((words for applies, words in checks if applies), None)


def list_receivers(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``GET …/returns/v1/locations``."""
    params = request.url.params
    country = params.get("countryCode")
    if country is not None and not re.fullmatch(r"[a-z]{3}", country):
        return problem(400, "Bad Request", "countryCode is not known.")
    names = (("countryCode", "shipperCountry"), ("receiverId", "receiverId"))
    names += (("billingNumber", "billingNumber"),)  # type: ignore[assignment]
    found = [
        receiver
        for receiver in fake.receivers
        if all(params.get(asked) in (None, receiver[name]) for asked, name in names)
    ]
    return Reply(200, found[: int(params.get("maxResult", 5000))])


def create_shipments(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``POST …/shipping/v2/orders``: 200, 207, or one of DHL's two kinds of 400."""
    params, body = request.url.params, _json(request)
    shipments = body.get("shipments")
    if not isinstance(shipments, list) or not 1 <= len(shipments) <= MOST_SHIPMENTS:
        return _schema_error([("shipments", "1 to 30 shipments are expected.")])
    wrong = [
        (f"shipments[{index}].{party}.country", "Parameter country must be a valid country code.")
        for index, shipment in enumerate(shipments)
        for party in ("shipper", "consignee")
        if not _COUNTRY.fullmatch(str(shipment.get(party, {}).get("country", "DEU")))
    ]
    if wrong:
        return _schema_error(wrong)
    is_dry = params.get("validate") == "true"
    items = [_ship(fake, params, shipment, is_dry=is_dry) for shipment in shipments]
    return _batch(items, "validated OK" if is_dry else "successfully created")


def cancel_shipments(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``DELETE …/shipping/v2/orders``; an unknown number is code 204 inside a 207."""
    if not request.url.params.get("profile"):
        return problem(400, "Bad Request", "profile is mandatory.")
    items = []
    for number in request.url.params.get_list("shipment"):
        known = fake.labels.pop(number, None) is not None
        fake.remove_parcel(number)
        items.append({"shipmentNo": number, "sstatus": _state(200) if known else _state(204)})
    return _batch(items, "successfully canceled")


def show_labels(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``GET …/shipping/v2/orders``."""
    items = []
    for number in request.url.params.get_list("shipment"):
        item: dict[str, Any] = {"shipmentNo": number, "sstatus": _state(204)}
        if number in fake.labels:
            item |= {"sstatus": _state(200)} | _documents(fake, request.url.params, number)
        items.append(item)
    return _batch(items, "successfully retrieved")


def close_day(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``POST …/shipping/v2/manifests``: labels are gone afterwards."""
    body = _json(request)
    wanted = body.get("shipmentNumbers") or list(fake.labels)
    items = []
    for number in wanted:
        known = fake.labels.pop(number, None) is not None
        if known:
            fake.manifested.append((fake.now().astimezone(UTC).date(), number))
        items.append({"shipmentNo": number, "sstatus": _state(200) if known else _state(204)})
    return Reply(207, {"status": _state(207), "items": items})


def _ship(
    fake: FakeDHL, params: httpx.QueryParams, shipment: dict[str, Any], *, is_dry: bool
) -> dict[str, Any]:
    """Make one item: refused, warned about, or made."""
    consignee = shipment.get("consignee", {})
    city = str(consignee.get("city", ""))
    item: dict[str, Any] = {"validationMessages": []}
    if "nowhere" in city.lower():
        words = "The city entered does not match the postcode. The shipment is not codeable."
        item["validationMessages"].append(_remark("consignee", words, "Warning"))
        if is_dry or params.get("mustEncode") == "true":
            return item | {"sstatus": _state(400)}
    if not shipment.get("details", {}).get("weight"):
        item["validationMessages"].append(_remark("details.weight", "is mandatory", "Error"))
        return item | {"sstatus": _state(400)}
    if is_dry:
        return item | {"sstatus": _state(200)}
    number = fake.next_number("00340434")
    name = str(consignee.get("name1") or consignee.get("name") or "")
    code = str(consignee.get("postalCode") or "")
    fake.add_parcel(number, recipient=name, postal_code=code)
    returns = bool(shipment.get("services", {}).get("dhlRetoure"))
    fake.labels[number] = fake.next_number("99999") if returns else ""
    item |= {"shipmentNo": number, "sstatus": _state(200)}
    return item | _documents(fake, params, number)


def _documents(fake: FakeDHL, params: httpx.QueryParams, number: str) -> dict[str, Any]:
    """Return the label, and the return label by itself only with ``combine=false``."""
    found: dict[str, Any] = {"label": _document(fake, params, number)}
    returned = fake.labels[number]
    if returned:
        found["returnShipmentNo"] = returned
        if params.get("combine") == "false":
            found["returnLabel"] = _document(fake, params, returned)
    return found


def _document(fake: FakeDHL, params: httpx.QueryParams, number: str) -> dict[str, str]:
    file_format = params.get("docFormat", "PDF")
    shown = {"fileFormat": file_format, "printFormat": params.get("printFormat", "910-300-710")}
    if params.get("includeDocs") == "URL":
        url = f"https://api-sandbox.dhl.com/parcel/de/shipping/v2/labels?token={number}"
        return shown | {"url": url}
    if file_format == "ZPL2":
        return shown | {"zpl2": fake.spoil(zpl(number).encode()).decode("latin-1")}
    return shown | {"b64": b64(fake.spoil(pdf(f"Label {number}")))}


def _batch(items: list[dict[str, Any]], words: str) -> Reply:
    """Return 200 or 400 for a single shipment, 207 for several, whatever became of them."""
    done = sum(1 for item in items if item["sstatus"]["statusCode"] == 200)  # noqa: PLR2004
    status = 207 if len(items) > 1 else 200 if done else 400
    detail = f"{done} of {len(items)} shipments {words}."
    return Reply(status, {"status": _state(status) | {"detail": detail}, "items": items})


def _state(code: int) -> dict[str, Any]:
    titles = {200: "OK", 204: "UnknownShipmentNumber", 207: "Multi-Status", 400: "Bad Request"}
    return {"title": titles[code], "statusCode": code, "status": code}


def _remark(field: str, words: str, state: str) -> dict[str, str]:
    return {"property": field, "validationMessage": words, "validationState": state}


def _schema_error(items: list[tuple[str, str]]) -> Reply:
    detail = "Your request contained technical errors as listed below."
    shown = [{"propertyPath": path, "message": words} for path, words in items]
    return Reply(400, {"status": _state(400) | {"detail": detail}, "items": shown})


def _json(request: httpx.Request) -> dict[str, Any]:
    try:
        body = json.loads(request.content or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
