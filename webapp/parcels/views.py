"""What the template of the parcels is given: shipments, their way, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from commerce_core.clock import utc_now
from commerce_core.errors import CommerceError
from commerce_core.logistics.dhl.errors import (
    DHLConfigurationError,
    DHLNotFoundError,
    DHLRateLimitedError,
    LimitKind,
)
from commerce_core.logistics.dhl.statuses import TERMINAL, ShipmentStatus

if TYPE_CHECKING:
    from commerce_core.logistics.dhl import Shipment, TrackingEvent
    from commerce_core.logistics.dhl.budget import Left
    from commerce_core.logistics.dhl.timestamps import Moment
    from webapp.parcels.desk import Found

_S = ShipmentStatus
GLYPHS: Final = {
    # The glyphs of the style sheet; those not named here have their own.
    _S.READY_FOR_PICKUP: "out_for_delivery",
    _S.ATTEMPT_FAILED: "exception",
    _S.CUSTOMS: "in_transit",
    _S.DELIVERED_DAMAGED: "exception",
    _S.RETURNED_TO_SENDER: "returned",
    _S.DISPOSED: "cancelled",
}
TONES: Final = {
    _S.DELIVERED: "good",
    _S.PARTIALLY_DELIVERED: "good",
    _S.OUT_FOR_DELIVERY: "now",
    _S.READY_FOR_PICKUP: "now",
    _S.ATTEMPT_FAILED: "warned",
    _S.CUSTOMS: "warned",
    _S.RETURNING: "warned",
    _S.EXCEPTION: "refused",
    _S.DELIVERED_DAMAGED: "refused",
    _S.DISPOSED: "refused",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One event. ``status`` is None where it only informs; ``said`` are DHL's own words."""

    at: Moment | None
    status: ShipmentStatus | None
    said: str
    place: str
    code: str

    @property
    def tone(self) -> str:
        """Colour of its dot."""
        return TONES.get(self.status, "") if self.status else ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One shipment of the number that was looked up."""

    shipment: Shipment
    steps: list[Step]

    @property
    def glyph(self) -> str:
        """Word by which the style sheet knows the status."""
        return GLYPHS.get(self.shipment.status, self.shipment.status.value)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected to happen."""
        return self.shipment.status in TERMINAL


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no answer. ``kind`` chooses the words; ``until`` says when it may be over."""

    kind: str
    status: int
    detail: str
    hint: str = ""
    reference: str = ""
    until: datetime | None = None


def parcels_of(found: Found) -> list[Parcel]:
    """Return all shipments that the number names, in DHL's order."""
    shipments = found.answer.shipments if found.answer else ()
    return [Parcel(one, [_step(one, event) for event in one.events]) for one in shipments]


def trouble_of(error: CommerceError) -> Trouble:
    """Return what is told about an error, in words that lead somewhere."""
    fields = error.fields
    hint = str(fields.get("hint") or "")
    reference = str(fields.get("correlation_id") or "")
    if isinstance(error, DHLNotFoundError):
        return Trouble("not_found", 200, error.message)
    if isinstance(error, DHLRateLimitedError):
        kind = "day_over" if error.kind is LimitKind.DAY else "too_fast"
        until = utc_now() + timedelta(seconds=error.retry_after)
        return Trouble(kind, 503, error.message, hint, reference, until)
    if isinstance(error, DHLConfigurationError):
        return Trouble("not_connected", 503, error.message, hint)
    if error.code == "dhl_authentication":
        return Trouble("refused", 502, error.message, hint, reference)
    if error.code.startswith("dhl"):
        return Trouble("failed", 502, error.message, hint, reference)
    return Trouble("invalid", 422, error.message)


def page_context(found: Found | None, left: Left | None, trouble: str) -> dict[str, Any]:
    """Return what the page shows. ``trouble`` says why DHL cannot be asked at all."""
    return {
        "found": found,
        "parcels": parcels_of(found) if found else [],
        "problem": trouble_of(found.error) if found and found.error else None,
        "left": left,
        "glyphs": GLYPHS,
        "not_connected": trouble,
    }


def _step(shipment: Shipment, event: TrackingEvent) -> Step:
    from commerce_core.logistics.dhl.shipments import read_event_status  # noqa: PLC0415 - is loaded

    return Step(
        at=event.timestamp,
        status=read_event_status(event, shipment.service),
        said=event.description or event.remark or event.status or "",
        place=str(event.location) if event.location else "",
        code=event.status if event.status and len(event.status) <= 4 else "",  # noqa: PLR2004
    )
