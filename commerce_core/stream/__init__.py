"""A client of the live stream: ``StockStream(url)`` yields every stock change, typed.

Speaks HTTP through httpx and needs neither a database nor SQLAlchemy. The contract it follows
stands in docs/live-stream.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.lazy import lazy_exports

if TYPE_CHECKING:
    from commerce_core.stream.client import Snapshot, StockStream
    from commerce_core.stream.items import StockChange, StockDelay, StockReset, StreamItem
    from commerce_core.stream.protocol import StreamRefusedError

__all__ = [
    "Snapshot",
    "StockChange",
    "StockDelay",
    "StockReset",
    "StockStream",
    "StreamItem",
    "StreamRefusedError",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "client": ("Snapshot", "StockStream"),
        "items": ("StockChange", "StockDelay", "StreamItem", "StockReset"),
        "protocol": ("StreamRefusedError",),
    },
)
