"""What can be sent in exchange for a return, and what a form says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from commerce_core.catalog.models import Variant, VariantStatus
from commerce_core.inventory.availability import list_availability
from commerce_core.orders.case import lock_order
from commerce_core.orders.exchanges import exchange_return
from commerce_core.orders.models import Order
from commerce_core.orders.return_models import Return
from commerce_core.orders.returns import read_return
from webapp.fields import text_of, whole_of
from webapp.line_forms import pieces_by_variant
from webapp.orders.forms import ActionForm
from webapp.records import get_record
from webapp.returns.reading import ReturnPage

_SWAP: Final = "swap-"
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant of the same product, with what is available of it."""

    variant: Variant
    available: int


@dataclass(slots=True)
class ExchangeForm:
    """What was typed: fields of ``ActionForm``, and by order line the variant to send instead."""

    fields: ActionForm
    swaps: dict[int, int | None] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> ExchangeForm:
        """Read the form and note what is wrong with it."""
        fields = ActionForm.read(form, frozenset({"lines"}))
        swaps = {line: whole_of(text_of(form, f"{_SWAP}{line}")) for line in fields.pieces}
        return cls(fields, swaps)

    def content(self, number: int) -> tuple[Any, ...]:
        """Return what makes two of these forms the same."""
        return (self.fields.content(number), sorted(self.swaps.items(), key=str))


def read_choices(session: Session, page: ReturnPage) -> dict[int, Sequence[Choice]]:
    """Return by variant that comes back what of its product can be sent instead. Two statements."""
    sold = [line.variant_id for _, line in page.lines if line.variant_id is not None]
    back = aliased(Variant)
    rows = session.execute(
        select(back.id, Variant)
        .join(Variant, Variant.product_id == back.product_id)
        .where(back.id.in_(sold), Variant.status == VariantStatus.ACTIVE)
        .order_by(back.id, Variant.id)
    ).all()
    left: dict[int, int] = {}
    for one in list_availability(session, sorted({row[1].id for row in rows})) if rows else ():
        left[one.variant_id] = left.get(one.variant_id, 0) + max(0, one.available)
    found: dict[int, list[Choice]] = {}
    for number, variant in rows:
        same = found.setdefault(number, [])
        if len(same) < _LONGEST:
            same.append(Choice(variant, left.get(variant.id, 0)))
    return dict(found)


def exchange(session: Session, found: Return, form: ExchangeForm, actor: str) -> Order:
    """Order what the form says in place of what comes back. The caller commits.

    Raises:
        VersionConflictError: the return is not as the person saw it.
        InvalidStateError, InsufficientStockError, InvalidInputError: it cannot be done.
    """
    lock_order(session, found.order_id)
    read_return(session, found, form.fields.version)
    wanted = pieces_by_variant(session, form.fields.additions)
    for line, pieces in sorted(form.fields.quantities.items()):
        variant = get_record(session, Variant, form.swaps.get(line) or 0)
        wanted[variant] = wanted.get(variant, 0) + pieces
    return exchange_return(
        session,
        found,
        wanted,
        actor=actor,
        free=form.fields.is_free,
        allow_partial=form.fields.is_partial,
    )
