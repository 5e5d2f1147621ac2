"""A worker that follows the stock journal: it notes what has to be ordered again, once each time.

Its place in the journal moves in the same transaction as its notes, so a worker that is killed
(even with -9) goes on without losing or repeating one. Run one of each name.

Run it: ``python examples/worker.py DATABASE_URL [--once]``
"""

import sys
import time

from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table
from sqlalchemy.orm import Session

from commerce_core import ensure_epoch, make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog import Variant
from commerce_core.errors import ConsumerBusyError, DatabaseError
from commerce_core.inventory import StockMovement
from commerce_core.journal import consume

NAME = "reorder-notes"
FEW = 5

# The worker's own table, in the same database as the stock.
notes = Table(
    "reorder_note",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("sku", String(64)),
    Column("on_hand", Integer),
    Column("noted_at", DateTime(timezone=True)),
)


def handle(session: Session) -> bool:
    """Handle the next movements; tell whether more are waiting. The caller commits.

    Quick work only: until the commit every live view waits for this transaction. Send the mail
    afterwards, from the notes.
    """
    page = consume(session, StockMovement, NAME, batch=100)
    for movement in page.rows:
        before = movement.on_hand - movement.on_hand_delta
        if movement.on_hand < FEW <= before:
            sku = session.get_one(Variant, movement.variant_id).sku
            values = {"sku": sku, "on_hand": movement.on_hand, "noted_at": movement.occurred_at}
            session.execute(notes.insert().values(**values))
            print(f"{sku}: only {movement.on_hand} left", flush=True)
    return page.more


def main() -> None:
    engine = make_engine(sys.argv[1])
    sessions = make_session_factory(engine)
    notes.metadata.create_all(engine)
    while True:
        try:
            run_in_transaction(sessions, ensure_epoch)  # the database may have been restored
            while run_in_transaction(sessions, handle):
                pass
        except (DatabaseError, ConsumerBusyError) as error:
            print(f"waiting: {error}", file=sys.stderr, flush=True)
        if "--once" in sys.argv:
            return
        time.sleep(0.5)


if __name__ == "__main__":
    main()
