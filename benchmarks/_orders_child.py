"""Our orders, on demand, in threads: placed and allocated, one flow for each."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from benchmarks._inventory_child import PLENTY
from commerce_core import make_engine, make_session_factory, run_flow, run_in_transaction
from commerce_core.migrations import upgrade
from commerce_core.orders import Checkout, CheckoutLine, place_order
from commerce_core.testing import make_product, make_variant
from commerce_core.tests.statements import recorded

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


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


def main() -> None:
    """Answer each line of standard input with one line of JSON."""
    shop = Shop(sys.argv[1], int(sys.argv[2]))
    for line in sys.stdin:
        request = json.loads(line)
        answer = shop.statements() if request.get("count") else shop.run(request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
