"""What a stream is about: all stock, one product, one variant, or one location."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Topic:
    """What a subscriber wants to hear of. ``id`` is None only for all stock."""

    kind: Literal["stock", "product", "variant", "location"] = "stock"
    id: int | None = None


ALL_STOCK: Final = Topic()
