"""The areas of the house: what the sidebar, the tab bar and the ``g`` keys lead to.

The list is whole from the start; an area gets a link when the application has a route for it
and the person has the right. So a new feature adds a route and no line here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webapp.accounts.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def _(message: str) -> str:
    """Mark a label for translation; the template translates it."""
    return message


@dataclass(frozen=True, slots=True)
class Area:
    """One place in the house. ``key`` is its letter after ``g``."""

    label: str
    href: str
    icon: str
    group: str = ""
    key: str = ""
    role: Role = Role.VIEWER
    tab: str = ""
    """Its shorter name in the phone's tab bar; empty keeps it out of there."""

    def is_current(self, path: str) -> bool:
        """Say whether ``path`` is this area's page or one below it."""
        if self.href == "/":
            return path == "/"
        return path == self.href or path.startswith(f"{self.href}/")


SELL: Final = _("Sell")
STOCK: Final = _("Stock")
SHIP: Final = _("Ship and plan")
FOOT: Final = "foot"

AREAS: Final = (
    Area(_("Today"), "/", "home", key="t", tab=_("Today")),
    Area(_("Orders"), "/orders", "orders", SELL, "o", tab=_("Orders")),
    Area(_("Returns"), "/returns", "returns", SELL, "r"),
    Area(_("Customers"), "/customers", "customers", SELL, "c"),
    Area(_("Products"), "/products", "products", SELL, "p"),
    Area(_("Stock"), "/stock", "stock", STOCK, "s", tab=_("Stock")),
    Area(_("Counts"), "/stock/counts", "count", STOCK),
    Area(_("Transfers"), "/stock/transfers", "transfer", STOCK),
    Area(_("Purchase orders"), "/stock/purchase-orders", "purchase", STOCK),
    Area(_("Reservations"), "/stock/reservations", "clock", STOCK),
    Area(_("Shipments"), "/shipments", "ship", SHIP, "h", tab=_("Ship")),
    Area(_("Track a parcel"), "/shipments/track", "search", SHIP, role=Role.CLERK),
    Area(_("Forecasts"), "/forecasts", "forecast", SHIP, "f"),
    Area(_("Live stream"), "/live", "bell", FOOT, role=Role.MANAGER),
    Area(_("Style"), "/style", "style", FOOT, role=Role.ADMIN),
    Area(_("Users"), "/users", "customers", FOOT, role=Role.ADMIN),
    Area(_("Settings"), "/settings", "settings", FOOT),
)


class Navigation:
    """The areas that have a route, for the person who looks.

    ``open`` is called once, when all routes are known; before that no area has a link.
    """

    def __init__(self, areas: Sequence[Area] = AREAS) -> None:
        self._areas = tuple(areas)
        self._open: frozenset[str] = frozenset()

    def open(self, paths: Iterable[str]) -> None:
        """Give every area a link whose address is among the application's ``paths``."""
        self._open = frozenset(path.rstrip("/") or "/" for path in paths)

    def areas(self, role: Role | None) -> list[Area]:
        """Return the areas that ``role`` may enter, in the house's order; none for nobody."""
        if role is None:
            return []
        return [
            area for area in self._areas if area.href in self._open and role.includes(area.role)
        ]

    def current(self, path: str) -> Area | None:
        """Return the one area that ``path`` is in: of those around it the innermost."""
        around = [a for a in self._areas if a.href in self._open and a.is_current(path)]
        return max(around, key=lambda area: len(area.href), default=None)

    def groups(self, role: Role | None) -> Mapping[str, list[Area]]:
        """Return the areas by group ("" first, ``FOOT`` last)."""
        grouped: dict[str, list[Area]] = {}
        for area in self.areas(role):
            grouped.setdefault(area.group, []).append(area)
        return grouped
