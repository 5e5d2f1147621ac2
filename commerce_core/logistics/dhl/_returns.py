"""Parcel DE Returns (API 1.0.9): announce a return, get its label, find its receiver."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import httpx

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl import _answers
from commerce_core.logistics.dhl._authorised import Params, ask
from commerce_core.logistics.dhl._protocol import Api, Flow, Setting
from commerce_core.logistics.dhl.countries import CUSTOMS_COUNTRIES, return_country
from commerce_core.logistics.dhl.errors import (
    DHLLabelError,
    DHLProtocolError,
    Problem,
    UncertainOutcomeError,
)
from commerce_core.logistics.dhl.labels import Document, MediaType
from commerce_core.logistics.dhl.payloads import choice
from commerce_core.logistics.dhl.receivers import choose_receiver
from commerce_core.logistics.dhl.return_messages import (
    LabelType,
    Receiver,
    ReturnLabel,
    ReturnRequest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH: Final = "/parcel/de/shipping/returns/v1"


def create(
    setting: Setting,
    order: ReturnRequest | Mapping[str, Any],
    *,
    label_type: LabelType = LabelType.BOTH,
) -> Flow[ReturnLabel]:
    """Announce a return and return its label. DHL keeps no copy and offers no way to cancel.

    ``order`` may also be DHL's own JSON as a dict. What DHL's specification has against it is in
    the result's ``warnings``: DHL decides.

    Raises:
        InvalidInputError: neither receiver nor country, or no customs items from CH, NO or GB.
        DHLRejectedError: DHL refused, nothing was created.
        UncertainOutcomeError: it may have been created; the call is not repeated.
        DHLLabelError: it was created, but a document is missing or of another type; the error's
            ``result`` has everything that came.
    """
    if not isinstance(order, ReturnRequest):
        order = ReturnRequest.from_json(order)
    label_type = choice(LabelType, label_type)
    order = yield from _addressed(setting, order)
    config = setting.config
    if order.creation_software is None and config.creation_software:
        order = replace(order, creation_software=config.creation_software)
    response = yield from ask(
        setting,
        Api.RETURNS,
        "POST",
        f"{config.host}{PATH}/orders",
        params=[("labelType", label_type.value)],
        body=order.as_json(),
        changes=True,
    )
    if response.status_code not in (200, 201):
        raise _answers.error_of(response, config, Api.RETURNS)
    label = _read_created(setting, response)
    return check_documents(replace(label, warnings=order.complaints()), label_type, setting)


def locations(
    setting: Setting,
    *,
    country: str | None = None,
    postal_code: str | None = None,
    receiver_id: str | None = None,
    billing_number: str | None = None,
    max_result: int | None = None,
) -> Flow[tuple[Receiver, ...]]:
    """Return the receivers that are set up, narrowed by what is given (not from the cache)."""
    params: Params = [
        (name, value)
        for name, value in (
            ("countryCode", return_country(country) if country else None),
            ("postalCode", postal_code),
            ("receiverId", receiver_id),
            ("billingNumber", billing_number),
            ("maxResult", str(max_result) if max_result is not None else None),
        )
        if value
    ]
    config = setting.config
    url = f"{config.host}{PATH}/locations"
    response = yield from ask(setting, Api.RETURNS, "GET", url, params=params)
    if response.status_code != httpx.codes.OK:
        raise _answers.error_of(response, config, Api.RETURNS)
    body = _answers.read_json(response, config, Api.RETURNS)
    if not isinstance(body, list):
        where = _answers.facts_of(response, config, Api.RETURNS)
        raise DHLProtocolError("the list of receivers is no list", **where)
    return tuple(Receiver.read(item) for item in body)


def version(setting: Setting) -> Flow[str | None]:
    """Return the version of DHL's returns API; needs no credentials to be right."""
    config = setting.config
    response = yield from ask(setting, Api.RETURNS, "GET", f"{config.host}{PATH}/")
    if response.status_code != httpx.codes.OK:
        raise _answers.error_of(response, config, Api.RETURNS)
    body = _answers.read_json(response, config, Api.RETURNS)
    amp = body.get("amp") if isinstance(body, dict) else None
    return str(amp.get("version")) if isinstance(amp, dict) else None


