"""Edits of option values, which are the whole shop's: a name, a colour, an order.

What is changed here shows on every product that uses the option, so the history of each tells it.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update

from commerce_core.catalog.changes import ChangeLog, require_actor
from commerce_core.catalog.models import (
    NAME_LENGTH,
    OptionType,
    OptionValue,
    ProductOptionType,
    Variant,
    VariantOptionValue,
)
from commerce_core.catalog.options import JOINER, require_swatch
from commerce_core.errors import DuplicateError, InvalidInputError
from commerce_core.records import id_of
from commerce_core.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

_LONGEST_ORDER: Final = 300
"""So many characters of an order stand in a history."""


def set_swatch(
    session: Session, value: OptionValue, *, swatch: str | None, actor: str
) -> OptionValue:
    """Give an option value a colour such as ``#aa3322``, or none. The caller commits.

    Raises:
        InvalidInputError: the swatch is no such colour.
    """
    log = ChangeLog(require_actor(actor))
    require_swatch(swatch)
    id_of(value, OptionValue)
    before, value.swatch = value.swatch, swatch
    session.flush()
    if before != swatch:
        told = (f"{value.name} {before or ''}".strip(), f"{value.name} {swatch or ''}".strip())
        _note(session, log, value.option_type_id, "option_swatch", told)
    return value


def rename_option_value(
    session: Session, value: OptionValue, *, name: str, actor: str
) -> OptionValue:
    """Rename a value in the whole shop; names of variants that are made of values follow.

    Flushes; the caller commits.

    Raises:
        InvalidTextError: the name is empty or too long.
        DuplicateError: the option has a value of this name.
    """
    log = ChangeLog(require_actor(actor))
    written = clean_text(name, name="the option value's name", max_length=NAME_LENGTH)
    number = id_of(value, OptionValue)
    taken = select(OptionValue.id).filter_by(option_type_id=value.option_type_id, name=written)
    if session.scalar(taken.where(OptionValue.id != number)) is not None:
        message = f"the option has a value {written!r} already: choose another name"
        raise DuplicateError(message, name=written)
    before, value.name = value.name, written
    session.flush()
    if before != written:
        _rename_variants(session, number, before, written)
        _note(session, log, value.option_type_id, "option_value", (before, written))
    return value


def _rename_variants(session: Session, value_id: int, before: str, after: str) -> None:
    having = select(VariantOptionValue.variant_id).filter_by(option_value_id=value_id)
    for variant_id, named in session.execute(
        select(Variant.id, Variant.name).where(Variant.id.in_(having))
    ).all():
        parts = [after if part == before else part for part in named.split(JOINER)]
        changed = {"name": JOINER.join(parts)[:NAME_LENGTH], "version": Variant.version + 1}
        if changed["name"] != named:
            session.execute(update(Variant).where(Variant.id == variant_id).values(changed))


def order_option_values(session: Session, values: Sequence[OptionValue], *, actor: str) -> None:
    """Put the values of one option type into this order. The caller commits.

    Raises:
        InvalidInputError: they belong to several option types.
    """
    log = ChangeLog(require_actor(actor))
    options = {value.option_type_id for value in values}
    if len(options) > 1:
        message = "these values belong to several options: order one option at a time"
        raise InvalidInputError(message)
    before = sorted(values, key=lambda value: (value.position, value.id))
    for position, value in enumerate(values):
        value.position = position
    session.flush()
    if before != list(values):
        told = _what_moved([v.name for v in before], [v.name for v in values])
        _note(session, log, options.pop(), "option_order", told)


def _what_moved(before: Sequence[str], after: Sequence[str]) -> tuple[str, str]:
    """Return both orders as texts, from the first value that moved to the last."""
    pairs = list(zip(before, after, strict=True))
    head = sum(1 for _ in takewhile(_is_pair, pairs))
    tail = sum(1 for _ in takewhile(_is_pair, reversed(pairs)))
    first, second = (", ".join(names[head : len(names) - tail]) for names in (before, after))
    return _cut(first), _cut(second)


def _is_pair(names: tuple[str, str]) -> bool:
    return names[0] == names[1]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_ORDER else text[: _LONGEST_ORDER - 1] + "…"


def _note(
    session: Session, log: ChangeLog, option_id: int, what: str, told: tuple[str, str]
) -> None:
    """Write what happened to an option into the history of each product that uses it."""
    option = session.get_one(OptionType, option_id)
    before, after = (f"{option.name}: {text}" for text in told)
    using = select(ProductOptionType.product_id).filter_by(option_type_id=option_id)
    for product_id in session.scalars(using.order_by(ProductOptionType.product_id)):
        log.add(product_id, {what: (before, after)})
    log.write(session)
