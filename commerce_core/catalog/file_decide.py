"""Decides what a row of a product file does: create, change, nothing, or be refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from commerce_core.catalog.categories import fold
from commerce_core.catalog.file_known import Known, Pairs, folded
from commerce_core.catalog.file_results import RowOutcome, RowResult
from commerce_core.catalog.file_rows import RowProblem
from commerce_core.catalog.models import SKU_LENGTH
from commerce_core.catalog.sku_patterns import default_pattern
from commerce_core.catalog.skus import normalize_sku

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_core.catalog.file_rows import ProductRow

_SPACES: Final = re.compile(r"\s*>\s*")


@dataclass(slots=True)
class Decision:
    """A row and what it does; ``variant`` is the one it changes (None: it makes one)."""

    row: ProductRow
    outcome: RowOutcome
    sku: str = ""
    variant: Any = None
    product: Any = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    product_changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    new_image: tuple[str, str] | None = None

    @property
    def result(self) -> RowResult:
        """Return the row's line in the report."""
        return RowResult(
            self.row.line,
            self.outcome,
            self.row.slug or (self.product.slug if self.product is not None else ""),
            self.sku,
            {**self.product_changes, **self.changes},
            tuple(self.row.problems),
        )


class Decider:
    """Decides the rows of one batch, in their order."""

    def __init__(
        self, known: Known, columns: Mapping[str, str], images: Mapping[int, set[str]]
    ) -> None:
        self._known = known
        self._columns = columns
        self._images = images
        self._axes: dict[str, frozenset[str]] = {}
        self._taken: set[str] = set()
        self._made: set[tuple[str, Pairs]] = set()
        self._said: set[str] = set()
        self._shown: set[tuple[str, str]] = set()

    def decide(self, row: ProductRow) -> Decision:
        """Return what ``row`` does; what refuses it stands in its ``problems``."""
        made = self._decide(row)
        if row.problems:
            return Decision(row, RowOutcome.REFUSED, made.sku, product=made.product)
        if made.outcome is not RowOutcome.CREATED:
            is_changed = made.changes or made.product_changes or made.new_image
            made.outcome = RowOutcome.CHANGED if is_changed else RowOutcome.UNCHANGED
        else:
            self._taken.add(normalize_sku(made.sku))
            self._made.add((row.slug, folded(row.options)))
        if row.slug and made.product is None:
            self._axes.setdefault(row.slug, frozenset(name for name, _ in folded(row.options)))
        return made

    def _decide(self, row: ProductRow) -> Decision:
        known = self._known
        product = known.products.get(row.slug) if row.slug else None
        variant = self._find(row, product) if row.is_variant else None
        if variant is not None and not row.slug:
            product = known.products[known.slug_of(variant.product_id)]
        made = Decision(row, RowOutcome.UNCHANGED, variant=variant, product=product)
        if row.problems:
            return made
        if not row.slug and variant is None:
            self._refuse(
                row, "", "no variant has this SKU or barcode, and the row names no product"
            )
            return made
        self._decide_product(row, product, made)
        if not row.is_variant:
            if product is None and row.slug not in self._axes:
                self._refuse(row, "product", "a picture needs its product: put that above")
            return made
        if variant is None:
            self._create(row, product, made)
        else:
            self._change(row, variant, made)
        return made

    def _find(self, row: ProductRow, product: Any) -> Any:
        """Return the variant that a row means: by SKU, by barcode, or by its options."""
        known = self._known
        by_barcode = known.by_barcode.get(row.barcode_key) if row.barcode_key else None
        found = known.by_sku.get(row.sku_key) if row.sku_key else by_barcode
        if row.barcode_key and by_barcode is not None and by_barcode is not found:
            self._refuse(row, "barcode", f"{by_barcode.sku} has this barcode already")
        if found is None and not row.sku_key and product is not None:
            number = known.by_pairs.get((product.id, folded(row.options)))
            found = None if number is None else known.by_id.get(number)
        if found is not None and row.slug and (product is None or found.product_id != product.id):
            self._refuse(row, "sku", f"{found.sku} is a variant of another product")
        return found

    def _decide_product(self, row: ProductRow, product: Any, made: Decision) -> None:
        image = row.image
        if product is None:
            if "name" not in row.product and row.slug not in self._axes:
                self._refuse(row, "title", "the product does not exist yet: it needs a title")
            made.new_image = self._new_image(row.slug, set(), image)
            return
        made.new_image = self._new_image(product.slug, self._images.get(product.id, set()), image)
        if product.slug in self._said:
            return
        self._said.add(product.slug)
        for name, value in row.product.items():
            now = getattr(product, name, None)
            after = value
            if name == "category":
                now = self._known.categories.get(product.category_id or 0)
                after = _SPACES.sub(" > ", value.strip())
                if now is not None and fold(now) == fold(after):
                    continue
            if now != after:
                made.product_changes[name] = (now, after)

    def _new_image(
        self, slug: str, there: set[str], image: tuple[str, str] | None
    ) -> tuple[str, str] | None:
        if image is None or image[0] in there or (slug, image[0]) in self._shown:
            return None
        self._shown.add((slug, image[0]))
        return image

    def _create(self, row: ProductRow, product: Any, made: Decision) -> None:
        known = self._known
        if row.fields.get("price") is None:
            self._refuse(row, "price", "a new variant needs a price")
        made.outcome = RowOutcome.CREATED
        made.sku = row.fields.get("sku") or _sku_of(row)
        key = normalize_sku(made.sku)
        if not row.sku_key and (key in known.by_sku or key in self._taken):
            self._refuse(row, "sku", f"the row has no SKU, and {made.sku} exists already")
        names = frozenset(name for name, _ in folded(row.options))
        if (row.slug, folded(row.options)) in self._made:
            self._refuse(row, "option1_value", "the product has this combination already")
            return
        axes = self._axes.get(row.slug)
        if product is not None:
            axes = known.axes[product.id]
            has_variants = product.id in known.next_positions
            if (product.id, folded(row.options)) in known.by_pairs:
                self._refuse(row, "option1_value", "the product has this combination already")
                return
            axes = axes if has_variants or axes else None
        if axes is not None and axes != names:
            wanted = ", ".join(sorted(axes)) or "no options"
            self._refuse(row, "option1_name", f"the product has {wanted}: the row has others")

    def _change(self, row: ProductRow, variant: Any, made: Decision) -> None:
        made.sku = variant.sku
        if row.options and folded(row.options) != self._known.pairs.get(variant.id):
            message = "a file does not change the options of a variant: use the matrix"
            self._refuse(row, "option1_value", message)
        if row.fields.get("price") is not None and variant.currency != row.currency:
            column = "currency" if "currency" in self._columns else "price"
            self._refuse(row, column, f"the variant's price is in {variant.currency}")
        for name, value in row.fields.items():
            now = self._known.prices.get(variant.id) if name == "price" else getattr(variant, name)
            if now != value:
                made.changes[name] = (now, value)

    def _refuse(self, row: ProductRow, target: str, message: str) -> None:
        row.problems.append(RowProblem(self._columns.get(target, ""), message))


def _sku_of(row: ProductRow) -> str:
    """Return a SKU for a row that has none: the product and its options."""
    options = dict(row.options)
    pattern = default_pattern(list(options))
    return pattern.fill(options, product=row.slug, number=1)[:SKU_LENGTH].rstrip("-")


def decide_all(decider: Decider, rows: Sequence[ProductRow]) -> list[Decision]:
    """Return the decisions of a batch."""
    return [decider.decide(row) for row in rows]
