"""Field by field: what DHL's raw answer says, what we read, what karrio reads.

The expected value comes from the raw JSON by rules that a person can check: the status code as
DHL wrote it, the instant that a text names, the number of shipments and events in the list. One
answer was made for the eight traps that no stored example has.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from commerce_core.logistics.dhl import Shipment, TrackingAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

MADE = json.dumps(
    {
        "shipments": [
            {
                "id": "00340434161094015902",
                "service": "parcel-de",
                "status": {"timestamp": "2026-01-05T10:00:00", "statusCode": "unknown"},
                "events": [
                    {"timestamp": "2025-11-03T15:27:20.331986369+01:00", "statusCode": "transit"},
                    {"timestamp": "2026-01-04", "statusCode": "pre-transit"},
                ],
                "details": {"references": [{"number": "R-1", "type": "housebill"}]},
            }
        ]
    }
)
COARSE = {
    "pre-transit": {"pre_transit", "pending"},
    "transit": {"in_transit", "out_for_delivery", "ready_for_pickup", "attempt_failed", "customs"},
    "delivered": {"delivered"},
    "failure": {"exception", "attempt_failed", "delivery_failed", "returning", "customs"},
    "unknown": {"unknown"},
}
"""Words that say the same as DHL's code, or more exactly, in either vocabulary."""


@dataclass(frozen=True)
class Row:
    """One comparison; ``ours`` and ``theirs`` are None where the side has no such field."""

    answer: str
    field: str
    expected: str
    ours: str
    theirs: str
    ours_right: bool
    theirs_right: bool


def table_of_fields(answers: dict[str, str], karrio: Any) -> tuple[int, int, str]:
    """Return how many fields we and karrio read wrong, and the table."""
    rows: list[Row] = []
    for name, text in [*answers.items(), ("(made: traps)", MADE)]:
        body = json.loads(text)
        if "shipments" in body:
            details, _ = karrio.read(text)
            rows += _compare(name, body, TrackingAnswer.read(body), details)
    ours_wrong = sum(not row.ours_right for row in rows)
    theirs_wrong = sum(not row.theirs_right for row in rows)
    return ours_wrong, theirs_wrong, _as_text(rows)


def _compare(name: str, body: Any, answer: TrackingAnswer, details: Any) -> list[Row]:
    raw = body["shipments"][0]
    ours, theirs = answer.shipments[0], details[0]
    count = len(body["shipments"])
    rows = [
        _row(name, "shipments of the number", count, len(answer.shipments), len(details)),
        _row(name, "number", str(raw["id"]), ours.number, theirs.tracking_number),
        _status_row(name, raw, ours, theirs),
        _row(name, "events", len(raw["events"]), len(ours.events), len(theirs.events)),
    ]
    rows += _time_rows(name, raw, ours, theirs)
    references = raw.get("details", {}).get("references") or []
    if references:
        first = references if isinstance(references, dict) else references[0]
        read = ours.details.references[0].number if ours.details else None
        other = (theirs.meta or {}).get("reference")
        rows.append(_row(name, "first reference", first["number"], read, other))
    return rows


def _status_row(name: str, raw: Any, ours: Shipment, theirs: Any) -> Row:
    code = raw["status"]["statusCode"]
    allowed = COARSE[code]
    return Row(
        name,
        "status",
        f"{code}",
        ours.status.value,
        str(theirs.status),
        ours.status.value in allowed,
        theirs.status in allowed,
    )


def _time_rows(name: str, raw: Any, ours: Shipment, theirs: Any) -> list[Row]:
    """Compare the first event of each kind of timestamp that the answer has."""
    rows: dict[str, Row] = {}
    for event, read, other in zip(raw["events"], ours.events, theirs.events, strict=True):
        text = event["timestamp"]
        kind, expected, same = _expected(text)
        if kind in rows:
            continue
        moment = read.timestamp
        mine = moment.isoformat() if moment else None
        is_zoned = bool((event.get("location") or {}).get("address", {}).get("countryCode"))
        right = mine is not None and (same(mine) or (kind == "local time" and is_zoned))
        rows[kind] = Row(
            name,
            f"time of an event ({kind})",
            expected,
            str(mine),
            str(other.timestamp),
            right,
            other.timestamp is not None and same(str(other.timestamp)),
        )
    return list(rows.values())


def _expected(text: str) -> tuple[str, str, Callable[[str], bool]]:
    """Return the kind of a timestamp, what it names, and a test for saying the same."""
    if "T" not in text:
        return "date", text, lambda said: said == text
    head, fraction, tail = text.partition(".")
    if fraction:
        digits = tail.rstrip("Z").split("+")[0].split("-")[0]
        text = f"{head}.{digits[:6]}{tail[len(digits) :]}"
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return "local time", text, lambda said: said == text
    kind = "Z" if text.endswith("Z") else "offset"
    kind = f"nanoseconds, {kind}" if fraction else kind
    instant = moment.astimezone(UTC)

    def same(said: str) -> bool:
        read = datetime.fromisoformat(said)
        exact = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
        return read.tzinfo is not None and read.astimezone(UTC) in (instant, exact)

    return kind, moment.isoformat(), same


def _row(name: str, field: str, expected: object, ours: object, theirs: object) -> Row:
    right, other = ours == expected, theirs == expected
    return Row(name, field, str(expected), str(ours), str(theirs), right, other)


def _as_text(rows: list[Row]) -> str:
    """Return the rows on which somebody is wrong, and a count of those where both are right."""
    head = ("answer", "field", "DHL's raw answer", "ours", "", "karrio", "")
    shown = [
        (
            row.answer,
            row.field,
            row.expected,
            row.ours,
            _mark(right=row.ours_right),
            row.theirs,
            _mark(right=row.theirs_right),
        )
        for row in rows
        if not (row.ours_right and row.theirs_right)
    ]
    widths = [max(map(len, column)) for column in zip(head, *shown, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *shown)]
    both = len(rows) - len(shown)
    return "\n".join([*lines, f"({both} of {len(rows)} fields are right on both sides)"])


def _mark(*, right: bool) -> str:
    return "right" if right else "WRONG"
