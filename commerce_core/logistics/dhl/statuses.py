"""One vocabulary for all divisions of DHL, read from their raw codes; never from free text.

The tables are ``status_codes.csv`` and ``ice_codes.csv`` beside this module, each row with its
source. :data:`MAPPING_VERSION` names their state, so that a stored status can be read anew.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAPPING_VERSION: Final = "2026-11-22"
INFORMATION: Final = "-"
"""In the tables: a code that tells something, but changes no status."""


class ShipmentStatus(StrEnum):
    """Where a shipment stands, whoever carries it."""

    PRE_TRANSIT = "pre_transit"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    ATTEMPT_FAILED = "attempt_failed"
    EXCEPTION = "exception"
    CUSTOMS = "customs"
    DELIVERED = "delivered"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED_DAMAGED = "delivered_damaged"
    RETURNING = "returning"
    RETURNED_TO_SENDER = "returned_to_sender"
    DISPOSED = "disposed"
    UNKNOWN = "unknown"


_S = ShipmentStatus
_UNKNOWN: Final = _S.UNKNOWN
ARRIVED: Final = frozenset({_S.DELIVERED, _S.DELIVERED_DAMAGED, _S.PARTIALLY_DELIVERED})
TERMINAL: Final = ARRIVED | {_S.RETURNED_TO_SENDER, _S.DISPOSED}
"""After these DHL has nothing more to do. Ask once more a day later: corrections happen."""
_MOVING: Final = frozenset(
    {
        _S.IN_TRANSIT,
        _S.OUT_FOR_DELIVERY,
        _S.READY_FOR_PICKUP,
        _S.ATTEMPT_FAILED,
        _S.EXCEPTION,
        _S.CUSTOMS,
    }
)
_COARSE: Final = {
    "delivered": _S.DELIVERED,
    "transit": _S.IN_TRANSIT,
    "pre-transit": _S.PRE_TRANSIT,
    "failure": _S.EXCEPTION,
    "unknown": _S.UNKNOWN,
}
_COARSE_CODES: Final = {"express": frozenset({"101", "102", "103", "104"})}
"""Raw codes that say no more than ``statusCode`` does: the newest event knows better."""


@cache
def codes_of(service: str | None) -> Mapping[str | None, ShipmentStatus | None]:
    """Return what the raw codes of a division mean; None for one that only informs.

    Made once a division; a division without a table has no codes.
    """
    return {
        code: None if status == INFORMATION else _S(status)
        for (owner, code), status in _table().items()
        if owner == service
    }


@cache
def fine_codes(service: str | None) -> Mapping[str | None, ShipmentStatus]:
    """Return the codes of a division that say more than ``statusCode`` does."""
    coarse = _COARSE_CODES.get(service or "", frozenset())
    return {
        code: status
        for code, status in codes_of(service).items()
        if status is not None and code not in coarse
    }


def status_of_code(service: str | None, code: str | None) -> ShipmentStatus | None:
    """Return what a division's raw code means, or None if it is not in the table.

    A code that only informs (money, data) gives None as well.
    """
    return codes_of(service).get(code)


def status_of_status_code(status_code: str | None) -> ShipmentStatus:
    """Return what DHL's coarse ``statusCode`` says, ``UNKNOWN`` for anything new."""
    return _COARSE.get((status_code or "").strip().lower(), _UNKNOWN)


def status_of_ice(
    ice: str | None, ric: str | None, standard_event_code: str | None
) -> ShipmentStatus | None:
    """Return what an ICE/RIC pair of Parcel DE means, else what its two-letter code means."""
    event, reason, code = (part or "" for part in (ice, ric, standard_event_code))
    table = _ice_table()
    found = table.get((event, reason, code))
    if found is None and event:
        found = table.get((event, "", ""))
    if found is None:
        return status_of_code("parcel-de", code)
    return None if found == INFORMATION else _S(found)


def turned_back(status: ShipmentStatus) -> ShipmentStatus:
    """Return the status of a parcel that goes back to its sender instead of onward."""
    if status in ARRIVED:
        return _S.RETURNED_TO_SENDER
    return _S.RETURNING if status in _MOVING else status


def contradicts(status: ShipmentStatus, status_code: str | None, words: str | None) -> bool:
    """Return True if DHL's own fields disagree on whether the shipment has arrived.

    ``words`` counts only where it is itself one of the five values of ``statusCode``.
    """
    coarse = _COARSE.get(status_code or "", _UNKNOWN)
    word = _COARSE.get(words.lower(), _UNKNOWN) if words and len(words) < 12 else _UNKNOWN  # noqa: PLR2004
    said = {one in TERMINAL for one in (status, coarse, word) if one is not _UNKNOWN}
    return len(said) > 1


def rows(name: str = "status_codes.csv") -> Iterable[list[str]]:
    """Yield the rows of a table: the codes, our status, the source."""
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith(("#", "service;", "ice;")):
            yield line.split(";")


@cache
def _table() -> Mapping[tuple[str, str], str]:
    return {(service, code): status for service, code, status, _ in rows()}


@cache
def _ice_table() -> Mapping[tuple[str, str, str], str]:
    """Return the combinations, and for an event with one meaning the event alone."""
    table: dict[tuple[str, str, str], str] = {}
    meanings: dict[str, set[str]] = {}
    for ice, ric, code, status, _ in rows("ice_codes.csv"):
        table[ice, ric, code] = status
        meanings.setdefault(ice, set()).add(status)
    for ice in ("DSPSD", "RETRN"):
        if len(meanings[ice]) == 1:
            table[ice, "", ""] = meanings[ice].pop()
    return table
