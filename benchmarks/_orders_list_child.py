"""The list of orders and the board's counts of a shop with a past, read on demand."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.database import read_only
from commerce_core.migrations import upgrade
from commerce_core.orders import OrderStatus, count_orders, list_channels, list_orders
from commerce_core.orders.queries import OrderFilter
from commerce_core.orders.standing import Standing
from commerce_core.testing import make_product, make_variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

OPEN = 1_000
"""So many orders are under way in a shop of any size: the newest ones."""
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SERIES = {
    "postgresql": "generate_series(1, {count}) AS s(n)",
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count})"
    " SELECT n FROM s)",
}
_MOMENT = {
    "postgresql": "timestamptz '2026-01-01 00:00+00' - ({rows} - n) * interval '1 minute'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', '-' || ({rows} - n) || ' minutes')"
    " || '.000000'",
}
_FILL = """
INSERT INTO commerce_customer (id, number, name, email, created_at, details)
SELECT n, 'C' || n, CASE WHEN n % 20 = 0 THEN 'Anna' ELSE 'Name' || n END || ' Smith' || n % 997,
    'c' || n || '@example.com', '2026-01-01 00:00:00', '{{}}'
FROM {customers};
INSERT INTO commerce_order (id, channel, number, system, external_id, customer_id, status, currency,
    placed_at, created_at, details, total, tax, is_history, version, short, paid, held_at,
    hold_reason)
SELECT n, CASE WHEN n % 100 = 0 THEN 'fair' WHEN n % 3 = 0 THEN 'market' ELSE 'web' END,
    'P' || n, 'market', 'X-' || n, 1 + n % ({rows} / 10) * 7919 % ({rows} / 10),
    CASE WHEN n > {old} THEN CASE n % 4 WHEN 0 THEN 'pending' WHEN 1 THEN 'shipped'
            ELSE 'processing' END
        WHEN n % 50 = 0 THEN 'cancelled' WHEN n % 100 = 1 THEN 'expired' ELSE 'delivered' END,
    'EUR', {moment}, {moment}, '{{}}', 199000, 31773, false, 1,
    CASE WHEN n > {old} AND n % 20 = 2 THEN 1 ELSE 0 END, 0,
    CASE WHEN n > {old} AND n % 40 = 3 THEN {moment} END,
    CASE WHEN n > {old} AND n % 40 = 3 THEN 'asked' END
FROM {orders};
INSERT INTO commerce_order_line (order_id, position, kind, variant_id, code, quantity, unit_price,
    details)
SELECT n, 1, 'goods', (SELECT min(id) FROM commerce_variant), 'P', 1, 199000, '{{}}' FROM {orders}
"""
READS: dict[str, OrderFilter] = {
    "all": OrderFilter(),
    **{f"status {status}": OrderFilter(status=status) for status in OrderStatus},
    "channel web": OrderFilter(channel="web"),
    "channel fair (1 %)": OrderFilter(channel="fair"),
    "customer": OrderFilter(customer_id=77),
    "short": OrderFilter(is_short=True),
    "on hold": OrderFilter(is_held=True),
    "older than 2 days": OrderFilter(placed_before=_NOW - timedelta(days=2)),
    "processing, older than 2 days": OrderFilter(
        status=OrderStatus.PROCESSING, placed_before=_NOW - timedelta(days=2)
    ),
    "delivered at the fair": OrderFilter(status=OrderStatus.DELIVERED, channel="fair"),
    "processing at the fair": OrderFilter(status=OrderStatus.PROCESSING, channel="fair"),
    "task": OrderFilter(has_task=True),
    "returned": OrderFilter(standing=Standing.RETURNED),
    "partially shipped": OrderFilter(standing=Standing.PARTIALLY_SHIPPED),
    "short at the fair": OrderFilter(is_short=True, channel="fair"),
    "search: number": OrderFilter(search="P4242"),
    "search: id elsewhere": OrderFilter(search="X-4242"),
    "search: e-mail": OrderFilter(search="c77@example.com"),
    "search: rare name": OrderFilter(search="Name77"),
    "search: common name": OrderFilter(search="anna"),
    "search: nothing": OrderFilter(search="zzz"),
    "search: number, processing": OrderFilter(search="P4242", status=OrderStatus.PROCESSING),
    "search: common name, market": OrderFilter(search="anna", channel="market"),
}

COUNTS: dict[str, Callable[[Session], object]] = {
    "the board's counts": count_orders,
    "the channels": list_channels,
}
FURTHER = ("all", "status delivered", "channel web", "search: common name")


def names() -> list[str]:
    """Return everything that can be read; "| 4" is the fourth page."""
    return [*READS, *(f"{name} | 4" for name in FURTHER), *COUNTS]


class Shop:
    """A shop with a past of ``rows`` orders, one a minute, the newest of which are under way."""

    def __init__(self, url: str, rows: int) -> None:
        upgrade(url)
        engine = make_engine(url)
        sessions = make_session_factory(engine)
        run_in_transaction(sessions, lambda s: make_variant(s, product=make_product(s)))
        kind = engine.dialect.name
        script = _FILL.format(
            rows=rows,
            old=rows - OPEN,
            customers=_SERIES[kind].format(count=rows // 10),
            orders=_SERIES[kind].format(count=rows),
            moment=_MOMENT[kind].format(rows=rows),
        )
        with engine.begin() as connection:
            for statement in script.split(";"):
                connection.execute(text(statement))
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            if kind == "postgresql":
                connection.exec_driver_sql("VACUUM ANALYZE")
        self.sessions = make_session_factory(read_only(engine))

    def read(self, what: str, times: int) -> dict[str, Any]:
        """Read so often, and tell how long that took."""
        step = self._step(what)
        start = time.perf_counter()
        for _ in range(times):
            run_in_transaction(self.sessions, step)
        return {"seconds": time.perf_counter() - start, "granted": times}

    def _step(self, what: str) -> Callable[[Session], object]:
        if what in COUNTS:
            return COUNTS[what]
        name, _, page = what.partition(" | ")
        wanted = READS[name]
        if not page:
            return lambda session: list_orders(session, wanted)
        after: str | None = None
        for _ in range(3):  # the cursor of the fourth page
            step = partial(list_orders, wanted=wanted, after=after)
            after = run_in_transaction(self.sessions, step).next_cursor or after
        return partial(list_orders, wanted=wanted, after=after)


def main() -> None:
    """Answer each line of standard input with one line of JSON."""
    shop = Shop(sys.argv[1], int(sys.argv[2]))
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(shop.read(request["what"], request["times"])), flush=True)


if __name__ == "__main__":
    main()
