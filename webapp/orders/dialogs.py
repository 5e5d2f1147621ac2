"""What the dialog of a verb is given: its fields, what is left, and what came of sending it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commerce_core.orders.amounts import line_value
from commerce_core.orders.models import LineKind, OrderLine
from commerce_core.orders.return_models import Claim
from commerce_core.orders.standing import balance
from webapp.accounts.sessions import Identity
from webapp.errors import Problem
from webapp.line_forms import with_blank_lines
from webapp.orders.actions import Action
from webapp.orders.forms import ActionForm
from webapp.orders.previews import Preview
from webapp.orders.reading import Change, OrderPage, cancellable, get_parcel, in_parcel
from webapp.orders.views import offer, order_context

OF_CLAIM: Final = frozenset({"replace", "settle", "deny"})
"""Verbs about one claim."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A line of a dialog that asks for pieces."""

    line: OrderLine
    left: int


@dataclass(frozen=True, slots=True)
class Told:
    """What came of sending a dialog. ``is_new_preview``: another one was shown before."""

    problem: Problem | None = None
    changes: Sequence[Change] = ()
    preview: Preview | None = None
    is_new_preview: bool = False


NOTHING_TOLD: Final = Told()


def dialog_context(
    page: OrderPage,
    action: Action,
    form: ActionForm,
    user: Identity | None,
    told: Told = NOTHING_TOLD,
) -> dict[str, Any]:
    """Return what a dialog shows, with the page under it."""
    fields = action.needs | action.takes
    asked: list[Asked] = []
    if fields & {"pieces", "lines"}:
        left = _left(page, action.verb, form.parcel)
        asked = [Asked(line, left[line.id]) for line in page.whole.lines if left.get(line.id)]
    claim = next((one for one in page.whole.claims if one.id == form.claim), None)
    return order_context(page, user, problem=None) | {
        "dialog": action.verb,
        "action": action,
        "offer": offer(page, action.verb, user),
        "fields": fields,
        "form": form,
        "asked": asked,
        "additions": with_blank_lines(form.additions, more=int(form.wants_lines)),
        "parcel": get_parcel(page, form.parcel),
        "claim": claim,
        "problem_in_dialog": told.problem,
        "changes": told.changes,
        "preview": told.preview,
        "is_new_preview": told.is_new_preview,
        "default_amount": _owed(page, action.verb, claim),
        "needs_reason": "reason" in action.needs,
    }


def _left(page: OrderPage, verb: str, parcel: int | None) -> Mapping[int, int]:
    """Return by line how many pieces can be asked for."""
    if verb in {"cancel-lines", "change"}:
        left = cancellable(page)
        goods = {line.id for line in page.goods}
        return left if verb == "cancel-lines" else {n: left[n] for n in goods}
    if verb == "claim":
        return {line.id: line.shipped for line in page.goods}
    return page.ready if parcel is None else in_parcel(page, parcel)


def _owed(page: OrderPage, verb: str, claim: Claim | None) -> str:
    """Return what is to be paid, or given back, as a field holds it; "" where it is nothing."""
    if claim is not None:
        lines = {str(line.id): line for line in page.whole.lines if line.kind is LineKind.GOODS}
        parts = [
            line_value(page.order, lines[number], pieces).total
            for number, pieces in claim.lines.items()
            if number in lines
        ]
        return f"{min(sum(parts), page.order.paid - page.order.refunded):.2f}" if parts else ""
    owed = -balance(page.order) if verb == "refund" else balance(page.order)
    return f"{owed.rounded().amount:.2f}" if owed.units > 0 else ""
