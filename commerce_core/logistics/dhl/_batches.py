"""Reading the answers of the shipping API: which item belongs to which shipment, and is it well."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from commerce_core.logistics.dhl import _answers
from commerce_core.logistics.dhl._protocol import Api, Setting
from commerce_core.logistics.dhl.errors import (
    DHLLabelError,
    DHLProtocolError,
    UncertainOutcomeError,
)
from commerce_core.logistics.dhl.labels import Document, MediaType
from commerce_core.logistics.dhl.shipping_messages import BatchResult, ShippingItem
from commerce_core.logistics.dhl.shipping_orders import DocFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

_API: Final = Api.SHIPPING
_TYPES: Final = {DocFormat.PDF: MediaType.PDF, DocFormat.ZPL2: MediaType.ZPL}


def read_batch(response: httpx.Response, setting: Setting, *, created: bool) -> BatchResult:
    """Return the answer's items; a 4xx raises with all problems and, if it has items, a result.

    ``created`` says that a success which cannot be read has done something at DHL.
    """
    config = setting.config
    if response.status_code not in (200, 201, 207):
        error = _answers.error_of(response, config, _API)
        error.fields["result"] = BatchResult.read(error.raw)
        error.result = error.fields["result"]  # type: ignore[attr-defined]
        raise error
    try:
        body = _answers.read_json(response, config, _API)
    except DHLProtocolError as error:
        if not created:
            raise
        raise _unreadable(response, setting) from error
    if not isinstance(body, dict) or not isinstance(body.get("items"), list):
        known = _answers.facts_of(response, config, _API)
        status = _answers.status_in(body)
        if status is not None and status >= 400:  # noqa: PLR2004 - an error inside a success
            raise _answers.error_for(status, known)
        if created:
            raise _unreadable(response, setting)
        raise DHLProtocolError("an answer without items", **known)
    return _numbered(BatchResult.read(body))


def align_by_position(
    result: BatchResult,
    count: int,
    response: httpx.Response,
    setting: Setting,
    *,
    created: bool,
) -> BatchResult:
    """Return the items in the order of the request: DHL answers in it, or says ``requestIndex``."""
    items = result.items
    if len(items) != count:
        known = _answers.facts_of(response, setting.config, _API)
        kind = UncertainOutcomeError if created else DHLProtocolError
        raise kind(f"{count} shipments were sent, {len(items)} items came", result=result, **known)
    indices = [item.request_index for item in items]
    if sorted(index for index in indices if index is not None) == list(range(1, count + 1)):
        items = tuple(sorted(items, key=lambda item: item.request_index or 0))
    return _numbered(replace(result, items=items))


def align_by_number(result: BatchResult, numbers: Sequence[str]) -> BatchResult:
    """Return one item for each number asked about, in that order.

    A number that DHL does not mention is an item without a status: not done.
    """
    left = list(result.items)
    ordered: list[ShippingItem] = []
    for index, number in enumerate(numbers):
        found = next((item for item in left if item.shipment_number == number), None)
        if found is not None:
            left.remove(found)
        else:
            found = ShippingItem(shipment_number=number)
        ordered.append(_at(index, found))
    return replace(result, items=tuple(ordered))


def check_labels(
    result: BatchResult, doc_format: DocFormat | None, setting: Setting
) -> BatchResult:
    """Return the result if every label is there and of the type asked for (None: do not look).

    Raises:
        DHLLabelError: one is not; ``result`` keeps everything.
    """
    if doc_format is None:
        return result
    expected = _TYPES[doc_format]
    trouble = [
        f"#{item.index} {name}: {what}"
        for item in result.done
        for name, document in (("label", item.label), ("returnLabel", item.return_label))
        if (what := _trouble(document, expected, is_needed=name == "label"))
    ]
    if not trouble:
        return result
    raise DHLLabelError(
        f"the shipments exist, but {'; '.join(trouble)}",
        result=result,
        hint="fetch the labels again with label(); do not create the shipments again",
        **_answers.facts(setting.config, _API),
    )


def _trouble(document: Document | None, expected: MediaType, *, is_needed: bool) -> str | None:
    if document is None:
        return "is missing" if is_needed else None
    if document.media_type is expected or (document.url and not document.content):
        return None
    return f"is {document.media_type.value}, not {expected.value}"


def _numbered(result: BatchResult) -> BatchResult:
    return replace(result, items=tuple(_at(index, item) for index, item in enumerate(result.items)))


def _at(index: int, item: ShippingItem) -> ShippingItem:
    messages = tuple(_answers.replace_index(message, index) for message in item.messages)
    return replace(item, index=index, messages=messages)


def _unreadable(response: httpx.Response, setting: Setting) -> UncertainOutcomeError:
    return UncertainOutcomeError(
        "DHL reports success in an answer that cannot be read",
        hint="it was carried out: look at DHL before asking again",
        **_answers.facts_of(response, setting.config, _API),
    )
