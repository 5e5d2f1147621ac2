"""Reading a stored answer of DHL without asking DHL: what it is, and what we make of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from commerce_core.logistics.dhl import _answers
from commerce_core.logistics.dhl._parcel_xml import error_in, parse, read_pieces, read_signatures
from commerce_core.logistics.dhl.errors import DHLError, DHLProtocolError
from commerce_core.logistics.dhl.push import PushMessage
from commerce_core.logistics.dhl.return_messages import Receiver, ReturnLabel
from commerce_core.logistics.dhl.shipments import Shipment, TrackingAnswer, read_event_status
from commerce_core.logistics.dhl.shipping_messages import BatchResult
from commerce_core.logistics.dhl.statuses import MAPPING_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_core.logistics.dhl.labels import Document
    from commerce_core.logistics.dhl.parcel_messages import ParcelPiece
    from commerce_core.logistics.dhl.timestamps import Moment

_NOWHERE: Final = {"host": "DHL", "environment": "stored", "key_fingerprint": "-", "api": "this"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """``kind`` of an answer and our reading of it, ready for JSON."""

    kind: str
    reading: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return one object with ``kind``."""
        return {"kind": self.kind, "mapping_version": MAPPING_VERSION} | self.reading


def explain(content: bytes) -> Explanation:
    """Return what a stored answer says.

    ``kind`` is tracking, push, return, receivers, shipping, parcel_tracking, signature, version
    or problem.

    Raises:
        DHLProtocolError: it is no answer of DHL that we know.
    """
    stripped = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if stripped.startswith(b"<"):
        return _explain_xml(stripped)
    try:
        body = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        message = "this is neither JSON nor XML that can be read"
        raise DHLProtocolError(message, hint="is the file whole, and an answer of DHL?") from error
    if isinstance(body, list):
        return Explanation("receivers", {"receivers": [_receiver(Receiver.read(r)) for r in body]})
    found = _explain_object(body) if isinstance(body, dict) else None
    if found is None:
        message = "this is JSON, but no answer of DHL that we know"
        raise DHLProtocolError(message, raw=body)
    return found


def _explain_object(body: dict[str, Any]) -> Explanation | None:
    tests: tuple[tuple[bool, Callable[[dict[str, Any]], Explanation]], ...] = (
        (isinstance(body.get("scope"), str), _push),
        ("shipments" in body, _tracking),
        ("shipmentNo" in body or "sstatus" in body, _return),
        (isinstance(body.get("items"), list), _shipping),
        (isinstance(body.get("amp"), dict), _version),
        (bool({"title", "detail", "error"} & body.keys()), _problem),
        (isinstance(body.get("status"), dict), _problem),
    )
    return next((read(body) for applies, read in tests if applies), None)


def _tracking(body: dict[str, Any]) -> Explanation:
    answer = TrackingAnswer.read(body)
    return Explanation(
        "tracking",
        {
            "shipments": [_shipment(one) for one in answer.shipments],
            "next_url": answer.next_url,
            "possible_additional_shipments": list(answer.possible_additional_shipments_urls),
        },
    )


def _push(body: dict[str, Any]) -> Explanation:
    message = PushMessage.read(body)
    return Explanation(
        "push",
        {
            "scope": message.scope,
            "subscription_id": message.subscription_id,
            "shipments": [_shipment(one) for one in message.shipments],
        },
    )


def _shipment(shipment: Shipment) -> dict[str, Any]:
    return {
        "number": shipment.number,
        "service": shipment.service,
        "status": shipment.status.value,
        "raw_status_code": shipment.raw_status_code,
        "raw_status": shipment.raw_status,
        "has_conflict": shipment.has_conflict,
        "estimated_delivery": _moment(shipment.estimated_time_of_delivery),
        "unknown_fields": sorted(shipment.unknown_fields),
        "events": [
            {
                **_at(event.timestamp),
                "status": status.value if status else None,
                "raw_status_code": event.status_code,
                "raw_status": event.status,
                "description": event.description,
                "place": str(event.location) if event.location else None,
            }
            for event in shipment.events
            for status in (read_event_status(event, shipment.service),)
        ],
    }


