from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.stream.items import StockChange, StockDelay, StockReset, StreamItem
from commerce_core.stream.protocol import (
    LONGEST_PAUSE_SECONDS,
    BrokenStreamError,
    StreamProtocol,
    StreamRefusedError,
)
from commerce_core.tests.source import ROOT

LEVEL: dict[str, Any] = {
    "variant_id": 7,
    "sku": "ALM-Ü",
    "location": "HAM",
    "on_hand": 12,
    "available": 10,
    "allocated": 1,
    "reserved": 1,
    "incoming": 0,
    "minimum": 4,
    "version": 3,
    "kind": "received",
    "occurred_at": "2026-11-22T10:00:00+00:00",
}


def event(name: str, content: object, *, cursor: str = "") -> str:
    head = f"event: {name}\n" + (f"id: {cursor}\n" if cursor else "")
    return f"{head}data: {json.dumps(content, ensure_ascii=False)}\n\n"


STREAM = (
    "retry: 700\n"
    + event("status", {"delayed": 0}, cursor="e.1")
    + ": \n\n"
    + event("stock", LEVEL)
    + event("stock", LEVEL | {"variant_id": 8, "later": "a field of 2030"}, cursor="e.2")
    + event("of_2030", {})
    + "id: e.3\n\n"
    + event("stock", LEVEL | {"version": 2})
    + event("stock", LEVEL | {"version": 4, "kind": None, "occurred_at": None}, cursor="e.4")
    + event("reset", {"reason": "too far behind"}, cursor="f.9")
    + event("stock", LEVEL | {"version": 1}, cursor="f.10")
)


def told(protocol: StreamProtocol, data: bytes) -> list[tuple[StreamItem | None, str]]:
    found = []
    for step in protocol.receive(data):
        protocol.done(step)
        found.append((step.item, protocol.cursor))
    return found


def items_of(parts: list[bytes]) -> tuple[list[StreamItem], str]:
    protocol = StreamProtocol()
    steps = [step for part in parts for step in told(protocol, part)]
    return [item for item, _ in steps if item is not None], protocol.cursor


WHOLE = items_of([STREAM.encode()])


def test_events_become_items_and_what_is_older_is_left_out() -> None:
    items, cursor = WHOLE
    changes = [item for item in items if isinstance(item, StockChange)]

    assert cursor == "f.10"
    assert [(change.variant_id, change.version) for change in changes] == [
        (7, 3), (8, 3), (7, 4), (7, 1),
    ]  # fmt: skip
    assert [change.cursor for change in changes] == ["e.1", "e.2", "e.4", "f.10"]
    assert changes[0].occurred_at is not None
    assert changes[0].occurred_at.isoformat() == "2026-11-22T10:00:00+00:00"
    assert (changes[0].sku, changes[2].kind, changes[2].occurred_at) == ("ALM-Ü", None, None)
    assert items[0] == StockDelay(0, "e.1")
    assert StockReset("too far behind", "f.9") in items


@given(cuts=st.lists(st.integers(0, len(STREAM.encode())), max_size=30))
def test_it_does_not_matter_where_the_bytes_are_cut(cuts: list[int]) -> None:
    data = STREAM.encode()
    edges = [0, *sorted(cuts), len(data)]

    assert items_of([data[a:b] for a, b in pairwise(edges)]) == WHOLE


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_other_line_ends_mean_the_same_wherever_they_are_cut(line_end: str) -> None:
    data = (STREAM + "\n").replace("\n", line_end).encode()

    assert items_of([data]) == WHOLE
    assert items_of([bytes([byte]) for byte in data]) == WHOLE


def test_the_position_moves_when_an_item_has_been_handled() -> None:
    protocol = StreamProtocol(after="e.1")
    steps = protocol.receive((event("stock", LEVEL, cursor="e.2") * 2).encode())
    next(steps)

    assert protocol.cursor == "e.1"
    assert protocol.headers()["last-event-id"] == "e.1"
    protocol.open(200, {"content-type": "text/event-stream"})
    again = next(protocol.receive(event("stock", LEVEL, cursor="e.2").encode()))
    assert isinstance(again.item, StockChange)


def test_a_half_event_of_a_lost_line_is_forgotten() -> None:
    protocol = StreamProtocol()
    assert told(protocol, event("stock", LEVEL).encode()[:-1]) == []
    protocol.open(200, {"content-type": "text/event-stream; charset=utf-8"})
    ((item, _),) = told(protocol, event("stock", LEVEL | {"sku": "B"}).encode())

    assert isinstance(item, StockChange)
    assert item.sku == "B"


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 422])
def test_what_asking_again_does_not_mend_is_told(status: int) -> None:
    with pytest.raises(StreamRefusedError) as caught:
        StreamProtocol().open(status, {"content-type": "text/event-stream"})
    assert caught.value.status == status


def test_a_page_is_no_stream() -> None:
    with pytest.raises(StreamRefusedError):
        StreamProtocol().open(200, {"content-type": "text/html"})


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_when_the_server_says(status: int) -> None:
    protocol = StreamProtocol()
    with pytest.raises(BrokenStreamError) as caught:
        protocol.open(status, {"retry-after": "15"})

    assert protocol.pause(at_least=caught.value.pause) >= 15


def test_pauses_grow_to_a_limit_and_are_short_again_after_news() -> None:
    protocol = StreamProtocol()
    told(protocol, b"retry: 100\n\n")
    pauses = [protocol.pause() for _ in range(20)]

    assert 0.07 < pauses[0] < 0.13
    assert LONGEST_PAUSE_SECONDS * 0.7 < pauses[-1] < LONGEST_PAUSE_SECONDS * 1.3
    told(protocol, event("status", {"delayed": 0}).encode())
    assert protocol.pause() < 0.13


@pytest.mark.parametrize("content", [{}, [], {"variant_id": 1}, LEVEL | {"occurred_at": "soon"}])
def test_an_event_that_breaks_the_contract_breaks_the_connection(content: object) -> None:
    with pytest.raises(BrokenStreamError):
        told(StreamProtocol(), event("stock", content).encode())


def test_an_event_without_an_end_does_not_fill_the_memory() -> None:
    protocol = StreamProtocol()
    told(protocol, b"data: " + b"x" * 15 * 1024 * 1024)
    with pytest.raises(BrokenStreamError):
        told(protocol, b"x" * 1024 * 1024)


def test_the_client_needs_no_database() -> None:
    check = (
        "import sys; from commerce_core.stream import StockStream, StockReset;"
        "print([m for m in ('sqlalchemy', 'pandas', 'alembic', 'litestar') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
