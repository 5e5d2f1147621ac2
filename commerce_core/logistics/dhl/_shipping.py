"""Parcel DE Shipping (API 2.1.13): labels, dry runs, cancelling, manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import httpx

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl import _answers
from commerce_core.logistics.dhl._authorised import Params, ask
from commerce_core.logistics.dhl._batches import (
    align_by_number,
    align_by_position,
    check_labels,
    read_batch,
)
from commerce_core.logistics.dhl._protocol import Api, Call, Flow, Setting, exchange
from commerce_core.logistics.dhl.labels import Document, document_of
from commerce_core.logistics.dhl.numbers import normalise_tracking_number
from commerce_core.logistics.dhl.payloads import choice
from commerce_core.logistics.dhl.shipping_messages import BatchResult, ManifestDocuments
from commerce_core.logistics.dhl.shipping_orders import DocFormat, PrintFormat, ShipmentOrder

if TYPE_CHECKING:
    from datetime import date

    from commerce_core.logistics.dhl.errors import Problem

PATH: Final = "/parcel/de/shipping/v2"
MOST_PER_CALL: Final = 30
Orders = Sequence[ShipmentOrder | Mapping[str, Any]]


def create(
    setting: Setting,
    shipments: Orders,
    *,
    doc_format: DocFormat = DocFormat.PDF,
    print_format: PrintFormat | None = None,
    return_print_format: PrintFormat | None = None,
    combine: bool | None = None,
    must_encode: bool = False,
    include_docs: bool = True,
    dry_run: bool = False,
    profile: str | None = None,
    language: str | None = None,
) -> Flow[BatchResult]:
    """Make labels for up to 30 shipments, given typed or as DHL's own JSON.

    ``combine`` prints the return label into the main document; left open, it is off as soon as a
    return label is asked for, so that it can be handed out by itself. ``must_encode`` refuses
    addresses that DHL's routing does not know instead of printing (and billing) them with a
    warning. ``include_docs`` off gives links instead of documents. ``dry_run`` creates nothing.
    Some may succeed and others fail: see ``done`` and ``failed`` of the result.

    Raises:
        DHLRejectedError: nothing was created; ``problems`` name the shipment by ``index``.
        UncertainOutcomeError: labels may exist; the call is not repeated.
        DHLLabelError: the shipments exist, but a label is not of the type asked for.
    """
    doc_format = choice(DocFormat, doc_format)
    orders = _orders(setting, shipments)
    if combine is None and any(order.wants_return_label for order in orders):
        combine = False
    params: Params = [("docFormat", doc_format.value)]
    params += _optional(
        printFormat=print_format, retourePrintFormat=return_print_format, combine=combine
    )
    params.append(("includeDocs", "include" if include_docs else "URL"))
    params += [("mustEncode", "true")] if must_encode else []
    params += [("validate", "true")] if dry_run else []
    body = {
        "profile": profile or setting.config.profile,
        "shipments": [order.as_json() for order in orders],
    }
    response = yield from ask(
        setting,
        Api.SHIPPING,
        "POST",
        f"{setting.config.host}{PATH}/orders",
        params=params,
        body=body,
        changes=not dry_run,
        language=language,
    )
    result = read_batch(response, setting, created=not dry_run)
    result = align_by_position(result, len(orders), response, setting, created=not dry_run)
    result = replace(result, complaints=_complaints(orders))
    wanted = doc_format if include_docs and not dry_run else None
    return check_labels(result, wanted, setting)


def validate(
    setting: Setting,
    shipments: Orders,
    *,
    must_encode: bool = False,
    profile: str | None = None,
    language: str | None = None,
) -> Flow[BatchResult]:
    """Let DHL check shipments without creating anything."""
    return (
        yield from create(
            setting,
            shipments,
            must_encode=must_encode,
            dry_run=True,
            profile=profile,
            language=language,
        )
    )


def label(
    setting: Setting,
    numbers: Sequence[str],
    *,
    doc_format: DocFormat = DocFormat.PDF,
    print_format: PrintFormat | None = None,
    return_print_format: PrintFormat | None = None,
    combine: bool | None = None,
    include_docs: bool = True,
    language: str | None = None,
) -> Flow[BatchResult]:
    """Return labels again. DHL keeps them until the manifest, and no longer."""
    wanted = _numbers(numbers)
    doc_format = choice(DocFormat, doc_format)
    params: Params = [("shipment", number) for number in wanted]
    params.append(("docFormat", doc_format.value))
    params += _optional(
        printFormat=print_format, retourePrintFormat=return_print_format, combine=combine
    )
    params.append(("includeDocs", "include" if include_docs else "URL"))
    url = f"{setting.config.host}{PATH}/orders"
    response = yield from ask(setting, Api.SHIPPING, "GET", url, params=params, language=language)
    result = align_by_number(read_batch(response, setting, created=False), wanted)
    return check_labels(result, doc_format if include_docs else None, setting)


def download(setting: Setting, document: Document) -> Flow[Document]:
    """Return the document behind a label's link. The host is always the configured one."""
    try:
        token = httpx.URL(document.url or "").params.get("token")
    except httpx.InvalidURL:
        token = None
    if not token:
        message = "the document has no link with a token"
        raise InvalidInputError(message)
    config = setting.config
    request = httpx.Request("GET", f"{config.host}{PATH}/labels", params={"token": token})
    response = yield from exchange(setting, request, Call(api=Api.SHIPPING))
    if response.status_code != httpx.codes.OK:
        raise _answers.error_of(response, config, Api.SHIPPING)
    return document_of(response.content)


