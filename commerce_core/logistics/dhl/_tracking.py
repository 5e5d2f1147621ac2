"""Shipment Tracking - Unified (API 1.5.8): one number a call, all its matches."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final

import httpx

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl import _answers
from commerce_core.logistics.dhl._protocol import Api, Call, Flow, Setting, exchange
from commerce_core.logistics.dhl.errors import DHLNotFoundError, DHLProtocolError
from commerce_core.logistics.dhl.numbers import normalise_tracking_number
from commerce_core.logistics.dhl.shipments import TrackingAnswer

PATH: Final = "/track/shipments"
_TWO_LETTERS: Final = re.compile(r"[A-Za-z]{2}", re.ASCII)
_CALL: Final = Call(api=Api.TRACKING)


class Service(StrEnum):
    """The divisions of DHL, as its tracking names them."""

    GLOBAL_FORWARDING = "dgf"
    SUPPLY_CHAIN = "dsc"
    ECOMMERCE = "ecommerce"
    ECOMMERCE_APAC = "ecommerce-apac"
    ECOMMERCE_EUROPE = "ecommerce-europe"
    ECOMMERCE_PPL = "ecommerce-ppl"
    ECOMMERCE_IBERIA = "ecommerce-iberia"
    EXPRESS = "express"
    FREIGHT = "freight"
    PARCEL_DE = "parcel-de"
    PARCEL_NL = "parcel-nl"
    PARCEL_PL = "parcel-pl"
    PARCEL_UK = "parcel-uk"
    POST_DE = "post-de"
    POST_INTERNATIONAL = "post-international"
    SAME_DAY = "sameday"
    SUCCESS_FACTORS = "svb"


def track(
    setting: Setting,
    number: str,
    *,
    service: Service | str | None = None,
    recipient_postal_code: str | None = None,
    language: str | None = None,
    requester_country_code: str | None = None,
    origin_country_code: str | None = None,
    offset: int | None = None,
    limit: int | None = None,
) -> Flow[TrackingAnswer]:
    """Return every shipment that ``number`` names.

    ``service`` names the division (numbers are used twice); ``recipient_postal_code`` unlocks what
    DHL hides (parcel-de, parcel-nl); ``language`` (ISO 639-1) is a wish: see the answer's
    ``language``. ``offset`` and ``limit`` page over shipments, not events.

    Raises:
        InvalidTrackingNumberError, InvalidInputError: refused before a call was spent.
        DHLNotFoundError: unknown, or not visible yet (10 to 30 minutes after its creation).
    """
    params = {
        "trackingNumber": normalise_tracking_number(number),
        "service": _service(service),
        "recipientPostalCode": _postal_code(recipient_postal_code),
        "language": _code(language, "language"),
        "requesterCountryCode": _code(requester_country_code, "requester_country_code"),
        "originCountryCode": _code(origin_country_code, "origin_country_code"),
        "offset": _count(offset, "offset", 0),
        "limit": _count(limit, "limit", 1),
    }
    return (yield from _ask(setting, {name: v for name, v in params.items() if v is not None}))


def next_page(setting: Setting, answer: TrackingAnswer) -> Flow[TrackingAnswer | None]:
    """Return the next page of an answer's shipments, or None if this was the last."""
    if not answer.next_url or answer.next_url == answer.url:
        return None
    return (yield from _ask(setting, _question_in(answer.next_url)))


def track_elsewhere(setting: Setting, answer: TrackingAnswer) -> Flow[tuple[TrackingAnswer, ...]]:
    """Ask the other divisions where DHL suspects the number too; each costs one call.

    DHL's links are read, not followed: the host is always the configured one.
    """
    found: list[TrackingAnswer] = []
    for url in answer.possible_additional_shipments_urls:
        try:
            found.append((yield from _ask(setting, _question_in(url))))
        except DHLNotFoundError:
            continue
    return tuple(found)


def read_answer(
    body: Any, *, number: str | None = None, headers: httpx.Headers | None = None
) -> TrackingAnswer:
    """Return a decoded tracking answer as a message."""
    headers = headers if headers is not None else httpx.Headers()
    extra = {
        "number": number,
        "language": headers.get("content-language"),
        "correlation_id": headers.get("correlation-id"),
    }
    answer = TrackingAnswer.read(body)
    for name, value in extra.items():
        object.__setattr__(answer, name, value)
    return answer


def _ask(setting: Setting, params: dict[str, str]) -> Flow[TrackingAnswer]:
    config = setting.config
    request = httpx.Request(
        "GET",
        config.host + PATH,
        params=params,
        headers={"DHL-API-Key": config.api_key, "Accept": "application/json"},
    )
    response = yield from exchange(setting, request, _CALL)
    if response.status_code != httpx.codes.OK:
        raise _answers.error_of(response, config, Api.TRACKING)
    body = _answers.read_json(response, config, Api.TRACKING)
    if not isinstance(body, dict) or not isinstance(body.get("shipments"), list):
        raise _not_an_answer(body, response, setting)
    return read_answer(body, number=params.get("trackingNumber"), headers=response.headers)


def _not_an_answer(body: Any, response: httpx.Response, setting: Setting) -> Exception:
    """Return the error in a 200 that holds no shipments: DHL's problem, or nothing we know."""
    known = _answers.facts_of(response, setting.config, Api.TRACKING)
    status = _answers.status_in(body)
    if status is not None and status >= 400:  # noqa: PLR2004 - an error inside a success
        return _answers.error_for(status, known)
    return DHLProtocolError("a tracking answer without shipments", **known)


def _question_in(url: str) -> dict[str, str]:
    """Return the parameters of one of DHL's links, which are relative, or elsewhere."""
    try:
        params = httpx.URL(url).params
    except httpx.InvalidURL:
        params = httpx.QueryParams()
    if "trackingNumber" not in params:
        message = "the link names no tracking number"
        raise InvalidInputError(message, url=url)
    return dict(params)


def _service(service: str | None) -> str | None:
    if service is None:
        return None
    try:
        return Service(service).value
    except ValueError:
        known = ", ".join(Service)
        message = f"{service!r} is no division that DHL's tracking knows: {known}"
        raise InvalidInputError(message, service=service) from None


def _postal_code(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        message = "a postal code is text: as a number it has lost its leading zeros"
        raise InvalidInputError(message, recipient_postal_code=value)
    return value.strip() or None


def _code(value: str | None, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _TWO_LETTERS.fullmatch(value):
        message = f"{name} is a code of two letters, not {value!r}"
        raise InvalidInputError(message, **{name: value})
    return value.lower() if name == "language" else value.upper()


def _count(value: int | None, name: str, least: int) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        message = f"{name} is a whole number from {least}, not {value!r}"
        raise InvalidInputError(message, **{name: value})
    return str(value)
