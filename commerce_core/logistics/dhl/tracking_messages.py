"""The answer of Shipment Tracking - Unified (API 1.5.8): every field of DHL's specification."""

# ruff: noqa: RUF009 - key() declares a field, as dataclasses.field() does
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_core.logistics.dhl.messages import (
    Message,
    flag,
    key,
    many,
    number,
    one,
    term,
    text,
    texts,
    whole,
)
from commerce_core.logistics.dhl.timestamps import Moment, read_moment

if TYPE_CHECKING:
    from decimal import Decimal

moment = read_moment


@dataclass(frozen=True, kw_only=True)
class Address(Message):
    """A place, as much of it as DHL shows without the recipient's postal code."""

    locality: str | None = key("addressLocality", text)
    locality_servicing: str | None = key("addressLocalityServicing", text)
    region: str | None = key("addressRegion", text)
    country_code: str | None = key("countryCode", term)
    postal_code: str | None = key("postalCode", text)
    street_address: str | None = key("streetAddress", text)
    address_line: str | None = key("addressLine", text)


@dataclass(frozen=True, kw_only=True)
class ServicePoint(Message):
    """A shop or locker."""

    url: str | None = key("url", text)
    label: str | None = key("label", text)


@dataclass(frozen=True, kw_only=True)
class Place(Message):
    """Where something is: an address, a service point, or both."""

    address: Address | None = key("address", one(Address))
    service_point: ServicePoint | None = key("servicePoint", one(ServicePoint))

    @property
    def country_code(self) -> str | None:
        """The country's ISO 3166-1 alpha-2 code, if DHL says it."""
        return self.address.country_code if self.address else None

    def __str__(self) -> str:
        address, point = self.address, self.service_point
        parts = [point.label] if point and point.label else []
        if address:
            parts += [part for part in (address.postal_code, address.locality) if part]
            country = address.country_code
            if country and not any(country in part for part in parts):
                parts.append(country)
        return ", ".join(parts)


@dataclass(frozen=True, kw_only=True)
class TrackingStatus(Message):
    """What happened last, or once: DHL's words, its coarse code, and our reading of the time."""

    timestamp: Moment | None = key("timestamp", moment, place="location")
    location: Place | None = key("location", one(Place))
    status_code: str | None = key("statusCode", term)
    status: str | None = key("status", text)
    status_detailed: str | None = key("statusDetailed", text)
    description: str | None = key("description", text)
    remark: str | None = key("remark", text)
    next_steps: str | None = key("nextSteps", text)


@dataclass(frozen=True, kw_only=True)
class TrackingEvent(TrackingStatus):
    """One step of the history."""

    piece_ids: tuple[str, ...] = key("pieceIds", texts, ())


@dataclass(frozen=True, kw_only=True)
class DeliveryTimeFrame(Message):
    """The window in which the parcel is expected."""

    estimated_from: Moment | None = key("estimatedFrom", moment)
    estimated_through: Moment | None = key("estimatedThrough", moment)


@dataclass(frozen=True, kw_only=True)
class Product(Message):
    """What was bought from DHL."""

    product_code: str | None = key("productCode", text)
    product_name: str | None = key("productName", text)
    delivery_method_remark: str | None = key("deliveryMethodRemark", text)


@dataclass(frozen=True, kw_only=True)
class Provider(Message):
    """Who delivers in the destination country."""

    destination_provider: str | None = key("destinationProvider", term)


@dataclass(frozen=True, kw_only=True)
class PersonEntity(Message):
    """A person, company or organisation; ``entity_type`` is DHL's ``@type``."""

    entity_type: str | None = key("@type", term)
    family_name: str | None = key("familyName", text)
    given_name: str | None = key("givenName", text)
    name: str | None = key("name", text)
    organization_name: str | None = key("organizationName", text)
    address: Address | None = key("address", one(Address))


@dataclass(frozen=True, kw_only=True)
class ProofOfDelivery(Message):
    """Links to the proof, who signed and when. The links are secrets of the recipient."""

    document_url: str | None = key("documentUrl", text)
    signature_url: str | None = key("signatureUrl", text)
    signed: PersonEntity | None = key("signed", one(PersonEntity))
    timestamp: Moment | None = key("timestamp", moment)


@dataclass(frozen=True, kw_only=True)
class Quantity(Message):
    """A number with its unit."""

    value: Decimal | None = key("value", number)
    unit_text: str | None = key("unitText", text)


@dataclass(frozen=True, kw_only=True)
class Dimensions(Message):
    """Height, length and width."""

    height: Quantity | None = key("height", one(Quantity))
    length: Quantity | None = key("length", one(Quantity))
    width: Quantity | None = key("width", one(Quantity))


@dataclass(frozen=True, kw_only=True)
class Reference(Message):
    """A number by which somebody else knows the shipment."""

    scope: str | None = key("@scope", term)
    number: str | None = key("number", text)
    type: str | None = key("type", term)


