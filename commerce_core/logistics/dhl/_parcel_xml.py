"""The XML of Parcel DE tracking: written and read, with DHL's codes made errors.

Every answer is HTTP 200; ``code="5"`` inside it is the error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from commerce_core.logistics.dhl.errors import (
    DHLAuthenticationError,
    DHLError,
    DHLNotFoundError,
    DHLProtocolError,
    DHLRateLimitedError,
    DHLRejectedError,
    DHLUnavailableError,
    LimitKind,
)
from commerce_core.logistics.dhl.parcel_messages import (
    ParcelEvent,
    ParcelPiece,
    SignatureImage,
    piece_status,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_DATA: Final = frozenset({100, 200})
_CODES: Final = {
    5: (DHLAuthenticationError, "login refused: appname or password is wrong or has expired"),
    6: (DHLRateLimitedError, "too many failed logins: the user is locked for a while"),
    41: (DHLRejectedError, "the check digit of the number is wrong"),
    45: (DHLRejectedError, "no number was given"),
    57: (DHLRejectedError, "the postal code does not fit the parcel"),
    62: (DHLAuthenticationError, "the user lacks the right to track parcels (Verfolgen)"),
    63: (DHLUnavailableError, "DHL's archive of signatures is down"),
    100: (DHLNotFoundError, "DHL knows no such parcel"),
    200: (DHLNotFoundError, "DHL has no electronic data of the parcel"),
}


def write_question(attributes: dict[str, str]) -> str:
    """Return the XML of a question."""
    element = ET.Element("data", attributes)
    text = ET.tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>{text}'


def parse(content: bytes | str, facts: dict[str, Any]) -> ET.Element:
    """Return the root element of an answer.

    Raises:
        DHLProtocolError: it is no XML, or declares entities, which DHL never does.
    """
    data = content.encode() if isinstance(content, str) else content
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise DHLProtocolError("the answer declares entities; it is not DHL's", **facts)
    try:
        root = ET.fromstring(data)  # noqa: S314 - see above
    except (ET.ParseError, ValueError, LookupError) as error:
        raise DHLProtocolError(
            "the answer is no readable XML",
            **facts,
            hint="a proxy or login page answered, or the answer was cut off",
        ) from error
    if root.tag != "data":
        raise DHLProtocolError(f"the answer is <{root.tag}>, not DHL's <data>", **facts)
    return root


def error_in(root: ET.Element, facts: dict[str, Any]) -> DHLError | None:
    """Return the error that an answer carries in its ``code``, or None."""
    raw = (root.get("code") or "0").strip()
    try:
        code = int(raw)
    except ValueError:
        return DHLProtocolError(f"the answer's code is {raw!r}", **facts)
    if code == 0:
        return None
    said = root.get("error") or root.get("error-text") or ""
    kind, meaning = _CODES.get(
        code, (DHLUnavailableError if code < 0 else DHLRejectedError, "a code we do not know")
    )
    fields = facts | {"status": 200, "title": f"code {code}", "detail": said or meaning}
    fields |= {"dhl_code": code, "hint": meaning, "raw": dict(root.attrib)}
    if kind is DHLRateLimitedError:
        fields |= {"kind": LimitKind.SPIKE, "retry_after": 900.0}
    where = f"{facts.get('host', 'DHL')} ({facts.get('environment', '?')})"
    return kind(f"{where}: code {code}: {meaning}. {said}".rstrip(" ."), **fields)


def read_pieces(root: ET.Element) -> tuple[ParcelPiece, ...]:
    """Return the pieces of an answer with their events, oldest event first as DHL sends them."""
    return tuple(_read_piece(element) for element in _named(root, "piece-shipment"))


def read_signatures(root: ET.Element) -> tuple[SignatureImage, ...]:
    """Return the signatures of an answer."""
    return tuple(SignatureImage.read(dict(one.attrib)) for one in _named(root, "signature"))


def _read_piece(element: ET.Element) -> ParcelPiece:
    piece = ParcelPiece.read(dict(element.attrib))
    events = tuple(ParcelEvent.read(dict(one.attrib)) for one in _named(element, "piece-event"))
    values = {
        "ice": piece.ice,
        "ric": piece.ric,
        "standard_event_code": piece.standard_event_code,
        "is_return": piece.is_return,
    }
    return replace(piece, events=events, status=piece_status(values, events))


def _named(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return (one for one in element.iter("data") if one.get("name") == name)
