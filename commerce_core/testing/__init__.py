"""For tests, ours and those of users: real temporary servers, a frozen clock, factories.

Nothing in here is imported by the library itself.
"""

from __future__ import annotations

from commerce_core.testing.clock import FrozenClock
from commerce_core.testing.dhl import FakeDHL
from commerce_core.testing.factories import (
    make_level,
    make_location,
    make_product,
    make_shop,
    make_variant,
)
from commerce_core.testing.servers import temporary_postgres, temporary_redis

__all__ = [
    "FakeDHL",
    "FrozenClock",
    "make_level",
    "make_location",
    "make_product",
    "make_shop",
    "make_variant",
    "temporary_postgres",
    "temporary_redis",
]
