"""Our side of the catalog's benchmark: products of 1,000 variants, made on demand.

``_catalog_child.py URL`` answers each line of standard input with the seconds one product took.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog import Axis, MatrixChoice, apply_matrix, create_product
from commerce_core.migrations import upgrade
from commerce_core.money import Money

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

AXES = [Axis(name, [f"{name[0]}{n}" for n in range(10)]) for name in ("Colour", "Size", "Fit")]


def main() -> None:
    """Make one product for each line."""
    upgrade(sys.argv[1])
    factory = make_session_factory(make_engine(sys.argv[1]))
    for number, _ in enumerate(sys.stdin):
        slug = f"tee-{number}"

        def make(session: Session, slug: str = slug) -> int:
            product = create_product(session, name=slug)
            choice = MatrixChoice(AXES, price=Money.of(10, "EUR"))
            return len(apply_matrix(session, product, choice, actor="benchmark").created)

        start = time.perf_counter()
        granted = run_in_transaction(factory, make)
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "granted": granted}), flush=True)


main()
