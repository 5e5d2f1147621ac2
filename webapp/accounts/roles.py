"""The four roles, each of which may do everything the one before it may."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person is in the shop. Ordered: viewer, clerk, manager, admin."""

    VIEWER = "viewer"
    CLERK = "clerk"
    MANAGER = "manager"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Tell whether this role may do everything ``other`` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)
