"""The claims of the catalog: import, search at size, and 1,000 variants beside django-oscar.

``nox -s bench -- catalog [ROUNDS] [VARIANTS]``. Both databases; PostgreSQL with fsync on.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from benchmarks._board_shop import fill_shop
from benchmarks._catalog_rows import ours, plain, product_file, rows_of
from benchmarks._measure import estimate, measure_pair
from benchmarks._peers import Child, peer_python
from benchmarks._report import Report
from benchmarks.inventory import OSCAR
from commerce_core import make_engine, make_session_factory
from commerce_core.catalog import Product, Variant
from commerce_core.catalog.search import find_products, match_variants
from commerce_core.clock import utc_now
from commerce_core.testing import temporary_postgres
from webapp.products.filters import ListFilter
from webapp.products.listing import read_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session, sessionmaker

ROUNDS = 3
VARIANTS = 100_000
SMALL = 1_000
PAGE = 50
SEARCHES = {
    "": "",
    "a colour that every product has": "chalk",
    "a name, 60 products at both sizes": "jubilee",
    "that name and a colour": "jubilee chalk",
    "a name, 2 products at 1,000 and 156 at 100,000": "teashirt",
    "that name and a colour, 2 variants and 156": "teashirt chalk",
    "a SKU": "nev-00057",
}
"""Each word by what it finds. The page of a name that finds more in a larger shop has 2 rows there
and 50 here, so it shows what a row costs as well as what the size of the catalog does."""


class Databases:
    """Fresh databases of one kind, each with a name of its own."""

    def __init__(self, kind: str, server: str, folder: Path) -> None:
        self.kind = kind
        self._server = server
        self._folder = folder
        self._count = 0

    def new(self) -> str:
        """Return the URL of an empty database."""
        self._count += 1
        name = f"{self.kind.lower()}_{self._count}"
        if self.kind == "SQLite":
            return f"sqlite:///{self._folder / name}.db"
        engine = make_engine(self._server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return self._server.replace("/postgres?", f"/{name}?")


def main() -> int:
    """Run every comparison and return the exit code."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    variants = int(sys.argv[2]) if len(sys.argv) > 2 else VARIANTS
    report = Report("catalog")
    with temporary_postgres(fsync=True) as server, tempfile.TemporaryDirectory() as folder:
        for kind in ("SQLite", "PostgreSQL"):
            databases = Databases(kind, server, Path(folder))
            _imports(report, databases, rounds, variants)
            _searches(report, databases, variants)
        _against_oscar(report, Databases("peers", server, Path(folder)), rounds)
    return report.finish()


def _imports(report: Report, databases: Databases, rounds: int, variants: int) -> None:
    content = product_file(variants)
    ratios, seconds = [], []
    for _ in range(rounds):
        url = databases.new()
        first = ours(url, content)
        second = plain(databases.new(), rows_of(url))
        ratios.append(first / second)
        seconds.append((first, second))
    claim = f"import of {variants:,} variants over a plain bulk insert of the same rows"
    report.add(f"{claim}, {databases.kind}", estimate(ratios), "<= 3")
    shown = ", ".join(f"{a:.1f} s / {b:.1f} s" for a, b in seconds)
    report.context[f"import / plain, {databases.kind}"] = shown


def _searches(report: Report, databases: Databases, variants: int) -> None:
    shops = []
    for size in (SMALL, variants):
        url = databases.new()
        fill_shop(url, size)
        shops.append(make_session_factory(make_engine(url)))
    small, large = shops
    for finds, query in SEARCHES.items():
        shown = f"search {query!r} ({finds})" if query else "the list"
        for name, work in _reads(query):
            pair = measure_pair(_run(work, large), _run(work, small), rounds=15, warmup=3)
            times = f"{pair.first.median * 1000:.1f} / {pair.second.median * 1000:.1f} ms"
            report.context[f"{shown} of {name}, {databases.kind}"] = times
            claim = f"{shown} of {name}, {variants:,} over {SMALL:,} variants, {databases.kind}"
            report.add(claim, pair.ratio, "<= 1.5")
    same = measure_pair(_run(_products, small), _run(_products, small), rounds=100, warmup=5).ratio
    report.add_control_ratio(f"control: the same list over itself, {databases.kind}", same)


def _run(
    work: Callable[[Session, str], Any], factory: sessionmaker[Session], query: str = ""
) -> Callable[[], None]:
    def once() -> None:
        with factory() as session, session.begin():
            work(session, query)

    return once


def _reads(query: str) -> Iterator[tuple[str, Callable[[Session, str], Any]]]:
    yield "list page", lambda session, _: _list_page(session, query)
    yield "products", lambda session, _: _products(session, query)
    yield "variants", lambda session, _: _variants(session, query)


def _list_page(session: Session, query: str) -> None:
    read_list(session, ListFilter(query=query), as_of=utc_now())


def _products(session: Session, query: str) -> None:
    find_products(session, query, limit=PAGE)


def _variants(session: Session, query: str) -> None:
    match = match_variants(session, query)
    page = select(Variant.sku, Product.name).join(Product).where(match.condition)
    order = (Product.name, Product.id, Variant.position, Variant.id)
    session.execute(page.order_by(*order).limit(PAGE)).all()


def _against_oscar(report: Report, databases: Databases, rounds: int) -> None:
    with ExitStack() as stack:
        we = stack.enter_context(Child("_catalog_child.py", databases.new()))
        python = peer_python("oscar", OSCAR)
        oscar = stack.enter_context(Child("_oscar_child.py", databases.new(), "1", python=python))
        ratios = []
        for number in range(rounds + 1):
            theirs = oscar.ask(variants=1000)
            mine = we.ask()
            if number:
                ratios.append(theirs["seconds"] / mine["seconds"])
                seconds = f"{mine['seconds']:.2f} s / {theirs['seconds']:.2f} s"
                report.context[f"1,000 variants, ours / oscar, round {number}"] = seconds
    report.add("speed of making 1,000 variants over django-oscar 4.2.1", estimate(ratios), ">= 5")


if __name__ == "__main__":
    raise SystemExit(main())
