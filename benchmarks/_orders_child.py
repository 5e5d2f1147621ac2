"""Our orders, on demand, in threads: placed and allocated, one flow for each."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from benchmarks._inventory_child import PLENTY
from commerce_core import make_engine, make_session_factory, run_flow, run_in_transaction
from commerce_core.migrations import upgrade
from commerce_core.orders import Checkout, CheckoutLine, list_orders, place_order
from commerce_core.orders.models import OrderStatus
from commerce_core.orders.queries import OrderFilter
from commerce_core.testing import make_product, make_variant
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_FILL = """
INSERT INTO commerce_order (channel, number, status, currency, placed_at, created_at, total)
SELECT 'past', 'P' || n, (ARRAY['delivered', 'cancelled', 'shipped'])[1 + n % 3], 'EUR',
    timestamptz '2020-01-01 00:00+00' + n * interval '1 minute', now(), 199000
FROM generate_series(1, :rows) AS n;
INSERT INTO commerce_order_line (order_id, position, kind, variant_id, code, quantity, unit_price)
SELECT o.id, 1, 'goods', (SELECT min(id) FROM commerce_variant), 'P', 1, 199000
FROM commerce_order AS o WHERE o.channel = 'past'
"""


class Shop:
    """A shop with ``count`` variants at one location, and threads that order from it."""

    def __init__(self, url: str, count: int) -> None:
        upgrade(url)
        # Neither side asks before each transaction whether its connection still lives.
        options = {} if url.startswith("sqlite") else {"pool_size": 16, "max_overflow": 0}
        self.engine = make_engine(url, pool_pre_ping=False, **options)
        self.sessions = make_session_factory(self.engine)
        product = run_in_transaction(self.sessions, make_product)

        def stocked(session: Session) -> list[Any]:
            return [make_variant(session, product=product, on_hand=PLENTY) for _ in range(count)]

        self.variants = run_in_transaction(self.sessions, stocked)

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run one round and return how long it took and how many were placed."""
        granted: list[int] = []
        threads = [
            threading.Thread(target=lambda n=n: granted.append(self._place(n, request)))
            for n in range(request["clients"])
        ]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"seconds": time.perf_counter() - start, "granted": sum(granted)}

    def _place(self, client: int, request: dict[str, Any]) -> int:
        for number in range(request["operations"]):
            index = 0 if request["hot"] else (client * 7919 + number * 31) % len(self.variants)
            checkout = Checkout([CheckoutLine(self.variants[index], 1)])
            run_flow(self.sessions, place_order(checkout, actor="bench"))
        return int(request["operations"])

    def statements(self) -> dict[str, Any]:
        """Return how many statements one order takes."""
        with recorded(self.engine) as sent:
            self._place(0, {"operations": 1, "hot": True})
        return {"statements": len(sent)}

    def fill(self, rows: int) -> dict[str, Any]:
        """Give the shop a past of so many orders."""
        with self.engine.begin() as connection:
            for statement in _FILL.split(";"):
                connection.execute(text(statement), {"rows": rows})
        with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
        return {"filled": rows}

    def pages(self, times: int) -> dict[str, Any]:
        """Read pages of the list: the first, one by state, and one further on."""
        wanted = (OrderFilter(), OrderFilter(status=OrderStatus.SHIPPED))
        start = time.perf_counter()
        for _ in range(times):
            for order_filter in wanted:
                first = run_in_transaction(
                    self.sessions,
                    lambda s, f=order_filter: list_orders(s, f),  # type: ignore[misc]
                )
                run_in_transaction(
                    self.sessions,
                    lambda s, f=order_filter, c=first.next_cursor: list_orders(s, f, after=c),  # type: ignore[misc]
                )
        return {"seconds": time.perf_counter() - start, "granted": times}


def main() -> None:
    """Answer each line of standard input with one line of JSON."""
    shop = Shop(sys.argv[1], int(sys.argv[2]))
    for line in sys.stdin:
        request = json.loads(line)
        if "fill" in request:
            answer = shop.fill(request["fill"])
        elif "pages" in request:
            answer = shop.pages(request["pages"])
        else:
            answer = shop.statements() if request.get("count") else shop.run(request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
