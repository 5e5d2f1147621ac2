"""An order as another system knows it: plain facts, before anything of this shop is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from commerce_core.errors import InvalidInputError
from commerce_core.idempotency import fingerprint_of
from commerce_core.orders.amounts import Item, order_amounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from commerce_core.money import Money
    from commerce_core.orders.baskets import Charge


@dataclass(frozen=True, slots=True)
class ExternalLine:
    """Pieces of a SKU as another system sold them. ``discount`` reduces the whole line."""

    sku: str
    quantity: int
    unit_price: Money
    tax_rate: Decimal = Decimal(0)
    discount: Money | None = None


@dataclass(frozen=True, slots=True)
class ExternalOrder:
    """An order as another system knows it.

    ``external_id`` is what that system never changes, ``number`` what people call the order.
    ``discount`` reduces the goods beyond the discounts of the lines; ``charges`` are postage and
    fees; ``paid`` is what came in so far.
    """

    channel: str
    external_id: str
    number: str
    placed_at: datetime
    lines: Sequence[ExternalLine]
    charges: Sequence[Charge] = ()
    shipping_address: Mapping[str, Any] | None = None
    email: str | None = None
    paid: Money | None = None
    discount: Money | None = None
    is_cancelled: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)

    def total(self) -> Money:
        """Return what the order costs, tax included.

        Raises:
            InvalidInputError, InvalidMoneyError: no lines, or a discount larger than the goods.
            CurrencyMismatchError: the amounts are of two currencies.
        """
        if not self.lines:
            raise InvalidInputError("an order needs lines", external_id=self.external_id)
        goods = [Item(x.quantity, x.unit_price, x.tax_rate, x.discount) for x in self.lines]
        charges = [Item(1, x.amount, x.tax_rate, is_discounted=False) for x in self.charges]
        currency = self.lines[0].unit_price.currency
        return order_amounts([*goods, *charges], currency=currency, discount=self.discount).total

    def fingerprint(self) -> str:
        """Return a digest of all that is said of the order; a later edit there gives another."""
        return fingerprint_of(
            lines=[
                (x.sku, x.quantity, str(x.unit_price), str(x.tax_rate), str(x.discount))
                for x in self.lines
            ],
            charges=[(x.code, str(x.amount), str(x.tax_rate)) for x in self.charges],
            address=None if self.shipping_address is None else dict(self.shipping_address),
            money=[str(self.paid), str(self.discount)],
            is_cancelled=self.is_cancelled,
        )
