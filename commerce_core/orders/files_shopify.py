"""The column names of Shopify's own order export (Orders → Export, CSV for Excel).

One row for each line item; what belongs to the order stands in its first row only. Postal codes
have an apostrophe before them. "Discount Amount" contains the discounts of the lines.
"""

from __future__ import annotations

from typing import Final

from commerce_core.orders.files import Columns

SHOPIFY: Final = Columns(
    source="shopify",
    order="Name",
    placed_at="Created at",
    sku="Lineitem sku",
    quantity="Lineitem quantity",
    price="Lineitem price",
    external_id="Id",
    currency="Currency",
    name="Lineitem name",
    discount="Lineitem discount",
    email="Email",
    shipping="Shipping",
    order_discount="Discount Amount",
    paid="Financial Status",
    cancelled_at="Cancelled at",
    note="Notes",
    address={
        "name": "Shipping Name",
        "company": "Shipping Company",
        "line1": "Shipping Address1",
        "line2": "Shipping Address2",
        "postal_code": "Shipping Zip",
        "city": "Shipping City",
        "country": "Shipping Country",
        "phone": "Shipping Phone",
    },
    paid_words=frozenset({"paid", "partially_refunded", "refunded"}),
    discount_is_total=True,
)
