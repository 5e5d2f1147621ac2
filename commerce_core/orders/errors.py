"""What can go wrong with an order.

::

    NotFoundError      FulfillmentNotFoundError, PaymentNotFoundError, ReturnNotFoundError
    ConflictError      TransitionRefusedError, QuantityNotLeftError, PriceChangedError,
                       PaymentDeclinedError, PaymentUncertainError, RefundTooLargeError,
                       ReturnNotEligibleError
    InvalidInputError  UnknownTriggerError, UnknownVariantError, InvalidAddressError
"""

from __future__ import annotations

from commerce_core.errors import ConflictError, InvalidInputError, NotFoundError


class FulfillmentNotFoundError(NotFoundError):
    """No fulfillment has this id."""

    code = "fulfillment_not_found"


class PaymentNotFoundError(NotFoundError):
    """No payment of the order has this id."""

    code = "payment_not_found"


class ReturnNotFoundError(NotFoundError):
    """No return has this number or id."""

    code = "return_not_found"


class TransitionRefusedError(ConflictError):
    """The trigger is not allowed now. ``refusal`` names the rule, the message says it in words."""

    code = "transition_refused"
    refusal: str
    trigger: str
    status: str


class QuantityNotLeftError(ConflictError):
    """More was asked for than is left of a line, a fulfillment or a return."""

    code = "quantity_not_left"


class PriceChangedError(ConflictError):
    """A price has changed since the basket was shown, from ``shown`` to ``now``."""

    code = "price_changed"
    sku: str
    shown: str
    now: str


class PaymentDeclinedError(ConflictError):
    """The gateway declined the payment. The order is still pending."""

    code = "payment_declined"


class PaymentUncertainError(ConflictError):
    """Nobody knows whether the money was taken. It is found out later; do not pay again."""

    code = "payment_uncertain"


class RefundTooLargeError(ConflictError):
    """More would go back than was paid and not given back yet."""

    code = "refund_too_large"


class ReturnNotEligibleError(ConflictError):
    """These pieces cannot be sent back. ``refusal`` names the rule."""

    code = "return_not_eligible"
    refusal: str


class UnknownTriggerError(InvalidInputError):
    """There is no such trigger."""

    code = "unknown_trigger"


class UnknownVariantError(InvalidInputError):
    """An order from elsewhere names a SKU that this shop does not have."""

    code = "unknown_variant"


class InvalidAddressError(InvalidInputError):
    """An address lacks what its kind needs."""

    code = "invalid_address"