def _return(body: dict[str, Any]) -> Explanation:
    label = ReturnLabel.read(body)
    return Explanation(
        "return",
        {
            "status": label.status.code if label.status else None,
            "shipment_number": label.shipment_number,
            "international_shipment_number": label.international_shipment_number,
            "routing_code": label.routing_code,
            "label": _document(label.label),
            "qr_label": _document(label.qr_label),
        },
    )


def _shipping(body: dict[str, Any]) -> Explanation:
    result = BatchResult.read(body)
    problems = _answers.problems_of(body)
    return Explanation(
        "shipping",
        {
            "status": result.status.code if result.status else None,
            "detail": result.status.detail if result.status else None,
            "items": [
                {
                    "shipment_number": item.shipment_number,
                    "return_shipment_number": item.return_shipment_number,
                    "done": item.is_done,
                    "reason": item.reason,
                    "label": _document(item.label),
                    "return_label": _document(item.return_label),
                }
                for item in result.items
                if item.property_path is None
            ],
            "problems": [
                {
                    "shipment": problem.index,
                    "field": problem.field,
                    "message": problem.message,
                    "state": problem.state,
                }
                for problem in problems
            ],
        },
    )


def _version(body: dict[str, Any]) -> Explanation:
    return Explanation("version", {"version": body["amp"].get("version")})


def _problem(body: dict[str, Any]) -> Explanation:
    problem = _answers.problem_of(body)
    known = dict(_NOWHERE) | {"title": problem.get("title"), "detail": problem.get("detail")}
    status = _answers.status_in(body)
    error = _answers.error_for(status, known | {"raw": body}) if status else None
    return _problem_of(error, status, known)


def _problem_of(error: DHLError | None, status: int | None, known: dict[str, Any]) -> Explanation:
    return Explanation(
        "problem",
        {
            "status": status,
            "title": known.get("title"),
            "detail": known.get("detail"),
            "error": error.code if error else None,
            "hint": error.hint if error else None,
        },
    )


def _explain_xml(content: bytes) -> Explanation:
    root = parse(content, {})
    error = error_in(root, dict(_NOWHERE))
    if error is not None:
        known = {"title": error.title, "detail": error.detail}
        return _problem_of(error, error.fields.get("dhl_code"), known)
    signatures = read_signatures(root)
    if signatures:
        shown = [
            {
                "number": one.piece_code,
                "date": _moment(one.event_date),
                "media_type": one.media_type.value,
                "bytes": len(one.content),
            }
            for one in signatures
        ]
        return Explanation("signature", {"signatures": shown})
    return Explanation(
        "parcel_tracking", {"shipments": [_piece(piece) for piece in read_pieces(root)]}
    )


def _piece(piece: ParcelPiece) -> dict[str, Any]:
    return {
        "number": piece.piece_code or piece.searched_piece_code,
        "service": "parcel-de",
        "status": piece.status.value,
        "raw_status_code": piece.raw_status_code,
        "raw_status": piece.status_text,
        "ice": piece.ice,
        "ric": piece.ric,
        "is_return": piece.is_return,
        "events": [
            {
                **_at(event.timestamp),
                "status": event.status.value if event.status else None,
                "raw_status_code": event.standard_event_code,
                "raw_status": event.status_text,
                "ice": event.ice,
                "ric": event.ric,
                "place": ", ".join(part for part in (event.location, event.country) if part)
                or None,
            }
            for event in piece.events
        ],
    }


def _receiver(receiver: Receiver) -> dict[str, Any]:
    return {
        "receiver_id": receiver.receiver_id,
        "country": receiver.shipper_country,
        "billing_number": receiver.billing_number,
    }


def _document(document: Document | None) -> dict[str, Any] | None:
    if document is None:
        return None
    return {
        "media_type": document.media_type.value,
        "bytes": len(document.content),
        "complete": document.is_complete,
    }


def _at(moment: Moment | None) -> dict[str, Any]:
    if moment is None:
        return {"at": None, "at_kind": "unreadable", "at_raw": None}
    return {"at": moment.isoformat(), "at_kind": moment.kind.value, "at_raw": moment.raw}


def _moment(moment: Moment | None) -> dict[str, Any] | None:
    return None if moment is None else _at(moment)
