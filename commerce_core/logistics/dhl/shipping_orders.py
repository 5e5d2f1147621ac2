"""What is sent to Parcel DE Shipping (API 2.1.13): every field of the specification."""

# ruff: noqa: RUF009 - out() declares a field, as dataclasses.field() does
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from commerce_core.logistics.dhl.payloads import Payload, among, decimal_of, longest, out, within

if TYPE_CHECKING:
    from decimal import Decimal


class DocFormat(StrEnum):
    """The language of labels."""

    PDF = "PDF"
    ZPL2 = "ZPL2"


class PrintFormat(StrEnum):
    """The paper."""

    A4 = "A4"
    THERMAL_103_199 = "910-300-600"
    LASER_105_208 = "910-300-610"
    LASER_105_205 = "910-300-700"
    LASER_105_205_BLANK = "910-300-700-oz"
    LASER_105_209 = "910-300-710"
    LASER_105_148 = "910-300-300"
    LASER_105_148_BLANK = "910-300-300-oz"
    THERMAL_103_150 = "910-300-400"
    LASER_103_150 = "910-300-410"
    SMALL = "100x70mm"


def _date(value: Any) -> date:
    return date.fromisoformat(str(value)[:10])


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelWeight(Payload):
    """A weight in ``g`` or ``kg``, up to 31.5 kg."""

    uom: str = out("uom", among("g", "kg"), default=...)
    value: Decimal = out("value", within(0, 31500), of=decimal_of, default=...)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelSize(Payload):
    """Outer measures in ``cm`` or ``mm``."""

    uom: str = out("uom", among("cm", "mm"), default=...)
    height: int = out("height", default=...)
    length: int = out("length", default=...)
    width: int = out("width", default=...)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount(Payload):
    """Money as DHL's JSON has it."""

    currency: str = out("currency", longest(3, 3), default=...)
    value: Decimal = out("value", of=decimal_of, default=...)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAddress(Payload):
    """A door. ``country`` is ISO 3166-1 alpha-3, upper case."""

    name1: str = out("name1", longest(50, 1), default=...)
    name2: str | None = out("name2", longest(50, 1))
    name3: str | None = out("name3", longest(50, 1))
    dispatching_information: str | None = out("dispatchingInformation", longest(35, 1))
    street: str = out("addressStreet", longest(50, 1), default=...)
    house: str | None = out("addressHouse", longest(10, 1))
    additional_information1: str | None = out("additionalAddressInformation1", longest(60, 1))
    additional_information2: str | None = out("additionalAddressInformation2", longest(60, 1))
    postal_code: str | None = out("postalCode", longest(10, 3))
    city: str = out("city", longest(40, 1), default=...)
    state: str | None = out("state", longest(20, 1))
    country: str = out("country", longest(3, 3), default=...)
    contact_name: str | None = out("contactName", longest(80, 3))
    phone: str | None = out("phone", longest(20, 1))
    email: str | None = out("email", longest(80, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipperReference(Payload):
    """A sender's address kept in DHL's portal."""

    shipper_ref: str = out("shipperRef", longest(50), default=...)


@dataclass(frozen=True, slots=True, kw_only=True)
class Locker(Payload):
    """A Packstation. DHL's specification wants its number as a whole number."""

    name: str = out("name", longest(50, 1), default=...)
    locker_id: int = out("lockerID", within(100, 999), of=int, default=...)
    post_number: str = out("postNumber", longest(10, 6), default=...)
    city: str = out("city", longest(40), default=...)
    postal_code: str = out("postalCode", longest(10, 3), default=...)
    country: str | None = out("country", longest(3, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOffice(Payload):
    """A counter. DHL tells the recipient by e-mail or post number."""

    name: str = out("name", longest(50, 1), default=...)
    retail_id: int = out("retailID", within(401, 999), of=int, default=...)
    post_number: str | None = out("postNumber", longest(10, 3))
    email: str | None = out("email", longest(80, 3))
    city: str = out("city", longest(80), default=...)
    postal_code: str = out("postalCode", longest(10, 3), default=...)
    country: str | None = out("country", longest(3, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class POBox(Payload):
    """A post office box."""

    name1: str = out("name1", longest(50, 1), default=...)
    name2: str | None = out("name2", longest(50, 1))
    name3: str | None = out("name3", longest(50, 1))
    po_box_id: int = out("poBoxID", of=int, default=...)
    email: str | None = out("email", longest(80, 3))
    city: str = out("city", longest(80), default=...)
    postal_code: str = out("postalCode", longest(10, 3), default=...)
    country: str | None = out("country", longest(3, 3))


Consignee = ContactAddress | Locker | PostOffice | POBox


def read_consignee(body: Any) -> Consignee:
    """Read a recipient's JSON as what its fields say it is."""
    for name, kind in (("lockerID", Locker), ("retailID", PostOffice), ("poBoxID", POBox)):
        if isinstance(body, dict) and name in body:
            found: Consignee = kind.from_json(body)
            return found
    return ContactAddress.from_json(body)


def read_shipper(body: Any) -> ContactAddress | ShipperReference:
    """Read a sender's JSON: an address, or the name of one."""
    if isinstance(body, dict) and "shipperRef" in body:
        return ShipperReference.from_json(body)
    return ContactAddress.from_json(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelDetails(Payload):
    """Weight and size."""

    weight: ParcelWeight = out("weight", of=ParcelWeight, default=...)
    size: ParcelSize | None = out("dim", of=ParcelSize)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentCheck(Payload):
    """The person whose passport is looked at."""

    first_name: str = out("firstName", longest(35, 1), default=...)
    last_name: str = out("lastName", longest(35, 1), default=...)
    date_of_birth: date | None = out("dateOfBirth", of=_date)
    minimum_age: str | None = out("minimumAge", among("A16", "A18"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount(Payload):
    """Where collected money goes."""

    account_holder: str = out("accountHolder", longest(80), default=...)
    iban: str = out("iban", longest(34), default=...)
    bank_name: str | None = out("bankName", longest(80))
    bic: str | None = out("bic", longest(11, 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class CashOnDelivery(Payload):
    """Money that the courier collects."""

    transfer_note1: str = out("transferNote1", longest(35), default=...)
    transfer_note2: str | None = out("transferNote2", longest(35))
    amount: Amount | None = out("amount", of=Amount)
    bank_account: BankAccount | None = out("bankAccount", of=BankAccount)
    account_reference: str | None = out("accountReference", longest(35))


@dataclass(frozen=True, slots=True, kw_only=True)
class EnclosedReturn(Payload):
    """A return label made with the shipment; ``billing_number`` is one of procedure 07."""

    billing_number: str = out("billingNumber", longest(14, 14), default=...)
    ref_no: str | None = out("refNo", longest(50, 6))
    return_address: ContactAddress | None = out("returnAddress", of=ContactAddress)
    go_green_plus: bool | None = out("goGreenPlus")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingServices(Payload):
    """Extras. ``enclosed_return`` is DHL's ``dhlRetoure``."""

    preferred_neighbour: str | None = out("preferredNeighbour", longest(100))
    preferred_location: str | None = out("preferredLocation", longest(100))
    visual_check_of_age: str | None = out("visualCheckOfAge", among("A16", "A18"))
    named_person_only: bool | None = out("namedPersonOnly")
    ident_check: IdentCheck | None = out("identCheck", of=IdentCheck)
    signed_for_by_recipient: bool | None = out("signedForByRecipient")
    endorsement: str | None = out("endorsement", among("RETURN", "ABANDON"))
    preferred_day: date | None = out("preferredDay", of=_date)
    no_neighbour_delivery: bool | None = out("noNeighbourDelivery")
    additional_insurance: Amount | None = out("additionalInsurance", of=Amount)
    bulky_goods: bool | None = out("bulkyGoods")
    cash_on_delivery: CashOnDelivery | None = out("cashOnDelivery", of=CashOnDelivery)
    individual_sender_requirement: str | None = out("individualSenderRequirement", longest(2, 2))
    premium: bool | None = out("premium")
    closest_drop_point: bool | None = out("closestDropPoint")
    parcel_outlet_routing: str | None = out("parcelOutletRouting")
    go_green_plus: bool | None = out("goGreenPlus")
    enclosed_return: EnclosedReturn | None = out("dhlRetoure", of=EnclosedReturn)
    postal_delivery_duty_paid: bool | None = out("postalDeliveryDutyPaid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportItem(Payload):
    """One line of the export declaration."""

    description: str = out("itemDescription", longest(256, 1), default=...)
    quantity: int = out("packagedQuantity", default=...)
    value: Amount = out("itemValue", of=Amount, default=...)
    weight: ParcelWeight = out("itemWeight", of=ParcelWeight, default=...)
    country_of_origin: str | None = out("countryOfOrigin", longest(3, 3))
    hs_code: str | None = out("hsCode", longest(11, 6))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDeclaration(Payload):
    """Customs papers of a shipment; up to 99 items."""

    export_type: str = out(
        "exportType",
        among(
            "OTHER",
            "PRESENT",
            "COMMERCIAL_SAMPLE",
            "DOCUMENT",
            "RETURN_OF_GOODS",
            "COMMERCIAL_GOODS",
        ),
        default=...,
    )
    postal_charges: Amount = out("postalCharges", of=Amount, default=...)
    items: tuple[ExportItem, ...] = out("items", of=ExportItem, default=...)
    invoice_no: str | None = out("invoiceNo", longest(35))
    export_description: str | None = out("exportDescription", longest(80))
    shipping_conditions: str | None = out("shippingConditions", among("DAP", "DDP"))
    permit_no: str | None = out("permitNo", longest(30))
    attestation_no: str | None = out("attestationNo", longest(30))
    has_electronic_export_notification: bool | None = out("hasElectronicExportNotification")
    mrn: str | None = out("MRN", longest(18))
    office_of_origin: str | None = out("officeOfOrigin", longest(35))
    shipper_customs_ref: str | None = out("shipperCustomsRef", longest(35))
    consignee_customs_ref: str | None = out("consigneeCustomsRef", longest(35))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentOrder(Payload):
    """A parcel to be sent."""

    product: str = out(
        "product",
        among("V01PAK", "V53WPAK", "V54EPAK", "V62WP", "V62KP", "V66WPI"),
        default=...,
    )
    billing_number: str | None = out("billingNumber", longest(14, 14))
    shipper: ContactAddress | ShipperReference = out("shipper", of=read_shipper, default=...)
    consignee: Consignee = out("consignee", of=read_consignee, default=...)
    details: ParcelDetails = out("details", of=ParcelDetails, default=...)
    ref_no: str | None = out("refNo", longest(35, 8))
    cost_center: str | None = out("costCenter", longest(50))
    creation_software: str | None = out("creationSoftware")
    ship_date: date | None = out("shipDate", of=_date)
    services: ShippingServices | None = out("services", of=ShippingServices)
    customs: ExportDeclaration | None = out("customs", of=ExportDeclaration)

    @property
    def wants_return_label(self) -> bool:
        """True if a return label is to be enclosed."""
        return self.services is not None and self.services.enclosed_return is not None
