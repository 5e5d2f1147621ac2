"""Placing an order against django-oscar's OrderCreator.place_order, and what the machine costs.

Real PostgreSQL with fsync on, both sides on the same server in the same run, in turns. The same
work: one line, order placed and its stock allocated, no payment. Oscar's baskets are made before
the clock runs.

``python -m benchmarks.orders list [ROUNDS]`` compares the list of orders, every filter and search
of it, and the board's counts at 1,000,000 orders with those at 10,000, on both databases.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transitions import Machine

from benchmarks._measure import measure_pair
from benchmarks._orders_list_child import names
from benchmarks._peers import Child, peer_python
from benchmarks._report import Report
from benchmarks.inventory import OSCAR, _database, _pair
from commerce_core.orders.machine import ORDER_RULES, ORDERS, Situation, Trigger
from commerce_core.orders.models import OrderStatus
from commerce_core.testing import temporary_postgres

if TYPE_CHECKING:
    from collections.abc import Sequence

VARIANTS = 200
ROUNDS = 9
OPERATIONS = 160
MANY = 1_000_000
FEW = 10_000
READINGS = 5


def main() -> int:
    """Run every comparison and return the exit code."""
    words = sys.argv[1:]
    rounds = next((int(word) for word in words if word.isdigit()), ROUNDS)
    if "list" in words:
        chosen = [kind for kind in ("SQLite", "PostgreSQL") if kind.lower() in words]
        return _long_list(rounds, chosen or ["SQLite", "PostgreSQL"])
    report = Report("orders")
    _machine(report)
    with temporary_postgres(fsync=True) as url, ExitStack() as stack:
        ours = stack.enter_context(Child("_orders_child.py", _database(url, "ours"), str(VARIANTS)))
        oscar = stack.enter_context(
            Child(
                "_oscar_orders_child.py",
                _database(url, "oscar"),
                str(VARIANTS),
                python=peer_python("oscar", OSCAR),
            )
        )
        _against_oscar(report, ours, oscar, rounds)
        report.add("statements of place_order, PostgreSQL", ours.ask(count=1)["statements"], "<= 6")
        _on_sqlite(report)
    return report.finish()


def _against_oscar(report: Report, ours: Child, oscar: Child, rounds: int) -> None:
    for name, clients, hot, target in (
        ("1 client, uniform SKUs", 1, False, ">= 5"),
        ("8 threads, uniform SKUs", 8, False, ">= 5"),
        ("8 threads, one hot SKU", 8, True, ">= 3"),
    ):
        request = {"clients": clients, "hot": hot, "operations": OPERATIONS // clients}
        rate, peer, ratio = _pair(ours, oscar, request, request, rounds)
        report.add(f"place_order over oscar place_order, {name}", ratio, target)
        report.context[name] = f"{rate:.0f} against {peer:.0f} a second"
    request = {"clients": 1, "hot": False, "operations": OPERATIONS}
    _, _, same = _pair(ours, ours, request, request, rounds)
    report.add_control_ratio("control: place_order against itself", same)


def _on_sqlite(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'shop.db'}"
        with Child("_orders_child.py", url, "1") as shop:
            count = shop.ask(count=1)["statements"]
    report.add("statements of place_order, SQLite", count, "<= 16")


class _Bare:
    """A model with a status and nothing else."""

    status = OrderStatus.PROCESSING


def _bare_machine(model: Any = None) -> Machine:
    return Machine(
        model=model,
        states=OrderStatus,
        initial=OrderStatus.PROCESSING if model is not None else None,
        auto_transitions=False,
        send_event=True,
        model_attribute="status",
        transitions=[
            {
                "trigger": rule.trigger.value,
                "source": list(rule.sources),
                "dest": "=" if rule.target is None else rule.target,
            }
            for rule in ORDER_RULES
        ],
    )


def _machine(report: Report) -> None:
    """Compare a transition without a database with a bare trigger, and a machine for each order."""
    shared = _bare_machine()

    def ours() -> None:
        for _ in range(500):
            ORDERS.fire(Trigger.HOLD, Situation(OrderStatus.PROCESSING, wanted=1))

    def bare() -> None:
        for _ in range(500):
            shared.events["hold"].trigger(_Bare())

    def each() -> None:
        for _ in range(500):
            model = _Bare()
            _bare_machine(model).events["hold"].trigger(model)

    report.add(
        "a transition without a database over a bare trigger",
        measure_pair(ours, bare).ratio,
        "<= 2",
    )
    report.add(
        "a machine built for each order over ours", measure_pair(each, ours, rounds=5).ratio, ">= 3"
    )


def _long_list(rounds: int, kinds: Sequence[str], many: int = MANY) -> int:
    """Compare what is read of the orders of a large shop with the same of a small one."""
    report = Report("orders_list")
    for kind in kinds:
        with ExitStack() as stack:
            if kind == "SQLite":
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                urls = [f"sqlite:///{Path(folder) / name}.db" for name in ("few", "many")]
            else:
                server = stack.enter_context(temporary_postgres(fsync=False))
                urls = [_database(server, name) for name in ("few", "many")]
            small, large = (
                stack.enter_context(Child("_orders_list_child.py", url, str(rows)))
                for url, rows in zip(urls, (FEW, many), strict=True)
            )
            for name in names():
                request = {"what": name, "times": READINGS}
                fast, slow, ratio = _pair(small, large, request, request, rounds)
                report.add(f"{name}, {kind}: {many:,} orders over {FEW:,}", ratio, "<= 1.5")
                report.context[f"{name}, {kind}"] = f"{1000 / fast:.2f} and {1000 / slow:.2f} ms"
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
