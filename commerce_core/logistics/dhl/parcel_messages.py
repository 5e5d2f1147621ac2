"""What the Parcel DE tracking API (XML) answers: pieces, their ICE/RIC events, signatures."""

# ruff: noqa: RUF009 - key() declares a field, as dataclasses.field() does
from __future__ import annotations

import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_core.logistics.dhl.labels import MediaType, sniff
from commerce_core.logistics.dhl.messages import Message, flag, key, number, text, whole
from commerce_core.logistics.dhl.statuses import (
    MAPPING_VERSION,
    ShipmentStatus,
    status_of_ice,
    turned_back,
)
from commerce_core.logistics.dhl.timestamps import Moment, place_moment, read_moment

if TYPE_CHECKING:
    from decimal import Decimal

_GERMANY = {"DE", "GERMANY", "DEUTSCHLAND"}
"""How the API names the country whose clock its times show."""


def words(value: object) -> str | None:
    """Read a text; the API writes empty attributes for what it does not know."""
    return text(value) or None


@dataclass(frozen=True, kw_only=True)
class ParcelEvent(Message):
    """One step, with DHL's fine codes (ICE event, RIC reason) and the coarse two letters."""

    timestamp: Moment | None = key("event-timestamp", read_moment)
    status_text: str | None = key("event-status", words)
    text: str | None = key("event-text", words)
    short_status: str | None = key("event-short-status", words)
    ice: str | None = key("ice", words)
    ric: str | None = key("ric", words)
    location: str | None = key("event-location", words)
    country: str | None = key("event-country", words)
    standard_event_code: str | None = key("standard-event-code", words)
    is_return: bool | None = key("ruecksendung", flag)
    status: ShipmentStatus | None = None
    """Our reading; None where the event only informs."""

    @classmethod
    def _settle(cls, values: dict[str, Any]) -> None:
        _place(values, "timestamp", "country")
        values["status"] = _status(values)


@dataclass(frozen=True, kw_only=True)
class ParcelPiece(Message):
    """One parcel. ``error_status`` other than 0 says why DHL shows nothing: see ``found``."""

    piece_code: str | None = key("piece-code", words)
    searched_piece_code: str | None = key("searched-piece-code", words)
    searched_reference: str | None = key("searched-ref-no", words)
    piece_id: str | None = key("piece-id", words)
    piece_identifier: str | None = key("piece-identifier", words)
    identifier_type: str | None = key("identifier-type", words)
    error_status: int | None = key("error-status", whole)
    error_text: str | None = key("piece-status-desc", words)
    leitcode: str | None = key("leitcode", words)
    routing_code: str | None = key("routing-code-ean", words)
    matchcode: str | None = key("matchcode", words)
    status_timestamp: Moment | None = key("status-timestamp", read_moment)
    status_text: str | None = key("status", words)
    short_status: str | None = key("short-status", words)
    event_location: str | None = key("event-location", words)
    event_country: str | None = key("event-country", words)
    ice: str | None = key("ice", words)
    ric: str | None = key("ric", words)
    standard_event_code: str | None = key("standard-event-code", words)
    is_delivered: bool | None = key("delivery-event-flag", flag)
    is_return: bool | None = key("ruecksendung", flag)
    recipient_id: str | None = key("recipient-id", words)
    recipient_id_text: str | None = key("recipient-id-text", words)
    recipient_name: str | None = key("recipient-name", words)
    recipient_street: str | None = key("recipient-street", words)
    recipient_city: str | None = key("recipient-city", words)
    planned_recipient_name: str | None = key("pan-recipient-name", words)
    planned_recipient_street: str | None = key("pan-recipient-street", words)
    planned_recipient_city: str | None = key("pan-recipient-city", words)
    planned_recipient_address: str | None = key("pan-recipient-address", words)
    planned_recipient_postal_code: str | None = key("pan-recipient-postalcode", words)
    shipper_name: str | None = key("shipper-name", words)
    shipper_street: str | None = key("shipper-street", words)
    shipper_city: str | None = key("shipper-city", words)
    shipper_address: str | None = key("shipper-address", words)
    product_code: str | None = key("product-code", words)
    product_key: str | None = key("product-key", words)
    product_name: str | None = key("product-name", words)
    shipment_code: str | None = key("shipment-code", words)
    upu: str | None = key("upu", words)
    length: Decimal | None = key("shipment-length", number)
    width: Decimal | None = key("shipment-width", number)
    height: Decimal | None = key("shipment-height", number)
    weight: Decimal | None = key("shipment-weight", number)
    is_international: bool | None = key("international-flag", flag)
    division: str | None = key("division", words)
    origin_country: str | None = key("origin-country", words)
    destination_country: str | None = key("dest-country", words)
    customer_reference: str | None = key("piece-customer-reference", words)
    shipment_reference: str | None = key("shipment-customer-reference", words)
    domestic_id: str | None = key("domestic-id", words)
    airway_bill_number: str | None = key("airway-bill-number", words)
    pslz_number: str | None = key("pslz-nr", words)
    status_list: str | None = key("status-liste", words)
    orders_preferred_day: bool | None = key("order-preferred-delivery-day", flag)
    delivery_date: Moment | None = key("delivery-date", read_moment)
    delivery_timeframe_from: str | None = key("delivery-timeframe-from", words)
    delivery_timeframe_to: str | None = key("delivery-timeframe-to", words)
    events: tuple[ParcelEvent, ...] = ()
    status: ShipmentStatus = ShipmentStatus.UNKNOWN
    mapping_version: str = MAPPING_VERSION

    @classmethod
    def _settle(cls, values: dict[str, Any]) -> None:
        _place(values, "status_timestamp", "event_country")

    @property
    def found(self) -> bool:
        """True if DHL knows the parcel."""
        return self.error_status in (None, 0)

    @property
    def raw_status_code(self) -> str | None:
        """DHL's two letters, as sent."""
        return self.standard_event_code


@dataclass(frozen=True, kw_only=True)
class SignatureImage(Message):
    """The signature of a delivered parcel as an image. It is personal data."""

    piece_code: str | None = key("searched-piece-code", words)
    event_date: Moment | None = key("event-date", read_moment)
    mime_type: str | None = key("mime-type", words)
    content: bytes = field(default=b"", repr=False)
    media_type: MediaType = MediaType.UNKNOWN

    @classmethod
    def _settle(cls, values: dict[str, Any]) -> None:
        try:
            content = binascii.unhexlify("".join(str(values["raw"].get("image", "")).split()))
        except (binascii.Error, ValueError):
            content = b""
        values["content"] = content
        values["media_type"] = sniff(content)


def piece_status(values: dict[str, Any], events: tuple[ParcelEvent, ...]) -> ShipmentStatus:
    """Return the status of a piece: its own codes, else those of its newest event that has any."""
    own = _status(values)
    if own is None or own is ShipmentStatus.UNKNOWN:
        own = next((event.status for event in reversed(events) if event.status), own)
    return own or ShipmentStatus.UNKNOWN


def _status(values: dict[str, Any]) -> ShipmentStatus | None:
    found = status_of_ice(values.get("ice"), values.get("ric"), values.get("standard_event_code"))
    if found is not None and values.get("is_return"):
        return turned_back(found)
    return found


def _place(values: dict[str, Any], name: str, country: str) -> None:
    """Read a time as the German clock where the event was in Germany; elsewhere it stays local."""
    moment = values.get(name)
    if moment is not None:
        code = (values.get(country) or "").strip().upper()
        code = "DE" if code in _GERMANY else code if len(code) == 2 else ""  # noqa: PLR2004
        values[name] = place_moment(moment, code)
