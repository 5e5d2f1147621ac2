"""What a customer brings to the checkout, and what of it goes into the order's rows. No writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from commerce_core.catalog.models import Variant
from commerce_core.errors import CurrencyMismatchError, InvalidInputError
from commerce_core.idempotency import fingerprint_of
from commerce_core.inventory.checks import require_quantity
from commerce_core.orders.addresses import checked_address
from commerce_core.orders.amounts import Item, OrderAmounts, Rounding, order_amounts
from commerce_core.orders.errors import PriceChangedError
from commerce_core.orders.models import LineKind
from commerce_core.records import id_of
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from commerce_core.customers.models import Customer
    from commerce_core.money import Money
    from commerce_core.orders.placement_reads import Offer

MAX_LINES: Final = 500


@dataclass(frozen=True, slots=True)
class CheckoutLine:
    """``quantity`` pieces of a variant or kit.

    It is sold at the price in force (``price_of``), in the checkout's channel and currency.
    ``shown_price`` is what the customer saw: another price now is refused. ``price`` is what it is
    sold for whatever the catalog says (an order by hand, or from elsewhere). ``discount`` reduces
    the whole line, before a discount on the order is dealt out.
    """

    variant: Variant
    quantity: int
    shown_price: Money | None = None
    price: Money | None = None
    tax_rate: Decimal = Decimal(0)
    details: Mapping[str, Any] = field(default_factory=dict)
    discount: Money | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """Postage or a fee: part of the order, moves no stock."""

    code: str
    name: str
    amount: Money
    tax_rate: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Checkout:
    """Everything an order is made of. ``number`` None lets the library number it.

    ``currency`` None is that of each variant. ``placed_at`` is given where it was sold before it
    came here: then the prices are those of that moment. ``shipping_address`` is a mapping
    as in ``commerce_core.orders.addresses``.
    """

    lines: Sequence[CheckoutLine]
    charges: Sequence[Charge] = ()
    channel: str = "web"
    number: str | None = None
    customer: Customer | None = None
    shipping_address: Mapping[str, Any] | None = None
    country: str | None = None
    discount: Money | None = None
    is_tax_included: bool = True
    rounding: Rounding = Rounding.LINE
    system: str | None = None
    external_id: str | None = None
    placed_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    currency: str | None = None

    def variant_ids(self) -> list[int]:
        """Return the ids of the variants, line by line.

        Raises:
            InvalidInputError: no lines, more than 500, or something that is no saved variant.
            InvalidQuantityError: a quantity is not a whole number from 1.
        """
        if not 0 < len(self.lines) + len(self.charges) <= MAX_LINES or not self.lines:
            message = f"an order has 1 to {MAX_LINES} lines, not {len(self.lines)}"
            raise InvalidInputError(message, lines=len(self.lines))
        for line in self.lines:
            require_quantity(line.quantity)
        return [id_of(line.variant, Variant) for line in self.lines]

    def fingerprint(self) -> str:
        """Return a digest of the content, by which a repeated key is known to mean the same."""
        told = {} if self.currency is None else {"currency": self.currency}
        return fingerprint_of(
            lines=[
                (line.variant.id, line.quantity, str(line.price), str(line.discount))
                for line in self.lines
            ],
            charges=[(charge.code, str(charge.amount)) for charge in self.charges],
            place=[self.channel, self.number, self.customer.id if self.customer else None],
            address=dict(self.shipping_address or {}),
            discount=str(self.discount),
            **told,
        )

    def address(self) -> dict[str, Any] | None:
        """Return the address as it is stored; raises InvalidAddressError."""
        return None if self.shipping_address is None else checked_address(self.shipping_address)


def prices(checkout: Checkout, offers: Mapping[int, Offer]) -> list[Money]:
    """Return what each line is sold for.

    Raises:
        PriceChangedError: it is not what the customer saw; both prices are in the error.
        CurrencyMismatchError: prices are of two currencies.
    """
    found = []
    for line in checkout.lines:
        offer = offers[line.variant.id]
        price = offer.price if line.price is None else line.price
        if line.shown_price is not None and line.shown_price != price:
            message = f"{offer.sku} was shown at {line.shown_price} and costs {price} now"
            raise PriceChangedError(
                message, sku=offer.sku, shown=str(line.shown_price), now=str(price)
            )
        found.append(price)
    currencies = {price.currency for price in found}
    if len(currencies) > 1:
        message = f"an order has one currency, not {', '.join(sorted(currencies))}"
        raise CurrencyMismatchError(message, currencies=sorted(currencies))
    return found


def amounts(checkout: Checkout, sold_for: Sequence[Money]) -> OrderAmounts:
    """Return what the order costs; errors as in ``order_amounts``."""
    items = [
        Item(line.quantity, price, line.tax_rate, line.discount)
        for line, price in zip(checkout.lines, sold_for, strict=True)
    ]
    items += [Item(1, c.amount, c.tax_rate, is_discounted=False) for c in checkout.charges]
    return order_amounts(
        items,
        currency=sold_for[0].currency,
        discount=checkout.discount,
        is_tax_included=checkout.is_tax_included,
        rounding=checkout.rounding,
    )


def line_rows(
    checkout: Checkout, offers: Mapping[int, Offer], sold_for: Sequence[Money], cost: OrderAmounts
) -> list[dict[str, Any]]:
    """Return the rows of the lines, goods first, but for their ids."""
    rows: list[dict[str, Any]] = []
    for line, price in zip(checkout.lines, sold_for, strict=True):
        offer = offers[line.variant.id]
        rows.append(
            {
                "kind": LineKind.GOODS,
                "variant_id": offer.variant_id,
                "code": offer.sku,
                "name": offer.name,
                "quantity": line.quantity,
                "unit_price": price.amount,
                "tax_rate": line.tax_rate,
                "details": dict(line.details),
            }
        )
    rows += [_charge_row(charge) for charge in checkout.charges]
    for position, (row, amount) in enumerate(zip(rows, cost.lines, strict=True), start=1):
        row |= {"position": position, "discount": amount.discount.amount, "tax": amount.tax.amount}
    return rows


def _charge_row(charge: Charge) -> dict[str, Any]:
    return {
        "kind": LineKind.CHARGE,
        "variant_id": None,
        "code": clean_text(charge.code, name="the charge's code", max_length=64),
        "name": clean_text(charge.name, name="the charge's name", max_length=200),
        "quantity": 1,
        "unit_price": charge.amount.amount,
        "tax_rate": charge.tax_rate,
        "details": {},
    }
