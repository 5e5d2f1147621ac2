"""Edit many cells of the variant grid at once: all of them or none, and nobody's work is lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from commerce_core.catalog.amounts import Decimals
from commerce_core.catalog.change_models import ChangeKind
from commerce_core.catalog.changes import ChangeLog, require_actor
from commerce_core.catalog.edit_conflicts import Conflict, stale_edits
from commerce_core.catalog.models import Product, Variant
from commerce_core.catalog.options import option_names
from commerce_core.catalog.prices import prices_of, record_prices
from commerce_core.catalog.skus import (
    duplicate_barcode,
    duplicate_sku,
    taken_barcodes,
    taken_skus,
)
from commerce_core.catalog.variant_fields import VARIANT_FIELDS, read_field
from commerce_core.catalog.variants import searched_options
from commerce_core.clock import utc_now
from commerce_core.database import is_postgresql
from commerce_core.errors import CommerceError, InvalidCellsError, InvalidInputError
from commerce_core.records import id_of

MOST_EDITS: Final = 50_000
_UNSEEN: Final = object()


@dataclass(frozen=True, slots=True)
class CellEdit:
    """What somebody typed into one cell of the grid.

    ``value`` is typed or a text, ``version`` that of the variant when it was read, None to save
    whatever is there. ``seen`` is what the cell showed: with it only a cell that somebody else
    changed is in conflict, not its whole row.
    """

    variant_id: int
    field: str
    value: Any
    version: int | None = None
    seen: Any = _UNSEEN


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell that was changed, and the version its variant has now."""

    variant_id: int
    field: str
    before: Any
    after: Any
    version: int


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A cell whose value cannot be accepted, and why in one sentence."""

    variant_id: int
    field: str
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class EditResult:
    """What ``edit_variants`` changed: cells, and the versions of all variants it was given."""

    changes: Sequence[CellChange]
    versions: dict[int, int]

    def undo(self) -> list[CellEdit]:
        """Return the edits that take these back, unless somebody changed the cells since."""
        return [
            CellEdit(change.variant_id, change.field, change.before, change.version, change.after)
            for change in self.changes
        ]


def edit_variants(
    session: Session,
    product: Product,
    edits: Sequence[CellEdit],
    *,
    actor: str,
    decimals: Decimals = Decimals.EITHER,
) -> EditResult:
    """Save what was typed into the grid of a product, in one piece. The caller commits.

    Raises:
        StaleEditsError: somebody else changed cells since; ``conflicts`` shows both values.
        InvalidCellsError: values cannot be accepted; ``problems`` names each cell and why.
        InvalidInputError: a variant of another product, or no field of variants.
    """
    who = require_actor(actor)
    variants = _locked(session, product, edits)
    wanted = _read(edits, decimals)
    shown = _present(session, list(variants.values()))
    _require_fresh(edits, wanted, variants, shown)
    changed = {
        cell: value for cell, value in wanted.items() if shown[cell[0]].get(cell[1]) != value
    }
    _require_unique(session, changed, variants)
    return _save(session, variants, changed, shown, who)


_Cell = tuple[int, str]
_Finder = Callable[[Session, Collection[str]], dict[str, int]]


def _locked(session: Session, product: Product, edits: Sequence[CellEdit]) -> dict[int, Variant]:
    product_id = id_of(product, Product)
    if len(edits) > MOST_EDITS:
        message = f"{len(edits):,} cells are too many at once: at most {MOST_EDITS:,}"
        raise InvalidInputError(message, cells=len(edits))
    ids = sorted({edit.variant_id for edit in edits})
    query = select(Variant).filter_by(product_id=product_id).where(Variant.id.in_(ids))
    query = query.order_by(Variant.id).execution_options(populate_existing=True)
    if is_postgresql(session):
        query = query.with_for_update(key_share=True)
    found = {variant.id: variant for variant in session.scalars(query)}
    strange = [number for number in ids if number not in found]
    if strange:
        message = f"the product has no variant {strange[0]}: read the page again"
        raise InvalidInputError(message, variant_ids=strange)
    return found


def _read(edits: Sequence[CellEdit], decimals: Decimals) -> dict[_Cell, Any]:
    """Return what each cell is to hold; of several edits of a cell the last counts."""
    wanted: dict[_Cell, Any] = {}
    problems: list[CellProblem] = []
    for edit in edits:
        try:
            value = read_field(edit.field, edit.value, decimals=decimals)
        except InvalidInputError as exc:
            problems.append(CellProblem(edit.variant_id, edit.field, str(exc), exc.code))
        else:
            wanted[edit.variant_id, edit.field] = value
    _require_none(problems)
    return wanted


def _present(session: Session, variants: Sequence[Variant]) -> dict[int, dict[str, Any]]:
    """Return what the cells of ``variants`` show now; the price is the one in force."""
    quotes = prices_of(session, variants, as_of=utc_now())
    shown = {
        variant.id: {name: getattr(variant, name) for name in VARIANT_FIELDS}
        for variant in variants
    }
    for number, quote in quotes.items():
        shown[number]["price"] = quote.regular.amount
    return shown


def _require_fresh(
    edits: Sequence[CellEdit],
    wanted: dict[_Cell, Any],
    variants: dict[int, Variant],
    shown: dict[int, dict[str, Any]],
) -> None:
    conflicts: list[Conflict] = []
    for edit in edits:
        variant = variants[edit.variant_id]
        if edit.version is None or variant.version == edit.version:
            continue
        now = shown[variant.id][edit.field]
        yours = wanted[edit.variant_id, edit.field]
        if now != yours and (edit.seen is _UNSEEN or now != _as_read(edit)):
            conflicts.append(Conflict(variant.id, edit.field, yours, now, variant.version))
    if conflicts:
        raise stale_edits(conflicts)


def _as_read(edit: CellEdit) -> Any:
    """Return what the editor saw, as it is stored; a text that cannot be read is no match."""
    try:
        return read_field(edit.field, edit.seen)
    except InvalidInputError:
        return _UNSEEN


def _require_unique(
    session: Session, changed: dict[_Cell, Any], variants: dict[int, Variant]
) -> None:
    problems: list[CellProblem] = []
    swaps: list[tuple[str, dict[int, str], dict[str, int]]] = []
    rules: tuple[tuple[str, str, _Finder, Callable[[str], CommerceError]], ...] = (
        ("sku", "sku_key", taken_skus, duplicate_sku),
        ("barcode", "barcode_key", taken_barcodes, duplicate_barcode),
    )
    for field, column, find, refuse in rules:
        cells = {
            number: (VARIANT_FIELDS[field].columns(value)[column], value)
            for (number, name), value in changed.items()
            if name == field and value is not None
        }
        owners = find(session, {key for key, _ in cells.values()})
        # A key that an edited variant gives up is free for the others.
        given_up = {number for number, name in changed if name == field}
        taken: dict[str, int] = {
            key: owner for key, owner in owners.items() if owner not in given_up
        }
        for number, (key, value) in cells.items():
            if taken.setdefault(key, number) != number:
                error = refuse(value)
                problems.append(CellProblem(number, field, str(error), error.code))
        swaps.append((column, {number: key for number, (key, _) in cells.items()}, owners))
    _require_none(problems)
    for column, wanted, owners in swaps:
        _free_keys(session, column, wanted, owners, variants)


def _free_keys(
    session: Session,
    column: str,
    wanted: dict[int, str],
    owners: dict[str, int],
    variants: dict[int, Variant],
) -> None:
    """Let variants that swap keys give them up first: a key is unique at every moment."""
    swapping = {
        owners[key] for number, key in wanted.items() if owners.get(key, number) != number
    } & variants.keys()
    for number in sorted(swapping):
        change = update(Variant).where(Variant.id == number).values({column: f"~{number}"})
        session.execute(change, execution_options={"synchronize_session": False})


def _require_none(problems: Sequence[CellProblem]) -> None:
    if problems:
        rest = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        message = f"{problems[0].message}{rest}"
        raise InvalidCellsError(message, problems=tuple(problems))


def _save(
    session: Session,
    variants: dict[int, Variant],
    changed: dict[_Cell, Any],
    shown: dict[int, dict[str, Any]],
    actor: str,
) -> EditResult:
    now = utc_now()
    log = ChangeLog(actor, now)
    prices: list[tuple[Variant, Any]] = []
    by_variant: dict[int, dict[str, tuple[Any, Any]]] = {}
    for (number, field), value in changed.items():
        by_variant.setdefault(number, {})[field] = (shown[number][field], value)
    for number, fields in by_variant.items():
        if "price" in fields:
            prices.append((variants[number], fields["price"][1]))
        kind = ChangeKind.PRICE if set(fields) == {"price"} else ChangeKind.EDITED
        log.add(variants[number].product_id, fields, kind=kind, variant_id=number)
    record_prices(session, prices, actor=actor, at=now)
    named = [number for number, fields in by_variant.items() if "name" in fields]
    words = option_names(session, named)
    for number, fields in by_variant.items():
        if "name" in fields:
            chosen = words.get(number, [])
            variants[number].option_text = searched_options(fields["name"][1], chosen)
        for field, (_, value) in fields.items():
            for column, stored in VARIANT_FIELDS[field].columns(value).items():
                setattr(variants[number], column, stored)
        variants[number].updated_at = now
    session.flush()
    log.write(session)
    changes = [
        CellChange(number, field, shown[number][field], value, variants[number].version)
        for (number, field), value in changed.items()
    ]
    return EditResult(changes, {number: variant.version for number, variant in variants.items()})
