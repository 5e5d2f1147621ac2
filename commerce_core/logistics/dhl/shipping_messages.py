"""What Parcel DE Shipping answers, item by item, aligned with what was asked."""

# ruff: noqa: RUF009 - key() declares a field, as dataclasses.field() does
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from commerce_core.logistics.dhl._answers import validation_messages
from commerce_core.logistics.dhl.errors import DHLRejectedError, Problem
from commerce_core.logistics.dhl.labels import Document
from commerce_core.logistics.dhl.messages import Message, key, many, one, text, whole
from commerce_core.logistics.dhl.return_messages import AnswerStatus

_DONE = frozenset({200, 201})
"""An item's own code. 204 is "unknown number" and 206 a backend error, whatever HTTP says."""


@dataclass(frozen=True, kw_only=True)
class ShippingItem(Message):
    """What became of one shipment. ``index`` counts from 0, as the shipments were given.

    ``messages`` are DHL's validation messages: warnings of a success, reasons of a failure. A
    failed item may carry a number all the same.
    """

    status: AnswerStatus | None = key("sstatus", one(AnswerStatus))
    shipment_number: str | None = key("shipmentNo", text)
    return_shipment_number: str | None = key("returnShipmentNo", text)
    reference: str | None = key("shipmentRefNo", text)
    routing_code: str | None = key("routingCode", text)
    return_routing_code: str | None = key("returnRoutingCode", text)
    label: Document | None = key("label", one(Document))
    return_label: Document | None = key("returnLabel", one(Document))
    customs_document: Document | None = key("customsDoc", one(Document))
    cod_label: Document | None = key("codLabel", one(Document))
    sheet_number: str | None = key("sheetNo", text)
    request_index: int | None = key("requestIndex", whole)
    property_path: str | None = key("propertyPath", text)
    message: str | None = key("message", text)
    index: int | None = None
    messages: tuple[Problem, ...] = ()

    @classmethod
    def _settle(cls, values: dict[str, Any]) -> None:
        raw = values["raw"]
        found = validation_messages(raw)
        if values.get("message"):
            where = values.get("property_path") or ""
            found.append(Problem(field=where, message=values["message"], state="Error"))
        values["messages"] = tuple(found)

    @property
    def is_done(self) -> bool:
        """True if DHL did what was asked for this item."""
        return self.status is not None and self.status.code in _DONE

    @property
    def reason(self) -> str:
        """Why it failed, in DHL's words; empty if it did not."""
        if self.is_done:
            return ""
        status = self.status
        parts = [status.detail or status.title or ""] if status else []
        return "; ".join(part for part in [*parts, *map(str, self.messages)] if part)


@dataclass(frozen=True, kw_only=True)
class BatchResult(Message):
    """The answer to several shipments: one item each, in the order they were given."""

    status: AnswerStatus | None = key("status", one(AnswerStatus))
    items: tuple[ShippingItem, ...] = key("items", many(ShippingItem), ())
    complaints: tuple[Problem, ...] = ()
    """What DHL's specification has against the request; DHL may have taken it nevertheless."""

    @property
    def done(self) -> tuple[ShippingItem, ...]:
        """The items that succeeded."""
        return tuple(item for item in self.items if item.is_done)

    @property
    def failed(self) -> tuple[ShippingItem, ...]:
        """The items that did not."""
        return tuple(item for item in self.items if not item.is_done)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What DHL remarks on items that succeeded nevertheless."""
        return tuple(message for item in self.done for message in item.messages)

    def raise_for_failures(self) -> BatchResult:
        """Return the result if all items succeeded.

        Raises:
            DHLRejectedError: at least one did not; ``result`` holds them all.
        """
        if not self.failed:
            return self
        problems = tuple(
            Problem(field=one.field, message=one.message, state=one.state, index=item.index)
            for item in self.failed
            for one in (item.messages or (Problem(message=item.reason),))
        )
        reasons = "; ".join(f"#{item.index}: {item.reason}" for item in self.failed[:5])
        raise DHLRejectedError(
            f"{len(self.failed)} of {len(self.items)} failed: {reasons}",
            problems=problems,
            result=self,
            raw=self.raw,
        )


@dataclass(frozen=True, kw_only=True)
class SheetOfShipment(Message):
    """On which sheet of a manifest a shipment or billing number stands."""

    shipment_number: str | None = key("shipmentNo", text)
    billing_number: str | None = key("billingNumber", text)
    sheet_number: str | None = key("sheetNo", text)
    status: AnswerStatus | None = key("sstatus", one(AnswerStatus))


@dataclass(frozen=True, kw_only=True)
class ManifestDocuments(Message):
    """The day's manifests as documents."""

    status: AnswerStatus | None = key("status", one(AnswerStatus))
    manifest_date: str | None = key("manifestDate", text)
    manifests: tuple[Document, ...] = key("manifest", many(Document), ())
    sheets: tuple[SheetOfShipment, ...] = key("sheetNo", many(SheetOfShipment), ())
    items: tuple[SheetOfShipment, ...] = key("items", many(SheetOfShipment), ())