def cancel(
    setting: Setting,
    numbers: Sequence[str],
    *,
    profile: str | None = None,
    language: str | None = None,
) -> Flow[BatchResult]:
    """Cancel shipments before the day's close. Check ``failed``: DHL answers 2xx for those too.

    Raises:
        DHLRejectedError: none could be cancelled.
        UncertainOutcomeError: no answer came; ask for the labels to see what is left.
    """
    wanted = _numbers(numbers)
    params: Params = [("profile", profile or setting.config.profile)]
    params += [("shipment", number) for number in wanted]
    response = yield from ask(
        setting,
        Api.SHIPPING,
        "DELETE",
        f"{setting.config.host}{PATH}/orders",
        params=params,
        changes=True,
        language=language,
    )
    return align_by_number(read_batch(response, setting, created=True), wanted)


def manifest(
    setting: Setting,
    numbers: Sequence[str] | None = None,
    *,
    billing_number: str | None = None,
    all_shipments: bool = False,
    profile: str | None = None,
    language: str | None = None,
) -> Flow[BatchResult]:
    """Close the day for shipments: they are billed, and their labels are gone at DHL.

    Give numbers, or a billing number, or ``all_shipments``.
    """
    if sum((bool(numbers), bool(billing_number), all_shipments)) != 1:
        message = "say which: numbers, a billing_number, or all_shipments=True"
        raise InvalidInputError(message)
    wanted = _numbers(numbers) if numbers else []
    body: dict[str, Any] = {"profile": profile or setting.config.profile}
    body |= {"shipmentNumbers": wanted} if wanted else {}
    body |= {"billingNumber": billing_number} if billing_number else {}
    response = yield from ask(
        setting,
        Api.SHIPPING,
        "POST",
        f"{setting.config.host}{PATH}/manifests",
        params=[("all", "true")] if all_shipments else None,
        body=body,
        changes=True,
        language=language,
    )
    result = read_batch(response, setting, created=True)
    return align_by_number(result, wanted) if wanted else result


def manifest_documents(
    setting: Setting,
    *,
    billing_number: str | None = None,
    day: date | None = None,
    include_docs: bool = True,
) -> Flow[ManifestDocuments]:
    """Return the manifests of a day as documents."""
    config = setting.config
    params = _optional(billingNumber=billing_number, date=day.isoformat() if day else None)
    params.append(("includeDocs", "include" if include_docs else "URL"))
    url = f"{config.host}{PATH}/manifests"
    response = yield from ask(setting, Api.SHIPPING, "GET", url, params=params)
    if response.status_code != httpx.codes.OK:
        raise _answers.error_of(response, config, Api.SHIPPING)
    return ManifestDocuments.read(_answers.read_json(response, config, Api.SHIPPING))


def version(setting: Setting) -> Flow[str | None]:
    """Return the version of DHL's shipping API."""
    config = setting.config
    response = yield from ask(setting, Api.SHIPPING, "GET", f"{config.host}{PATH}/")
    if response.status_code != httpx.codes.OK:
        raise _answers.error_of(response, config, Api.SHIPPING)
    body = _answers.read_json(response, config, Api.SHIPPING)
    amp = body.get("amp") if isinstance(body, dict) else None
    return str(amp.get("version")) if isinstance(amp, dict) else None


def _orders(setting: Setting, shipments: Orders) -> list[ShipmentOrder]:
    if isinstance(shipments, Mapping | str) or not 1 <= len(shipments) <= MOST_PER_CALL:
        message = f"give a list of 1 to {MOST_PER_CALL} shipments; more need several calls"
        raise InvalidInputError(message)
    config = setting.config
    orders: list[ShipmentOrder] = []
    for one in shipments:
        order = one if isinstance(one, ShipmentOrder) else ShipmentOrder.from_json(one)
        if order.billing_number is None and config.billing_number:
            order = replace(order, billing_number=config.billing_number)
        if order.creation_software is None and config.creation_software:
            order = replace(order, creation_software=config.creation_software)
        orders.append(order)
    return orders


def _numbers(numbers: Sequence[str]) -> list[str]:
    if isinstance(numbers, str) or not 1 <= len(numbers) <= MOST_PER_CALL:
        message = f"give a list of 1 to {MOST_PER_CALL} numbers"
        raise InvalidInputError(message)
    return [normalise_tracking_number(number) for number in numbers]


def _optional(**values: object) -> Params:
    return [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in values.items()
        if value is not None
    ]


def _complaints(orders: Sequence[ShipmentOrder]) -> tuple[Problem, ...]:
    return tuple(
        _answers.replace_index(problem, index)
        for index, order in enumerate(orders)
        for problem in order.complaints()
    )
