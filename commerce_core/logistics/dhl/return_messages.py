"""What is sent to and read from Parcel DE Returns (API 1.0.9): every field of the specification."""

# ruff: noqa: RUF009 - out() and key() declare fields, as dataclasses.field() does
from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from commerce_core.logistics.dhl.labels import Document
from commerce_core.logistics.dhl.messages import Message, key, one, term, text, whole
from commerce_core.logistics.dhl.payloads import Payload, among, decimal_of, longest, out, within

if TYPE_CHECKING:
    from decimal import Decimal

    from commerce_core.logistics.dhl.errors import Problem


class LabelType(StrEnum):
    """What comes back: a label to print, a code to show at the counter, or both."""

    SHIPMENT_LABEL = "SHIPMENT_LABEL"
    QR_LABEL = "QR_LABEL"
    BOTH = "BOTH"


@dataclass(frozen=True, kw_only=True)
class Weight(Payload):
    """A weight in ``g`` or ``kg``."""

    uom: str = out("uom", among("g", "kg"), default=...)
    value: Decimal = out("value", within("0.001", 31500), of=decimal_of, default=...)


@dataclass(frozen=True, kw_only=True)
class ItemValue(Payload):
    """What goods are worth. DHL's specification knows EUR, GBP and CHF; its sandbox also NOK."""

    currency: str = out("currency", among("EUR", "GBP", "CHF"), default=...)
    value: Decimal = out("value", within(0, 100000), of=decimal_of, default=...)


@dataclass(frozen=True, kw_only=True)
class ReturnAddress(Payload):
    """Who sends the parcel back. There is no country: it follows from the receiver."""

    name1: str = out("name1", longest(50, 1), default=...)
    name2: str | None = out("name2", longest(50))
    name3: str | None = out("name3", longest(50))
    street: str = out("addressStreet", longest(50, 1), default=...)
    house: str = out("addressHouse", longest(10, 1), default=...)
    postal_code: str = out("postalCode", longest(10, 3), default=...)
    city: str = out("city", longest(40, 1), default=...)
    email: str | None = out("email", longest(70, 3))
    phone: str | None = out("phone", longest(20, 1))
    state: str | None = out("state", longest(20))


@dataclass(frozen=True, kw_only=True)
class ReturnItem(Payload):
    """One line of the customs form CN23. ``country_of_origin``: ISO 3166-1 alpha-3, upper case."""

    description: str = out("itemDescription", longest(50), default=...)
    quantity: int = out("packagedQuantity", within(1, 10**9), default=...)
    weight: Weight = out("itemWeight", of=Weight, default=...)
    value: ItemValue = out("itemValue", of=ItemValue, default=...)
    country_of_origin: str | None = out("countryOfOrigin", longest(3, 3))
    hs_code: str | None = out("hsCode", longest(11, 6))


@dataclass(frozen=True, kw_only=True)
class CustomsDetails(Payload):
    """The customs declaration: 1 to 20 items."""

    items: tuple[ReturnItem, ...] = out("items", of=ReturnItem, default=...)


@dataclass(frozen=True, kw_only=True)
class ReturnServices(Payload):
    """Extras of a return."""

    go_green_plus: bool | None = out("goGreenPlus")


@dataclass(frozen=True, kw_only=True)
class ReturnRequest(Payload):
    """A return to be announced.

    ``receiver_id`` names where it goes, as set up in DHL's portal; leave it out and give the
    ``country`` instead, and the receiver for that country is looked up (one call, then cached).
    """

    shipper: ReturnAddress = out("shipper", of=ReturnAddress, default=...)
    receiver_id: str | None = out("receiverId", longest(30, 1))
    customer_reference: str | None = out("customerReference", longest(50))
    shipment_reference: str | None = out("shipmentReference", longest(50))
    creation_software: str | None = out("creationSoftware", longest(35))
    weight: Weight | None = out("itemWeight", of=Weight)
    value: ItemValue | None = out("itemValue", of=ItemValue)
    customs: CustomsDetails | None = out("customsDetails", of=CustomsDetails)
    services: ReturnServices | None = out("services", of=ReturnServices)
    country: str | None = None


@dataclass(frozen=True, kw_only=True)
class AnswerStatus(Message):
    """DHL's own status object. The code sits in ``status`` or in ``statusCode``: see ``code``."""

    title: str | None = key("title", text)
    status: int | None = key("status", whole)
    status_code: int | None = key("statusCode", whole)
    detail: str | None = key("detail", text)
    type: str | None = key("type", text)
    instance: str | None = key("instance", text)

    @property
    def code(self) -> int | None:
        """The status, wherever DHL wrote it."""
        return self.status if self.status is not None else self.status_code


@dataclass(frozen=True, kw_only=True)
class ReturnLabel(Message):
    """A return that DHL has accepted. There is no second chance to fetch it: store it now.

    ``label`` is a PDF, ``qr_label`` an image; with ``QR_LABEL`` there is no ``label``, as
    intended. Track it by ``shipment_number``.
    """

    status: AnswerStatus | None = key("sstatus", one(AnswerStatus))
    shipment_number: str | None = key("shipmentNo", text)
    international_shipment_number: str | None = key("internationalShipmentNo", text)
    label: Document | None = key("label", one(Document))
    qr_label: Document | None = key("qrLabel", one(Document))
    qr_link: str | None = key("qrLink", text)
    routing_code: str | None = key("routingCode", text)
    warnings: tuple[Problem, ...] = ()
    """What DHL's specification has against the order, and documents that look cut off."""


@dataclass(frozen=True, kw_only=True)
class ReceiverAddress(Message):
    """An address of a receiver."""

    name1: str | None = key("name1", text)
    name2: str | None = key("name2", text)
    name3: str | None = key("name3", text)
    street: str | None = key("addressStreet", text)
    house: str | None = key("addressHouse", text)
    postal_code: str | None = key("postalCode", text)
    city: str | None = key("city", text)
    email: str | None = key("email", text)
    phone: str | None = key("phone", text)
    state: str | None = key("state", text)


@dataclass(frozen=True, kw_only=True)
class Receiver(Message):
    """Where returns of a country go, as the shop has set it up in DHL's portal."""

    receiver_id: str | None = key("receiverId", text)
    shipper_country: str | None = key("shipperCountry", term)
    ekp: str | None = key("ekp", text)
    billing_number: str | None = key("billingNumber", text)
    company_name: str | None = key("companyName", text)
    number_range: str | None = key("numberRange", text)
    receiver_address: ReceiverAddress | None = key("receiverAddress", one(ReceiverAddress))
    company_address: ReceiverAddress | None = key("companyAddress", one(ReceiverAddress))
    contact_email: str | None = key("contactEmail", text)
    additional_email_note: str | None = key("additionalEmailNote", text)
    sales_tax_identification_number: str | None = key("salesTaxIdentificationNumber", text)
    court: str | None = key("court", text)
    company_management: str | None = key("companyManagement", text)