def check_documents(
    label: ReturnLabel, label_type: LabelType, setting: Setting | None = None
) -> ReturnLabel:
    """Return the label if its documents are what they say; cut-off ones become warnings.

    Raises:
        DHLLabelError: a document that was asked for is missing or of another type.
    """
    asked_label = label_type is LabelType.SHIPMENT_LABEL
    asked_code = label_type is LabelType.QR_LABEL
    images = (MediaType.PNG, MediaType.GIF)
    trouble = [
        _trouble("label", label.label, (MediaType.PDF,), is_needed=asked_label),
        _trouble("qrLabel", label.qr_label, images, is_needed=asked_code),
    ]
    if label_type is LabelType.BOTH and label.label is None and label.qr_label is None:
        trouble.append("neither label nor QR code came")
    found = [one for one in trouble if one]
    if found:
        where = _answers.facts(setting.config, Api.RETURNS) if setting else {}
        raise DHLLabelError(
            f"return {label.shipment_number} exists, but {'; '.join(found)}",
            result=label,
            shipment_number=label.shipment_number,
            hint="do not order again: ask DHL for the label, or let the customer use the other one",
            **where,
        )
    cut_off = [
        Problem(field=name, message="the document looks cut off", state="Warning")
        for name, document in (("label", label.label), ("qrLabel", label.qr_label))
        if document is not None and not document.is_complete
    ]
    return replace(label, warnings=(*label.warnings, *cut_off)) if cut_off else label


def _trouble(
    name: str, document: Document | None, types: tuple[MediaType, ...], *, is_needed: bool
) -> str | None:
    if document is None:
        return f"{name} is missing" if is_needed else None
    if document.media_type in types:
        return None
    return f"{name} is {document.media_type.value}, not {types[0].value}"


def _addressed(setting: Setting, order: ReturnRequest) -> Flow[ReturnRequest]:
    """Return the order with a receiver, and with the customs form where there is a border."""
    country = return_country(order.country) if order.country else None
    receiver = (order.receiver_id or "").strip()
    if not receiver and country is None:
        message = "a return needs a receiver_id or a country"
        raise InvalidInputError(message)
    if country in CUSTOMS_COUNTRIES and (order.customs is None or not order.customs.items):
        message = f"a return from {order.country} crosses a customs border: it needs customs items"
        raise InvalidInputError(message, country=country)
    if receiver or country is None:
        return order
    receivers = setting.receivers.find(country, setting.now())
    if receivers is None:
        receivers = yield from locations(setting, country=country)
        setting.receivers.keep(country, receivers, setting.now())
    chosen = choose_receiver(receivers, country, setting.config.billing_number)
    return replace(order, receiver_id=chosen)


def _read_created(setting: Setting, response: httpx.Response) -> ReturnLabel:
    """Read a success. If it cannot be read, the return exists all the same."""
    config = setting.config
    try:
        body = _answers.read_json(response, config, Api.RETURNS)
    except DHLProtocolError as error:
        raise UncertainOutcomeError(
            "DHL reports success in an answer that cannot be read",
            hint="the return exists: find it in the portal before ordering again",
            **_answers.facts_of(response, config, Api.RETURNS),
        ) from error
    label = ReturnLabel.read(body)
    if not label.shipment_number:
        known = _answers.facts_of(response, config, Api.RETURNS)
        status = _answers.status_in(body)
        if status is not None and status >= 400:  # noqa: PLR2004 - an error inside a success
            raise _answers.error_for(status, known)
        raise UncertainOutcomeError("DHL reports success without a number", **known)
    return label
