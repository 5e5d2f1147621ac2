"""The parcels that the fake carries, and how each comes to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

BERLIN: Final = ZoneInfo("Europe/Berlin")
CREATION_DELAY: Final = timedelta(minutes=15)
LIFE: Final = ("VA", "ES", "AA", "EE", "PO", "ZU")
"""What happens to an ordinary parcel in Germany, in DHL's two letters."""
CODES: Final = {
    "VA": ("pre-transit", "Electronic pre advise of a shipment", "PARCV", "NRQRD"),
    "ES": ("transit", "First processed by DHL", "SHRCU", "NRQRD"),
    "AA": ("transit", "Departed from parcel center", "LDTMV", "MVMTV"),
    "EE": ("transit", "Arrived at destination parcel center", "ULFMV", "UNLDD"),
    "PO": ("transit", "In delivery process", "SRTED", "NRQRD"),
    "LA": ("transit", "In storage", "HLDCC", "SERPT"),
    "ZF": ("transit", "Delivery to postal outlet", "CNRFC", "SERPT"),
    "ZN": ("failure", "Delivery attempt not successful", "NTDEL", "NHOME"),
    "BV": ("failure", "Exception", "EXPHD", "OTHER"),
    "ZO": ("transit", "Customs clearance", "ICPRC", "NRQRD"),
    "ZU": ("delivered", "Delivery successful", "DLVRD", "ACCPT"),
}


@dataclass(slots=True)
class FakeEvent:
    """One step: when, which code, where."""

    at: datetime
    code: str
    place: str = "Bonn"
    ice: str = ""
    ric: str = ""


@dataclass(slots=True)
class FakeParcel:
    """A parcel on the fake's shelf. Times are instants; the fake shows them as Berlin's clock."""

    number: str
    created_at: datetime
    service: str = "parcel-de"
    recipient: str = "Max Muster"
    postal_code: str = "53113"
    weight_kg: float = 1.0
    is_return: bool = False
    visible_after: timedelta = CREATION_DELAY
    events: list[FakeEvent] = field(default_factory=list)

    def is_visible(self, now: datetime) -> bool:
        """Return False while DHL does not show the parcel yet."""
        return now >= self.created_at + self.visible_after

    def as_tracking(self, postal_code: str | None) -> dict[str, Any]:
        """Return the shipment as Shipment Tracking - Unified shows it."""
        events = [self._event(event) for event in reversed(self.events)]
        details: dict[str, Any] = {
            "product": {"productName": "DHL PAKET (parcel)"},
            "totalNumberOfPieces": 1,
            "pieceIds": [self.number],
            "weight": {"value": self.weight_kg, "unitText": "kg"},
        }
        if postal_code == self.postal_code:
            details["receiver"] = {"@type": "Person", "name": self.recipient}
        shipment: dict[str, Any] = {
            "id": self.number,
            "service": self.service,
            "origin": {"address": {"countryCode": "DE"}},
            "destination": {"address": {"countryCode": "DE"}},
            "details": details,
            "events": events,
        }
        if events:
            shipment["status"] = events[0]
        if self.is_return:
            shipment["returnFlag"] = True
        return shipment

    def _event(self, event: FakeEvent) -> dict[str, Any]:
        status_code, words, _, _ = CODES[event.code]
        return {
            "timestamp": event.at.astimezone(BERLIN).replace(tzinfo=None).isoformat("T", "seconds"),
            "location": {"address": {"addressLocality": event.place, "countryCode": "DE"}},
            "statusCode": status_code,
            "status": event.code,
            "description": words,
            "remark": words,
        }
