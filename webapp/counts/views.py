"""What the templates of the counting pages are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from commerce_core.inventory.count_models import CountStatus
from commerce_core.inventory.models import StockLocation
from webapp.accounts.sessions import Identity
from webapp.counts.forms import CountedForm, StartForm
from webapp.counts.reading import CountPage, CountRow, Thing
from webapp.errors import Problem
from webapp.security import Right
from webapp.status_lists import StatusList, status_context

PATH: Final = "/stock/counts"
STATES: Final = {
    # A count stands on one of these; the values are those of the glyphs in the style sheet.
    CountStatus.OPEN: "running",
    CountStatus.POSTED: "done",
    CountStatus.CANCELLED: "cancelled",
}


def list_context(
    found: StatusList[CountRow], status: CountStatus | None, user: Identity | None
) -> dict[str, Any]:
    """Return what the list shows."""
    return status_context(found, status, CountStatus, path=PATH) | {
        "states": STATES,
        "may_count": Right.CHANGE_STOCK.belongs_to(user),
    }


def start_context(
    form: StartForm, locations: Sequence[StockLocation], problem: Problem | None = None
) -> dict[str, Any]:
    """Return what the form of a new count shows."""
    choices = [(location.id, location.name) for location in locations]
    return {"form": form, "locations": choices, "problem": problem}


def counting_context(
    page: CountPage,
    thing: Thing | None,
    *,
    unknown: str = "",
    form: CountedForm | None = None,
    problem: Problem | None = None,
) -> dict[str, Any]:
    """Return what the counting page shows. ``unknown`` is a code that names nothing."""
    counted = form.counted if form else ""
    if thing and not counted:
        # A scan holds one piece in its hand; a variant counted before goes on from there.
        counted = str(1 if thing.before is None else thing.before)
    return {
        "page": page,
        "thing": thing,
        "counted": counted,
        "unknown": unknown,
        "error": form.error if form else "",
        "problem": problem,
        "toasts": (),
    }


def saved_context(page: CountPage, thing: Thing | None, form: CountedForm) -> dict[str, Any]:
    """Return what follows a saved number: the next variant, and the head and list brought up."""
    is_unknown = bool(form.next_code) and thing is None
    return counting_context(page, thing, unknown=form.next_code if is_unknown else "")


def review_context(
    page: CountPage, user: Identity | None, *, done: str = "", problem: Problem | None = None
) -> dict[str, Any]:
    """Return what the review shows: the differences first, then what was as expected."""
    different = [line for line in page.lines if line.line.difference]
    same = [line for line in page.lines if not line.line.difference]
    return {
        "page": page,
        "different": sorted(different, key=lambda line: line.variant.full),
        "same": sorted(same, key=lambda line: line.variant.full),
        "found": sum(max(0, line.line.difference) for line in different),
        "gone": sum(max(0, -line.line.difference) for line in different),
        "is_open": page.count.status is CountStatus.OPEN,
        "states": STATES,
        "may_count": Right.CHANGE_STOCK.belongs_to(user),
        "done": done,
        "problem": problem,
    }