@dataclass(frozen=True, kw_only=True)
class ValueAddedService(Message):
    """An extra that was booked."""

    service_type: str | None = key("serviceType", term)
    service_criteria: str | None = key("serviceCriteria", text)
    service_flag: bool | None = key("serviceFlag", flag)


@dataclass(frozen=True, kw_only=True)
class ValueAddedServices(Message):
    """The extras that were booked."""

    services: tuple[ValueAddedService, ...] = key("services", many(ValueAddedService), ())


@dataclass(frozen=True, kw_only=True)
class FreightLocation(Message):
    """A port or airport of DHL Global Forwarding."""

    name: str | None = key("dgf:locationName", text)
    code: str | None = key("dgf:locationCode", text)
    country_code: str | None = key("countryCode", term)


@dataclass(frozen=True, kw_only=True)
class FreightRoute(Message):
    """A leg by sea or air."""

    vessel_name: str | None = key("dgf:vesselName", text)
    voyage_flight_number: str | None = key("dgf:voyageFlightNumber", text)
    airport_of_departure: FreightLocation | None = key(
        "dgf:airportOfDeparture", one(FreightLocation)
    )
    airport_of_destination: FreightLocation | None = key(
        "dgf:airportOfDestination", one(FreightLocation)
    )
    estimated_departure: Moment | None = key("dgf:estimatedDepartureDate", moment)
    estimated_arrival: Moment | None = key("dgf:estimatedArrivalDate", moment)
    place_of_acceptance: FreightLocation | None = key("dgf:placeOfAcceptance", one(FreightLocation))
    port_of_loading: FreightLocation | None = key("dgf:portOfLoading", one(FreightLocation))
    port_of_unloading: FreightLocation | None = key("dgf:portOfUnloading", one(FreightLocation))
    place_of_delivery: FreightLocation | None = key("dgf:placeOfDelivery", one(FreightLocation))


@dataclass(frozen=True, kw_only=True)
class Coordinates(Message):
    """Where a sensor was."""

    lat: Decimal | None = key("lat", number)
    lon: Decimal | None = key("lon", number)


@dataclass(frozen=True, kw_only=True)
class SensorReading(Message):
    """What a sensor measured: humidity, pressure, temperature or tilt."""

    value: str | None = key("value", text)
    unit: str | None = key("unit", term)
    device_id: str | None = key("deviceId", text)


@dataclass(frozen=True, kw_only=True)
class Measurement(Message):
    """Telemetry of one device at one moment."""

    timestamp: Moment | None = key("timestamp", moment)
    device_id: str | None = key("deviceId", text)
    piece_ids: tuple[str, ...] = key("pieceIds", texts, ())
    location: Coordinates | None = key("location", one(Coordinates))
    humidity: SensorReading | None = key("humidity", one(SensorReading))
    pressure: SensorReading | None = key("pressure", one(SensorReading))
    temperature: SensorReading | None = key("temperature", one(SensorReading))
    tilt: SensorReading | None = key("tilt", one(SensorReading))


@dataclass(frozen=True, kw_only=True)
class ShipmentDetails(Message):
    """Everything about the shipment that is not its way."""

    product: Product | None = key("product", one(Product))
    provider: Provider | None = key("provider", one(Provider))
    receiver: PersonEntity | None = key("receiver", one(PersonEntity))
    sender: PersonEntity | None = key("sender", one(PersonEntity))
    carrier: PersonEntity | None = key("carrier", one(PersonEntity))
    shipper: PersonEntity | None = key("shipper", one(PersonEntity))
    consignee: PersonEntity | None = key("consignee", one(PersonEntity))
    proof_of_delivery: ProofOfDelivery | None = key("proofOfDelivery", one(ProofOfDelivery))
    proof_of_delivery_signed_available: bool | None = key("proofOfDeliverySignedAvailable", flag)
    total_number_of_pieces: int | None = key("totalNumberOfPieces", whole)
    piece_ids: tuple[str, ...] = key("pieceIds", texts, ())
    weight: Quantity | None = key("weight", one(Quantity))
    volume: Quantity | None = key("volume", one(Quantity))
    loading_meters: Decimal | None = key("loadingMeters", number)
    dimensions: Dimensions | None = key("dimensions", one(Dimensions))
    references: tuple[Reference, ...] = key("references", many(Reference), ())
    value_added_services: ValueAddedServices | None = key(
        "valueAddedServices", one(ValueAddedServices)
    )
    controlled_data_codes: tuple[str, ...] = key("controlledDataCodes", texts, ())
    shipment_activation_date: Moment | None = key("shipmentActivationDate", moment)
    routes: tuple[FreightRoute, ...] = key("dgf:routes", many(FreightRoute), ())
    telemetry: tuple[Measurement, ...] = key("telemetry", many(Measurement), ())
