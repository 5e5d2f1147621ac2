"""The program that changes stock: commits through the library, on demand, at a steady rate.

It knows nothing of any hub. Change number N leaves N pieces on hand, so whoever hears of a change
knows its number; the moment before its commit is written into a file that the load client shares.
A peer that knows no journal is told over HTTP after each commit, as its users would have to.
"""

from __future__ import annotations

import http.client
import json
import mmap
import random
import struct
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import select

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog.models import Variant
from commerce_core.inventory import StockFileSemantics, adjust_stock, apply_stock_file
from commerce_core.inventory.models import StockLevel, StockLocation

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ACTOR = "benchmark"


class Writer:
    """Changes the levels of all variants in turn."""

    def __init__(self, url: str, times: Path) -> None:
        self._sessions = make_session_factory(make_engine(url))
        with times.open("r+b") as file:
            self._times = mmap.mmap(file.fileno(), 0)
        with self._sessions() as session:
            self._variants = list(session.scalars(select(Variant).order_by(Variant.id)))
            self._location = session.scalars(select(StockLocation)).one()
            levels = session.execute(select(StockLevel.variant_id, StockLevel.on_hand))
            self._on_hand: dict[int, int] = {row.variant_id: row.on_hand for row in levels}
            session.expunge_all()
        self._peer: tuple[http.client.HTTPConnection, str] | None = None
        self._peer_url = ""

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make ``changes`` from number ``first`` on, ``rate`` a second (0: as quick as it goes).

        ``batch`` of them are one file import; ``publish`` is where a peer wants to be told;
        ``jitter`` spreads each pause by so much of itself.
        """
        self._connect(request.get("publish") or "")
        first, changes, batch = request["first"], request["changes"], request.get("batch", 1)
        pause = batch / request["rate"] if request["rate"] else 0.0
        due = start = time.monotonic()
        for number in range(first, first + changes, batch):
            due += pause * (1 + random.uniform(-1, 1) * request.get("jitter", 0))
            self._change(range(number, number + batch))
            time.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() - start > request.get("at_most", 60):
                changes = number + batch - first
                break
        return {"changes": changes, "seconds": time.monotonic() - start}

    def _change(self, numbers: range) -> None:
        if len(numbers) == 1:
            run_in_transaction(self._sessions, lambda session: self._adjust(session, numbers[0]))
        else:
            self._import(numbers)
        if self._peer is not None:
            for number in numbers:
                self._publish(number)

    def _adjust(self, session: Session, number: int) -> None:
        variant = self._variants[number % len(self._variants)]
        pieces = number - self._on_hand.get(variant.id, 0)
        adjust_stock(
            session, variant, self._location, quantity=pieces, reason="benchmark", actor=ACTOR
        )
        self._on_hand[variant.id] = number
        self._stamp(number)

    def _import(self, numbers: range) -> None:
        lines = ["sku,location,quantity"]
        for number in numbers:
            variant = self._variants[number % len(self._variants)]
            lines.append(f"{variant.sku},{self._location.code},{number}")
            self._on_hand[variant.id] = number
            self._stamp(number)
        apply_stock_file(
            self._sessions,
            "\n".join(lines),
            semantics=StockFileSemantics.ABSOLUTE,
            actor=ACTOR,
            name=f"import {numbers[0]}",
        )

    def _stamp(self, number: int) -> None:
        struct.pack_into("<Q", self._times, number * 8, time.monotonic_ns())

    def _connect(self, url: str) -> None:
        if url == self._peer_url:
            return
        if self._peer is not None:
            self._peer[0].close()
        parts = urlsplit(url)
        there = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._peer = (there, parts.path) if url else None
        self._peer_url = url

    def _publish(self, number: int) -> None:
        """Tell a peer, in the words of our own stream."""
        assert self._peer is not None  # noqa: S101 - asked before
        variant = self._variants[number % len(self._variants)]
        content = {
            "variant_id": variant.id,
            "sku": variant.sku,
            "location": self._location.code,
            "on_hand": number,
            "available": number,
            "allocated": 0,
            "reserved": 0,
            "incoming": 0,
            "version": number,
            "kind": "adjusted",
            "occurred_at": datetime.now(UTC).isoformat(),
        }
        connection, path = self._peer
        body = json.dumps(content, separators=(",", ":"))
        connection.request("POST", path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            message = f"{self._peer_url} answered {answer.status}"
            raise RuntimeError(message)


def main() -> None:
    """Answer each line of standard input."""
    writer = Writer(sys.argv[1], Path(sys.argv[2]))
    for line in sys.stdin:
        print(json.dumps(writer.run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
