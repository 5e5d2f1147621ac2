"""Our stock, on demand, in threads: one transaction for each operation."""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import make_url, select

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.clock import utc_now
from commerce_core.errors import InsufficientStockError
from commerce_core.inventory import ReserveRequest, receive_stock, reserve_many, reserve_stock
from commerce_core.inventory.ledger.reserve_at_once import _RESERVE
from commerce_core.inventory.models import StockLevel
from commerce_core.migrations import upgrade
from commerce_core.testing import make_location, make_product, make_variant

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HOLD = timedelta(days=1)
PLENTY = 900_000_000


_FILL = """
INSERT INTO commerce_stock_movement
    (xid, level_id, variant_id, location_id, kind, actor, occurred_at, recorded_at, version,
     on_hand_delta, on_hand)
SELECT pg_current_xact_id(), l.id, l.variant_id, l.location_id, 'received', 'past',
       now(), now(), l.version + n, 0, l.on_hand
FROM commerce_stock_level AS l,
     generate_series(1, %(rows)s::int / (SELECT count(*)::int FROM commerce_stock_level)) AS n
"""
_CATCH_UP = """
UPDATE commerce_stock_level AS l SET version = m.version
FROM (SELECT level_id, max(version) AS version FROM commerce_stock_movement GROUP BY 1) AS m
WHERE m.level_id = l.id
"""


class Shop:
    """A shop with ``count`` variants at one location, and threads that reserve from it."""

    def __init__(self, url: str, count: int) -> None:
        upgrade(url)
        self.url = url
        self.sessions = make_session_factory(make_engine(url, pool_size=16, max_overflow=0))
        self.location = run_in_transaction(self.sessions, make_location)
        product = run_in_transaction(self.sessions, make_product)
        self.variants = []
        for start in range(0, count, 100):
            wanted = min(100, count - start)
            self.variants += run_in_transaction(
                self.sessions,
                lambda session, wanted=wanted: [  # type: ignore[misc]
                    make_variant(session, product=product, on_hand=PLENTY) for _ in range(wanted)
                ],
            )

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run one round and return how long it took and how many were granted."""
        works = {"reserve": self._reserve, "many": self._many, "bare": self._bare}
        work = works[request.get("mode", "reserve")]
        if "stock" in request:
            self.variants[0] = self._scarce(request["stock"])
        granted: list[int] = []
        threads = [
            threading.Thread(target=lambda n=n: granted.append(work(n, request)))
            for n in range(request["clients"])
        ]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"seconds": time.perf_counter() - start, "granted": sum(granted)}

    def _pick(self, client: int, number: int, *, hot: bool) -> Any:
        index = 0 if hot else (client * 7919 + number * 31) % len(self.variants)
        return self.variants[index]

    def _reserve(self, client: int, request: dict[str, Any]) -> int:
        done = 0
        for number in range(request["operations"]):
            variant = self._pick(client, number, hot=request["hot"])

            def work(session: Session, variant: Any = variant) -> None:
                reserve_stock(
                    session, variant, self.location, quantity=1, expires_in=HOLD, actor="bench"
                )

            try:
                run_in_transaction(self.sessions, work)
            except InsufficientStockError:
                continue
            done += 1
        return done

    def _many(self, client: int, request: dict[str, Any]) -> int:
        done = 0
        for number in range(request["operations"] // 100):
            variant = self._pick(client, number, hot=request["hot"])
            wishes = [ReserveRequest(variant.id, self.location.id, 1)] * 100
            answers = run_in_transaction(
                self.sessions,
                lambda session, wishes=wishes: reserve_many(  # type: ignore[misc]
                    session, wishes, actor="bench", expires_in=HOLD
                ),
            )
            done += sum(answer.reservation_id is not None for answer in answers)
        return done

    def _bare(self, client: int, request: dict[str, Any]) -> int:
        """Send the identical statement through psycopg, nothing else."""
        address = make_url(self.url)
        with psycopg.connect(
            host=str(address.query["host"]),
            user="postgres",
            dbname=address.database,
            autocommit=True,
        ) as connection:
            for number in range(request["operations"]):
                variant = self._pick(client, number, hot=request["hot"])
                now = utc_now()
                wish = {
                    "variant_id": variant.id,
                    "location_id": self.location.id,
                    "quantity": 1,
                    "expires_at": now + HOLD,
                    "holder_ref": None,
                    "actor": "bench",
                    "key": None,
                    "now": now,
                }
                with connection.transaction():
                    connection.execute(_RESERVE, wish).fetchone()
        return int(request["operations"])

    def _scarce(self, stock: int) -> Any:
        def work(session: Session) -> Any:
            variant = make_variant(session)
            receive_stock(session, variant, self.location, quantity=stock, actor="bench")
            return variant

        return run_in_transaction(self.sessions, work)

    def fill(self, movements: int) -> int:
        """Give the ledger a past of ``movements`` rows, spread over all levels."""
        engine = self.sessions.kw["bind"]
        with engine.begin() as connection:
            connection.exec_driver_sql(_FILL, {"rows": movements})
            connection.exec_driver_sql(_CATCH_UP)
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
        return movements

    def oversold(self) -> int:
        """Return how many levels promise more than they have."""
        query = select(StockLevel.id).where(StockLevel.available < 0)
        return run_in_transaction(self.sessions, lambda s: len(s.scalars(query).all()))


def main() -> None:
    """Answer each line of standard input with one line of JSON."""
    shop = Shop(sys.argv[1], int(sys.argv[2]))
    for line in sys.stdin:
        request = json.loads(line)
        if "fill" in request:
            answer = {"filled": shop.fill(request["fill"])}
        else:
            answer = {"oversold": shop.oversold()} if request.get("ask") else shop.run(request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
