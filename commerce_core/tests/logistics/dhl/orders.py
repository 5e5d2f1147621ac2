"""Orders and returns that use every field there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from commerce_core.logistics.dhl import (
    ContactAddress,
    CustomsDetails,
    EnclosedReturn,
    ItemValue,
    Locker,
    ParcelDetails,
    ParcelWeight,
    POBox,
    PostOffice,
    ReturnAddress,
    ReturnItem,
    ReturnRequest,
    ShipmentOrder,
    ShippingServices,
    Weight,
)
from commerce_core.logistics.dhl.return_messages import ReturnServices
from commerce_core.logistics.dhl.shipping_orders import (
    Amount,
    BankAccount,
    CashOnDelivery,
    ExportDeclaration,
    ExportItem,
    IdentCheck,
    ParcelSize,
)

BILLING = "22222222220101"
DOOR = ContactAddress(
    name1="Demo GmbH",
    name2="Versand",
    street="Lagerstr.",
    house="1a",
    additional_information1="Halle 3",
    postal_code="53113",
    city="Bonn",
    state="NRW",
    country="DEU",
    contact_name="Ann Ott",
    phone="+49 228 1",
    email="ann@example.com",
)
SENDER = ContactAddress(
    name1="Demo GmbH", street="Lagerstr. 1", postal_code="53113", city="Bonn", country="DEU"
)
KILO = ParcelWeight(uom="kg", value=Decimal("1.25"))
EURO = Amount(currency="EUR", value=Decimal("12.99"))
PLAIN = ShipmentOrder(
    product="V01PAK",
    billing_number=BILLING,
    shipper=SENDER,
    consignee=DOOR,
    details=ParcelDetails(weight=KILO),
)
RICH = replace(
    PLAIN,
    ref_no="ORDER-0001",
    cost_center="north",
    creation_software="commerce-core",
    ship_date=date(2026, 1, 6),
    details=ParcelDetails(weight=KILO, size=ParcelSize(uom="cm", height=10, length=30, width=20)),
    services=ShippingServices(
        preferred_neighbour="Schmidt",
        preferred_location="Garage",
        visual_check_of_age="A18",
        named_person_only=True,
        ident_check=IdentCheck(
            first_name="Ann", last_name="Ott", date_of_birth=date(1990, 1, 1), minimum_age="A16"
        ),
        signed_for_by_recipient=True,
        endorsement="RETURN",
        preferred_day=date(2026, 1, 9),
        no_neighbour_delivery=True,
        additional_insurance=EURO,
        bulky_goods=True,
        cash_on_delivery=CashOnDelivery(
            transfer_note1="note",
            amount=EURO,
            bank_account=BankAccount(account_holder="Demo", iban="DE02100100100006820101"),
        ),
        individual_sender_requirement="A1",
        premium=True,
        closest_drop_point=False,
        parcel_outlet_routing="ann@example.com",
        go_green_plus=True,
        enclosed_return=EnclosedReturn(
            billing_number="22222222220701", ref_no="RETURN-1", return_address=DOOR
        ),
        postal_delivery_duty_paid=True,
    ),
    customs=ExportDeclaration(
        export_type="COMMERCIAL_GOODS",
        postal_charges=EURO,
        items=(
            ExportItem(
                description="Lamp",
                quantity=2,
                value=EURO,
                weight=KILO,
                country_of_origin="DEU",
                hs_code="94051140",
            ),
        ),
        invoice_no="1",
        shipping_conditions="DAP",
        mrn="1",
        has_electronic_export_notification=False,
    ),
)
PLACES: list[Locker | PostOffice | POBox] = [
    Locker(name="Max", locker_id=118, post_number="1234567", city="Bonn", postal_code="53113"),
    PostOffice(name="Max", retail_id=502, email="m@example.com", city="Bonn", postal_code="53113"),
    POBox(name1="Max", po_box_id=12, city="Bonn", postal_code="53113", country="DEU"),
]
HOME = ReturnAddress(
    name1="Ann Ott",
    name2="2nd floor",
    street="Hauptstr.",
    house="1",
    postal_code="53113",
    city="Bonn",
    email="ann@example.com",
    phone="+49 1",
    state="NRW",
)
RETURN = ReturnRequest(
    shipper=HOME,
    receiver_id="deu",
    customer_reference="C-1",
    shipment_reference="S-1",
    creation_software="commerce-core",
    weight=Weight(uom="g", value=Decimal("1200.2")),
    value=ItemValue(currency="EUR", value=Decimal("1012.99")),
    services=ReturnServices(go_green_plus=True),
)
CUSTOMS = CustomsDetails(
    items=(
        ReturnItem(
            description="Lamp",
            quantity=1,
            weight=Weight(uom="kg", value=Decimal("0.5")),
            value=ItemValue(currency="CHF", value=Decimal(20)),
            country_of_origin="DEU",
            hs_code="94051140",
        ),
    )
)
