"""A plain script: create a variant, receive stock, ship some, read the level.

Run it: ``python examples/plain_script.py [DATABASE_URL]`` (a temporary SQLite file by default).
"""

import sys
import tempfile
from pathlib import Path

from sqlalchemy.orm import Session

from commerce_core import Money, make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog import create_product, create_variant, get_variant
from commerce_core.errors import InsufficientStockError
from commerce_core.inventory import (
    create_location,
    find_level,
    get_location,
    receive_stock,
    ship_stock,
)
from commerce_core.migrations import upgrade


def open_shop(session: Session) -> None:
    """One transaction: the caller commits, the library never does."""
    shirt = create_product(session, name="Linen shirt Alma")
    variant = create_variant(
        session,
        shirt,
        sku="ALM-CHA-M",
        price=Money.of("89.90", "EUR"),
        options={"Colour": "Chalk", "Size": "M"},
    )
    hamburg = create_location(session, code="HAM", name="Hamburg")
    receive_stock(session, variant, hamburg, quantity=12, actor="script")


def ship(session: Session, quantity: int) -> int:
    variant = get_variant(session, sku="ALM-CHA-M")
    hamburg = get_location(session, code="HAM")
    ship_stock(session, variant, hamburg, quantity=quantity, actor="script")
    level = find_level(session, variant, hamburg)
    return level.available if level else 0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'shop.db'}"
        upgrade(url)
        factory = make_session_factory(make_engine(url))
        run_in_transaction(factory, open_shop)
        left = run_in_transaction(factory, lambda session: ship(session, 5))
        print(f"shipped 5, {left} left")
        try:
            run_in_transaction(factory, lambda session: ship(session, 8))
        except InsufficientStockError as error:
            print(f"refused: {error}")


if __name__ == "__main__":
    main()
