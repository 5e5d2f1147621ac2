"""Parcel DE tracking (XML over GET): twenty numbers a call, ICE/RIC codes, the signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx

from commerce_core.errors import InvalidInputError
from commerce_core.logistics.dhl import _answers
from commerce_core.logistics.dhl._authorised import basic
from commerce_core.logistics.dhl._parcel_xml import (
    error_in,
    parse,
    read_pieces,
    read_signatures,
    write_question,
)
from commerce_core.logistics.dhl._protocol import Api, Call, Flow, Setting, exchange
from commerce_core.logistics.dhl.errors import (
    DHLConfigurationError,
    DHLNotFoundError,
    DHLProtocolError,
    DHLUnavailableError,
)
from commerce_core.logistics.dhl.numbers import normalise_tracking_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from xml.etree import ElementTree as ET

    from commerce_core.logistics.dhl.parcel_messages import ParcelPiece, SignatureImage

PATH: Final = "/parcel/de/tracking/v0/shipments"
BATCH: Final = 20
LANGUAGES: Final = frozenset({"de", "en"})


def track(
    setting: Setting,
    numbers: Sequence[str] | str,
    *,
    language: str = "en",
    zip_code: str | None = None,
    from_date: date | None = None,
    to_date: date | None = None,
) -> Flow[tuple[ParcelPiece, ...]]:
    """Return the pieces that DHL knows of the numbers, twenty a call.

    Numbers that DHL does not know are missing from the answer, or there with ``found`` False.
    ``zip_code`` shows more of one parcel and goes with one number only. Where a batch fails as a
    whole with a technical code, as production has done, its numbers are asked for one by one.
    """
    wanted = [numbers] if isinstance(numbers, str) else list(numbers)
    cleaned = list(dict.fromkeys(normalise_tracking_number(number) for number in wanted))
    if not cleaned or (zip_code and len(cleaned) != 1):
        message = "give at least one number, and exactly one with a zip_code"
        raise InvalidInputError(message)
    extra = {
        "language-code": _language(language),
        "zip-code": zip_code or "",
        "from-date": from_date.isoformat() if from_date else "",
        "to-date": to_date.isoformat() if to_date else "",
    }
    found: list[ParcelPiece] = []
    for batch in _batches(cleaned):
        found += yield from _track_batch(setting, batch, extra)
    return tuple(found)


def signature(setting: Setting, number: str) -> Flow[SignatureImage]:
    """Return the image of the signature (a delivery in Germany, one number).

    Raises:
        DHLNotFoundError: there is none.
        DHLProtocolError: what came is no image.
    """
    cleaned = normalise_tracking_number(number)
    question = {"request": "d-get-signature", "piece-code": cleaned, "language-code": "en"}
    root = yield from _ask(setting, question)
    images = read_signatures(root)
    facts = _answers.facts(setting.config, Api.PARCEL_TRACKING)
    if not images or not images[0].raw.get("image"):
        raise DHLNotFoundError(f"DHL has no signature of {cleaned}", **facts)
    if images[0].media_type.value.partition("/")[0] != "image":
        raise DHLProtocolError("the signature that came is no image", **facts)
    return images[0]


def _track_batch(
    setting: Setting, batch: list[str], extra: dict[str, str]
) -> Flow[tuple[ParcelPiece, ...]]:
    question = {"request": "d-get-piece-detail", "piece-code": ";".join(batch)} | extra
    try:
        root = yield from _ask(setting, question)
    except DHLNotFoundError:
        if len(batch) == 1:
            raise
        return ()
    except DHLUnavailableError as error:
        if len(batch) == 1 or error.fields.get("dhl_code", 0) >= 0:
            raise
        return (yield from _one_by_one(setting, batch, extra))
    return read_pieces(root)


def _one_by_one(
    setting: Setting, batch: list[str], extra: dict[str, str]
) -> Flow[tuple[ParcelPiece, ...]]:
    found: list[ParcelPiece] = []
    for number in batch:
        try:
            found += yield from _track_batch(setting, [number], extra)
        except DHLNotFoundError:
            continue
    return tuple(found)


def _ask(setting: Setting, question: dict[str, str]) -> Flow[ET.Element]:
    config = setting.config
    if not (config.api_secret and config.app_name and config.app_password):
        raise DHLConfigurationError(
            "Parcel DE tracking needs the API secret, app_name and app_password",
            setting="app_name",
            hint="in production these are a business portal user with the right to track parcels",
        )
    attributes = {"appname": config.app_name, "password": config.app_password} | question
    request = httpx.Request(
        "GET",
        config.host + PATH,
        params={"xml": write_question({k: v for k, v in attributes.items() if v})},
        headers={
            "Authorization": basic(config.api_key, config.api_secret),
            "Accept": "application/xml",
        },
    )
    response = yield from exchange(setting, request, Call(api=Api.PARCEL_TRACKING))
    facts: dict[str, Any] = _answers.facts(config, Api.PARCEL_TRACKING)
    if response.status_code != httpx.codes.OK:
        raise _answers.error_of(response, config, Api.PARCEL_TRACKING)
    root = parse(response.content, facts)
    error = error_in(root, facts)
    if error is not None:
        raise error
    return root


def _language(language: str) -> str:
    if language not in LANGUAGES:
        message = f"Parcel DE tracking speaks de and en, not {language!r}"
        raise InvalidInputError(message, language=language)
    return language


def _batches(numbers: list[str]) -> Iterator[list[str]]:
    return (numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH))
