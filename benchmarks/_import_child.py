"""One side of the import benchmark, in a process of its own so that its memory can be watched.

``ours URL FILE`` migrates the database and imports the file; ``flat URL FILE`` reads it with pandas
and inserts the same rows into one flat table with a single ``session.execute``.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from sqlalchemy import Column, DateTime, Float, Integer, MetaData, String, Table, insert

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.migrations import upgrade

_FLAT = Table(
    "flat",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("InvoiceNo", String),
    Column("StockCode", String),
    Column("Description", String),
    Column("Quantity", Integer),
    Column("InvoiceDate", DateTime),
    Column("UnitPrice", Float),
    Column("CustomerID", String),
    Column("Country", String),
)


def ours(url: str, path: str) -> float:
    """Import the file and return the seconds it took."""
    from commerce_core.importing import import_online_retail

    upgrade(url)
    factory = make_session_factory(make_engine(url))
    start = time.perf_counter()
    import_online_retail(factory, path, actor="benchmark")
    return time.perf_counter() - start


def flat(url: str, path: str) -> float:
    """Read and insert the same rows into one flat table and return the seconds it took."""
    import pandas as pd

    engine = make_engine(url)
    _FLAT.metadata.create_all(engine)
    factory = make_session_factory(engine)
    start = time.perf_counter()
    frame = pd.read_csv(path, dtype={"InvoiceNo": str, "StockCode": str, "CustomerID": str})
    frame["InvoiceDate"] = pd.to_datetime(frame["InvoiceDate"])
    frame = frame.astype(object).where(frame.notna(), None)
    rows: list[Any] = frame.to_dict(orient="records")
    run_in_transaction(factory, lambda session: session.execute(insert(_FLAT), rows))
    return time.perf_counter() - start


if __name__ == "__main__":
    side, address, file = sys.argv[1:4]
    print({"ours": ours, "flat": flat}[side](address, file))
