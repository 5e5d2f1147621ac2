"""Shipments as tracking knows them: all matches of one number, each with our one status."""

# ruff: noqa: RUF009 - key() declares a field, as dataclasses.field() does
from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from commerce_core.logistics.dhl.errors import AmbiguousShipmentError, DHLNotFoundError
from commerce_core.logistics.dhl.messages import Message, flag, key, many, one, term, text, texts
from commerce_core.logistics.dhl.statuses import (
    ARRIVED,
    MAPPING_VERSION,
    ShipmentStatus,
    codes_of,
    contradicts,
    fine_codes,
    status_of_status_code,
    turned_back,
)
from commerce_core.logistics.dhl.timestamps import Moment, MomentKind, read_moment
from commerce_core.logistics.dhl.tracking_messages import (
    DeliveryTimeFrame,
    Place,
    ShipmentDetails,
    TrackingEvent,
    TrackingStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_GONE = frozenset({ShipmentStatus.DISPOSED, ShipmentStatus.RETURNED_TO_SENDER})


@dataclass(frozen=True, kw_only=True)
class Shipment(Message):
    """One shipment. ``events`` are in DHL's order, newest first; :meth:`history` sorts them.

    ``latest`` is DHL's ``status`` object; our reading of it is :attr:`status`.
    """

    number: str | None = key("id", text)
    service: str | None = key("service", term)
    division: str | None = key("division", text)
    origin: Place | None = key("origin", one(Place))
    destination: Place | None = key("destination", one(Place))
    latest: TrackingStatus | None = key("status", one(TrackingStatus, at_once=True))
    pick_up_date: Moment | None = key("pickUpDate", read_moment, place="origin")
    estimated_time_of_delivery: Moment | None = key(
        "estimatedTimeOfDelivery", read_moment, place="destination"
    )
    agreed_delivery_date: Moment | None = key(
        "agreedDeliveryDate", read_moment, place="destination"
    )
    estimated_delivery_time_frame: DeliveryTimeFrame | None = key(
        "estimatedDeliveryTimeFrame", one(DeliveryTimeFrame)
    )
    estimated_time_of_delivery_remark: str | None = key("estimatedTimeOfDeliveryRemark", text)
    service_url: str | None = key("serviceUrl", text)
    reroute_url: str | None = key("rerouteUrl", text)
    return_flag: bool | None = key("returnFlag", flag)
    details: ShipmentDetails | None = key("details", one(ShipmentDetails))
    events: tuple[TrackingEvent, ...] = key("events", many(TrackingEvent), ())
    status: ShipmentStatus = ShipmentStatus.UNKNOWN
    has_conflict: bool = False
    """DHL's own fields disagree on whether the shipment has arrived: let a person look."""
    mapping_version: str = MAPPING_VERSION

    @classmethod
    def _settle(cls, values: dict[str, Any]) -> None:
        latest = values.get("latest")
        status = _read_status(values)
        values["status"] = status
        if latest is not None:
            values["has_conflict"] = contradicts(status, latest.status_code, latest.status) and (
                status not in _GONE
            )

    @property
    def raw_status_code(self) -> str | None:
        """DHL's coarse ``statusCode``, as sent."""
        return self.latest.status_code if self.latest else None

    @property
    def raw_status(self) -> str | None:
        """DHL's ``status``: a division's code where there is one, else words."""
        return self.latest.status if self.latest else None

    @property
    def signed_by(self) -> str | None:
        """Who signed for it, if DHL says."""
        proof = self.details.proof_of_delivery if self.details else None
        return proof.signed.name if proof and proof.signed else None

    def status_as_return(self) -> ShipmentStatus:
        """Return the status of a shipment that *is* a return: going back is its way, not a turn.

        ``returnFlag`` is set on DHL's own return parcels too; this reading ignores it.
        """
        return _read_status({"service": self.service, "latest": self.latest, "events": self.events})

    def history(self) -> tuple[TrackingEvent, ...]:
        """Return the events oldest first; those whose times cannot be compared keep DHL's order."""
        oldest_first = tuple(reversed(self.events))
        moments = [event.timestamp for event in oldest_first]
        kinds = {moment.kind if moment else MomentKind.UNREADABLE for moment in moments}
        if kinds in ({MomentKind.INSTANT}, {MomentKind.LOCAL}):
            return tuple(sorted(oldest_first, key=_when))
        return oldest_first

    def events_of_piece(self, piece_id: str) -> tuple[TrackingEvent, ...]:
        """Return the events that name the piece, or no piece at all, in DHL's order."""
        return tuple(
            event for event in self.events if not event.piece_ids or piece_id in event.piece_ids
        )


@dataclass(frozen=True, kw_only=True)
class TrackingAnswer(Message):
    """All shipments that one number names, and where DHL suspects more."""

    url: str | None = key("url", text)
    previous_url: str | None = key("prevUrl", text)
    next_url: str | None = key("nextUrl", text)
    first_url: str | None = key("firstUrl", text)
    last_url: str | None = key("lastUrl", text)
    shipments: tuple[Shipment, ...] = key("shipments", many(Shipment), ())
    possible_additional_shipments_urls: tuple[str, ...] = key(
        "possibleAdditionalShipmentsUrl", texts, ()
    )
    number: str | None = None
    language: str | None = None
    """The language DHL answered in (``Content-Language``); the one asked for is a wish."""
    correlation_id: str | None = None

    def pick(self, *, service: str | None = None, reference: str | None = None) -> Shipment:
        """Return the one shipment that fits.

        ``service`` is DHL's name of the division, ``reference`` any reference number in it.

        Raises:
            AmbiguousShipmentError: more than one fits; its ``candidates`` are those that do.
            DHLNotFoundError: none fits.
        """
        fitting = tuple(
            shipment
            for shipment in self.shipments
            if (service is None or shipment.service == service)
            and (reference is None or reference in _references(shipment))
        )
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            raise DHLNotFoundError(
                f"no shipment of {self.number} fits", number=self.number, service=service
            )
        services = ", ".join(sorted({shipment.service or "?" for shipment in fitting}))
        raise AmbiguousShipmentError(
            f"{self.number} names {len(fitting)} shipments ({services})",
            number=self.number,
            candidates=fitting,
            hint="narrow it: pick(service=…), pick(reference=…), or ask with the postal code",
        )


def read_event_status(event: TrackingStatus, service: str | None) -> ShipmentStatus | None:
    """Return what one event says; None if it only informs."""
    codes = codes_of(service)
    for code in (event.status, event.status_detailed):
        if code is not None and code in codes:
            return codes[code]
    return status_of_status_code(event.status_code)


def _read_status(values: dict[str, Any]) -> ShipmentStatus:
    """Apply the rules in order: the division's code, the newest event, what turned back."""
    service: str | None = values.get("service")
    latest: TrackingStatus | None = values.get("latest")
    if latest is None:
        return ShipmentStatus.UNKNOWN
    status = read_event_status(latest, service)
    codes = fine_codes(service)
    said = _said(values.get("events", ()), codes) if codes else []
    if status is None:
        # The newest thing said is information only: the last code before it still holds.
        status = said[0] if said else status_of_status_code(latest.status_code)
    elif said and _code_in(latest, codes) is None and _refines(status, said[0]):
        status = said[0]
    if status in ARRIVED and said:
        status = _where_it_really_went(status, said)
    return turned_back(status) if values.get("return_flag") else status


def _said(
    events: tuple[TrackingEvent, ...], codes: Mapping[str | None, ShipmentStatus]
) -> list[ShipmentStatus]:
    """Return what the codes of the events say, in DHL's order; words say nothing."""
    return [one for event in events if (one := _code_in(event, codes)) is not None]


def _code_in(
    event: TrackingStatus, codes: Mapping[str | None, ShipmentStatus]
) -> ShipmentStatus | None:
    found = codes.get(event.status)
    if found is None and event.status_detailed is not None:
        return codes.get(event.status_detailed)
    return found


def _refines(coarse: ShipmentStatus, fine: ShipmentStatus) -> bool:
    """Return True if ``fine`` is a closer look at ``coarse`` and does not claim an arrival."""
    if coarse in ARRIVED:
        return fine in ARRIVED or fine in _GONE
    return fine not in ARRIVED


def _where_it_really_went(status: ShipmentStatus, said: list[ShipmentStatus]) -> ShipmentStatus:
    """Return the end that "delivered" hides: destroyed, or brought back to the sender."""
    if ShipmentStatus.DISPOSED in said:
        return ShipmentStatus.DISPOSED
    if ShipmentStatus.RETURNED_TO_SENDER in said or ShipmentStatus.RETURNING in said:
        return ShipmentStatus.RETURNED_TO_SENDER
    return status


def _when(event: TrackingEvent) -> datetime:
    moment = event.timestamp
    if moment is None or not isinstance(moment.value, datetime):
        return datetime.min.replace(tzinfo=UTC)
    return moment.value


def _references(shipment: Shipment) -> set[str | None]:
    found: set[str | None] = {shipment.number}
    if shipment.details:
        found.update(reference.number for reference in shipment.details.references)
        found.update(shipment.details.piece_ids)
    return found
