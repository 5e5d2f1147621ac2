"""Does what a matrix plan says: all of it in the caller's transaction, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from commerce_core.catalog.change_models import ChangeKind
from commerce_core.catalog.changes import ChangeLog, require_actor
from commerce_core.catalog.matrix import (
    MatrixChoice,
    MatrixPlan,
    MatrixResult,
    MatrixRow,
    Outcome,
)
from commerce_core.catalog.matrix_plan import clean_choice, plan_from
from commerce_core.catalog.matrix_state import KnownVariant, MatrixState, know_axes, read_matrix
from commerce_core.catalog.models import (
    OptionType,
    OptionValue,
    Product,
    ProductOptionType,
    Variant,
    VariantOptionValue,
    VariantStatus,
)
from commerce_core.catalog.options import combination_of, insert_unless_there, next_position
from commerce_core.catalog.products import lock_product
from commerce_core.catalog.skus import sku_and_key
from commerce_core.catalog.variants import named_by
from commerce_core.clock import utc_now
from commerce_core.errors import (
    DuplicateSkuError,
    InvalidMatrixError,
    StalePlanError,
    VariantInUseError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from commerce_core.catalog.matrix import Blockers

_COPIED: Final = (
    "compare_at_price", "cost", "weight", "length", "width", "height", "hs_code",
    "origin_country", "customs_description", "track_inventory", "low_stock_threshold",
    "lead_time_days",
)  # fmt: skip
"""What new variants take over from the first one of their product."""
_VARIANTS: Any = Variant.__table__
_CHOSEN: Any = VariantOptionValue.__table__


def apply_matrix(
    session: Session,
    product: Product,
    choice: MatrixChoice,
    *,
    actor: str,
    expected: str | None = None,
    blockers: Blockers | Sequence[Blockers] = (),
) -> MatrixResult:
    """Give a product the variants of ``choice``. Flushes; the caller commits.

    ``expected`` is the ``digest`` of the plan that was looked at: where the same choice would do
    something else by now, nothing is done. Retired variants are archived and keep their history.

    Raises:
        StalePlanError: the plan would do something else by now; ``plan`` is the new one.
        VariantInUseError: what was to be retired has stock or open orders; ``blockers``, ``plan``.
        DuplicateSkuError: a new SKU exists already, or comes twice; ``plan`` shows which.
        InvalidMatrixError: something is still to be decided (``plan``), or as ``plan_matrix``.
    """
    who = require_actor(actor)
    clean = clean_choice(choice)
    here = lock_product(session, product)
    state = read_matrix(session, here)
    plan = plan_from(session, state, clean, blockers)
    _require_applicable(plan, expected)
    return _Application(session, state, plan, who).run()


def _require_applicable(plan: MatrixPlan, expected: str | None) -> None:
    if expected is not None and plan.digest != expected:
        message = "the product changed since this was planned: look at the new plan"
        raise StalePlanError(message, plan=plan)
    if plan.is_applicable:
        return
    first = plan.problems[0]
    message = f"{first.sku}: {first.problem}"
    blocked = [blocker for row in plan.problems for blocker in row.blockers]
    if blocked:
        raise VariantInUseError(message, blockers=tuple(blocked), plan=plan)
    if first.outcome is Outcome.CREATED:
        raise DuplicateSkuError(message, sku=first.sku, plan=plan)
    raise InvalidMatrixError(message, plan=plan)


class _Application:
    """One plan being applied. Each method is a step; their order keeps every key unique."""

    def __init__(self, session: Session, state: MatrixState, plan: MatrixPlan, actor: str) -> None:
        self.session = session
        self.state = state
        self.plan = plan
        self.now = utc_now()
        self.log = ChangeLog(actor, self.now)
        self.known = {variant.id: variant for variant in state.variants}
        self.axis_ids: list[int] = []
        self.value_ids: list[dict[str, int]] = []

    def run(self) -> MatrixResult:
        rows = self.plan.rows
        self._make_values()
        self._write_axes()
        self._retire([row for row in rows if row.outcome is Outcome.RETIRED])
        staying = [r for r in rows if r.outcome in {Outcome.KEPT, Outcome.RESTORED}]
        self._make_way(staying, rows)
        self._keep(staying)
        created = self._create([row for row in rows if row.outcome is Outcome.CREATED])
        self.log.write(self.session)
        self._refresh()
        ids = {o: [r.variant_id or 0 for r in self.plan.having(o)] for o in Outcome}
        return MatrixResult(created, ids[Outcome.KEPT], ids[Outcome.RESTORED], ids[Outcome.RETIRED])

    # --- axes and values -----------------------------------------------------------------

    def _make_values(self) -> None:
        """Create the options and values that are missing, and know the ids of all."""
        wanted = [(axis.option, axis.values) for axis in self.plan.choice.axes]
        known = know_axes(self.session, wanted)
        for axis in known:
            if axis.option_type_id is None:
                position = next_position(self.session, OptionType)
                values = {"name": axis.option, "position": position, "created_at": self.now}
                insert_unless_there(self.session, OptionType, values)
        if any(axis.option_type_id is None for axis in known):
            known = know_axes(self.session, wanted)
        for axis in known:
            missing = [
                name
                for name, number in zip(axis.values, axis.value_ids, strict=True)
                if number is None
            ]
            if missing:
                self._insert_values(axis.option_type_id or 0, missing)
        if any(None in axis.value_ids for axis in known):
            known = know_axes(self.session, wanted)
        self.axis_ids = [axis.option_type_id or 0 for axis in known]
        self.value_ids = [
            {name: number or 0 for name, number in zip(axis.values, axis.value_ids, strict=True)}
            for axis in known
        ]

    def _insert_values(self, axis: int, names: Sequence[str]) -> None:
        first = next_position(self.session, OptionValue, option_type_id=axis)
        rows = [
            {"option_type_id": axis, "name": name, "position": place, "created_at": self.now}
            for place, name in enumerate(names, first)
        ]
        insert_unless_there(self.session, OptionValue, *rows)

    def _write_axes(self) -> None:
        before = list(self.state.axis_ids)
        if before == self.axis_ids:
            return
        product_id = self.state.product.id
        self.session.execute(delete(ProductOptionType).filter_by(product_id=product_id))
        rows = [
            {"product_id": product_id, "option_type_id": axis, "position": place}
            for place, axis in enumerate(self.axis_ids)
        ]
        if rows:
            self.session.execute(insert(ProductOptionType), rows)
        names = [self.state.option_names[axis] for axis in before]
        chosen = [axis.option for axis in self.plan.choice.axes]
        change = (", ".join(names) or None, ", ".join(chosen) or None)
        self.log.add(product_id, {"options": change}, kind=ChangeKind.MATRIX)

    # --- variants that are there ---------------------------------------------------------

    def _retire(self, rows: Sequence[MatrixRow]) -> None:
        self._update(
            [
                {"variant": row.variant_id, "status": VariantStatus.ARCHIVED, **self._touched(row)}
                for row in rows
            ]
        )
        self._note_status(rows, VariantStatus.ARCHIVED)

    def _make_way(self, staying: Sequence[MatrixRow], rows: Sequence[MatrixRow]) -> None:
        """Take combinations from variants that move, and from archived ones in the way."""
        wanted = {self._combination(row) for row in rows if row.outcome is not Outcome.RETIRED}
        resting = {row.variant_id for row in staying if not self._moves(row)}
        self._update(
            [
                {"variant": variant.id, "combination": f"~{variant.id}"}
                for variant in self.state.variants
                if variant.id not in resting
                and (variant.row.combination in wanted or variant.id in self._moving(staying))
            ]
        )

    def _moving(self, staying: Sequence[MatrixRow]) -> set[int]:
        return {row.variant_id or 0 for row in staying if self._moves(row)}

    def _moves(self, row: MatrixRow) -> bool:
        """Tell whether a variant gets another combination than it has."""
        return bool(self._variant(row).row.combination != self._combination(row))

    def _keep(self, rows: Sequence[MatrixRow]) -> None:
        places = {values: place for place, values in enumerate(r.values for r in self.plan.rows)}
        updates: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        moved: list[MatrixRow] = []
        for row in rows:
            variant = self._variant(row)
            change = self._kept_columns(row, variant, places[row.values])
            if change:
                change = {"variant": variant.id, **change}
                updates.setdefault(tuple(sorted(change)), []).append(change)
            if "combination" in change or row.is_moved:
                moved.append(row)
        for same in updates.values():
            self._update(same)
        self._write_values(moved, [row.variant_id or 0 for row in moved], replace=True)
        self._note_status(
            [row for row in rows if row.outcome is Outcome.RESTORED], VariantStatus.ACTIVE
        )

    def _kept_columns(self, row: MatrixRow, variant: KnownVariant, place: int) -> dict[str, Any]:
        """Return the columns of a variant that stays which change."""
        now = variant.row
        columns: dict[str, Any] = {"combination": self._combination(row)}
        before = self.state.named(variant)
        is_named_by_values = now.name == named_by(before) if before else True
        if is_named_by_values and row.is_moved:
            columns["name"] = named_by(row.values) or self.state.product.name
            if not before and now.name != self.state.product.name:
                del columns["name"]
        if row.outcome is Outcome.RESTORED:
            columns["status"] = VariantStatus.ACTIVE
        changed = {name: value for name, value in columns.items() if getattr(now, name) != value}
        if changed:
            noted = {
                name: (getattr(now, name), value)
                for name, value in changed.items()
                if name == "name"
            }
            if row.is_moved:
                noted["options"] = (named_by(before) or None, named_by(row.values) or None)
            self.log.add(now.product_id, noted, kind=ChangeKind.MATRIX, variant_id=variant.id)
            changed |= self._touched(row)
        if now.position != place:
            changed["position"] = place
        return changed

    # --- new variants --------------------------------------------------------------------

    def _create(self, rows: Sequence[MatrixRow]) -> list[int]:
        if not rows:
            return []
        places = {values: place for place, values in enumerate(r.values for r in self.plan.rows)}
        first = next(iter(self.state.active or self.state.variants), None)
        copied = {name: getattr(first.row, name) for name in _COPIED} if first else {}
        price = self.plan.choice.price
        cost = (
            {"price": price.amount, "currency": price.currency}
            if price is not None
            else {"price": first.row.price, "currency": first.row.currency}  # type: ignore[union-attr]  # plan_from asked
        )
        new = [self._new_row(row, places[row.values]) | copied | cost for row in rows]
        # By key and not by order: for that, SQLite would be sent a statement for each row.
        made = self.session.execute(insert(Variant).returning(Variant.sku_key, Variant.id), new)
        by_key: dict[str, int] = {key: number for key, number in made}  # noqa: C416 - rows
        ids = [by_key[str(row["sku_key"])] for row in new]
        self._write_values(rows, ids)
        for row, number in zip(rows, ids, strict=True):
            change = {"sku": (None, row.sku)}
            product_id = self.state.product.id
            self.log.add(product_id, change, kind=ChangeKind.CREATED, variant_id=number)
        return ids

    def _new_row(self, row: MatrixRow, place: int) -> dict[str, Any]:
        sku, key = sku_and_key(row.sku)
        return {
            "product_id": self.state.product.id,
            "sku": sku,
            "sku_key": key,
            "name": named_by(row.values) or self.state.product.name,
            "combination": self._combination(row),
            "position": place,
            "created_at": self.now,
            "updated_at": self.now,
        }

    # --- shared --------------------------------------------------------------------------

    def _variant(self, row: MatrixRow) -> KnownVariant:
        return self.known[row.variant_id or 0]

    def _ids(self, row: MatrixRow) -> list[int]:
        return [ids[value] for ids, value in zip(self.value_ids, row.values, strict=True)]

    def _combination(self, row: MatrixRow) -> str:
        return combination_of(self._ids(row))

    def _touched(self, row: MatrixRow) -> dict[str, Any]:
        return {"version": self._variant(row).row.version + 1, "updated_at": self.now}

    def _note_status(self, rows: Sequence[MatrixRow], status: VariantStatus) -> None:
        for row in rows:
            change = {"status": (self._variant(row).row.status, status)}
            product_id = self.state.product.id
            kind = ChangeKind.MATRIX
            self.log.add(product_id, change, kind=kind, variant_id=row.variant_id)

    def _update(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows of the same columns, each for its ``variant``."""
        if rows:
            columns: dict[str, Any] = {
                name: bindparam(name) for name in rows[0] if name != "variant"
            }
            change = update(_VARIANTS).where(_VARIANTS.c.id == bindparam("variant"))
            self.session.connection().execute(change.values(columns), rows)

    def _write_values(
        self, rows: Sequence[MatrixRow], ids: Sequence[int], *, replace: bool = False
    ) -> None:
        if replace and ids:
            gone = delete(_CHOSEN).where(_CHOSEN.c.variant_id == bindparam("variant"))
            self.session.connection().execute(gone, [{"variant": number} for number in ids])
        chosen = [
            {"variant_id": number, "option_type_id": axis, "option_value_id": value}
            for row, number in zip(rows, ids, strict=True)
            for axis, value in zip(self.axis_ids, self._ids(row), strict=True)
        ]
        if chosen:
            self.session.connection().execute(insert(_CHOSEN), chosen)

    def _refresh(self) -> None:
        """Let variants that the session holds show what was written past it."""
        product_id = self.state.product.id
        if any(
            isinstance(thing, Variant) and thing.product_id == product_id
            for thing in self.session.identity_map.values()
        ):
            query = select(Variant).filter_by(product_id=product_id)
            self.session.scalars(query.execution_options(populate_existing=True)).all()
