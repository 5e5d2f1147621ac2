"""Everything that can go wrong with DHL.

::

    CarrierError
    └── DHLError                          what DHL said, and where we were asking
        ├── DHLConfigurationError         a setting is missing or contradicts another
        ├── DHLAuthenticationError        401 or 403: key, secret, user or product is wrong
        ├── DHLRejectedError              400 or 422: ``problems`` names the fields
        ├── DHLNotFoundError              404 (also a NotFoundError)
        ├── DHLRateLimitedError           429: ``kind`` is spike or day, ``retry_after`` in seconds
        │   └── DHLBudgetExhaustedError   our own ledger said no: nothing was sent
        ├── DHLUnavailableError           5xx, or no connection: DHL did nothing
        ├── DHLTimeoutError               no answer in time to a question that changes nothing
        ├── DHLProtocolError              an answer that is not what the API promises
        │   └── DHLLabelError             a label is not of the type it says; ``result`` keeps it
        ├── UncertainOutcomeError         it may have happened: look before you ask again
        └── AmbiguousShipmentError        one number, several shipments
    InvalidInputError
    └── InvalidTrackingNumberError        refused before a call was spent
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from commerce_core.errors import InvalidInputError, NotFoundError
from commerce_core.logistics.errors import CarrierError


class LimitKind(StrEnum):
    """Which limit was met: too many at once, or the day's quota."""

    SPIKE = "spike"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One complaint of DHL: the field it is about (may be empty), the text, ``Error``/``Warning``.

    ``index`` is the position of the shipment in the request, counted from 0, where DHL tells.
    """

    field: str = ""
    message: str = ""
    state: str = ""
    index: int | None = None

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class DHLError(CarrierError):
    """Base of the DHL errors.

    Attributes: ``title`` and ``detail`` as DHL wrote them, ``status`` (of HTTP, or None),
    ``correlation_id``, ``host``, ``environment``, ``key_fingerprint`` (never the key), ``hint``
    (what an operator should look at), ``raw`` (DHL's body, decoded).
    """

    code = "dhl"

    def __init__(self, message: str, **fields: Any) -> None:
        for name in (
            "title",
            "detail",
            "status",
            "correlation_id",
            "host",
            "environment",
            "key_fingerprint",
            "hint",
            "raw",
        ):
            fields.setdefault(name, None)
        super().__init__(message, **fields)

    title: str | None
    detail: str | None
    status: int | None
    correlation_id: str | None
    host: str | None
    environment: str | None
    key_fingerprint: str | None
    hint: str | None
    raw: Any


class DHLConfigurationError(DHLError):
    """A setting is missing or cannot be right. Nothing was sent."""

    code = "dhl_configuration"


class DHLAuthenticationError(DHLError):
    """DHL does not accept the key, the user, or their combination."""

    code = "dhl_authentication"


class DHLRejectedError(DHLError):
    """DHL understood and refused. ``problems`` is a tuple of :class:`Problem`."""

    code = "dhl_rejected"
    problems: tuple[Problem, ...]

    def __init__(self, message: str, **fields: Any) -> None:
        fields.setdefault("problems", ())
        super().__init__(message, **fields)


class DHLNotFoundError(DHLError, NotFoundError):
    """DHL knows no such shipment (yet: a number appears 10 to 30 minutes after its creation)."""

    code = "dhl_not_found"


class DHLRateLimitedError(DHLError):
    """Too many calls. ``retry_after`` says in how many seconds another can succeed."""

    code = "dhl_rate_limited"
    kind: LimitKind
    retry_after: float


class DHLBudgetExhaustedError(DHLRateLimitedError):
    """Our ledger of the day is full, or its breaker is open: nothing was sent."""

    code = "dhl_budget_exhausted"


class DHLUnavailableError(DHLError):
    """DHL cannot be reached, or is out of order. The request had no effect."""

    code = "dhl_unavailable"


class DHLTimeoutError(DHLError):
    """DHL did not answer in time. The request changes nothing at DHL, so it may be repeated."""

    code = "dhl_timeout"


class DHLProtocolError(DHLError):
    """The answer cannot be read as what this API promises."""

    code = "dhl_protocol"


class DHLLabelError(DHLProtocolError):
    """A label is not of the type it says, or not there. The order exists: see ``result``.

    ``result`` is the answer with its numbers and the bytes as they came; do not order again.
    """

    code = "dhl_label"
    result: Any


class UncertainOutcomeError(DHLError):
    """The request may have been carried out although no answer came. It is never repeated here.

    Look for the result first (the shipment list in DHL's portal, tracking by reference).
    """

    code = "dhl_uncertain_outcome"


class AmbiguousShipmentError(DHLError):
    """One number names several shipments. ``candidates`` holds them all; narrow with ``pick()``."""

    code = "dhl_ambiguous_shipment"
    candidates: tuple[Any, ...]


class InvalidTrackingNumberError(InvalidInputError):
    """The number cannot be one that DHL's API knows. Nothing was sent."""

    code = "invalid_tracking_number"
