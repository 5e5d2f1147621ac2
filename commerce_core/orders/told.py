"""What another system told of an order, and what of it is news: compared three ways.

An edit there is the difference between what was told before and what is told now. Where this shop
still has what was told before, the edit is taken over; what somebody has changed here since is left
as it is, and named. Nothing here writes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from commerce_core.idempotency import fingerprint_of
from commerce_core.money import to_units
from commerce_core.orders.addresses import checked_address
from commerce_core.orders.changes import Addition, ChangeRequest
from commerce_core.orders.models import LineKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_core.catalog.models import Variant
    from commerce_core.orders.external import ExternalOrder
    from commerce_core.orders.models import Order, OrderLine

TOLD: Final = "elsewhere"
"""The key in an order's details under which stands what was told of it last."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of an order: pieces by variant id, its total in units, digests of the rest."""

    goods: Mapping[int, int]
    address: str | None
    total: int | None
    heard: str = ""
    is_cancelled: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept with the order."""
        return {
            "heard": self.heard,
            "goods": {str(number): pieces for number, pieces in sorted(self.goods.items())},
            "address": self.address,
            "total": self.total,
            "is_cancelled": self.is_cancelled,
        }


@dataclass(frozen=True, slots=True)
class News:
    """What to change here (None for nothing), and what cannot: it was changed here as well.

    A clash of goods says the variant and how many pieces were told before, are told now, and are
    here; that of the address says the one that is told. ``totals`` are what the order may cost
    once it is changed: as much as there, or what it costs here and what the edit is worth.
    """

    told: Told
    change: ChangeRequest | None
    clashes: Sequence[Mapping[str, Any]]
    totals: frozenset[int]


def told_now(external: ExternalOrder, variants: Mapping[str, Variant]) -> Told:
    """Return what ``external`` tells; errors as in its ``total``."""
    goods: Counter[int] = Counter()
    for line in external.lines:
        goods[variants[line.sku].id] += line.quantity
    address = external.shipping_address
    return Told(
        goods=goods,
        address=None if address is None else _digest(checked_address(address)),
        total=external.total().units,
        heard=external.fingerprint(),
    )


def told_before(order: Order, lines: Sequence[OrderLine]) -> Told:
    """Return what was told last. Where only its digest was kept: what is here."""
    kept = order.details.get(TOLD)
    if isinstance(kept, dict):
        goods = {int(number): pieces for number, pieces in kept["goods"].items()}
        return Told(goods, **{name: kept[name] for name in kept if name != "goods"})
    total = None if order.total is None else to_units(order.total)
    return Told(_here(lines), _digest(order.shipping_address), total, str(kept or ""))


def news(
    order: Order,
    lines: Sequence[OrderLine],
    external: ExternalOrder,
    variants: Mapping[str, Variant],
) -> News:
    """Return what of ``external`` is new since it was told last; errors as in ``told_now``."""
    before, now = told_before(order, lines), told_now(external, variants)
    here = _here(lines)
    wanted = Counter(here)
    edited = {n for n in {*before.goods, *now.goods} if _is_news(before, now, n, here[n])}
    ours = {n for n in edited if here[n] != before.goods.get(n, 0)}
    wanted.update({n: now.goods.get(n, 0) - here[n] for n in edited - ours})
    if not any(wanted.values()):  # the rest of it was taken away here: that would leave nothing
        wanted, ours = Counter(here), edited
    clashes = [_clash(before, now, n, here[n]) for n in sorted(ours)]
    address, own = None, _digest(order.shipping_address)
    if now.address not in {None, before.address, own}:
        told = checked_address(external.shipping_address or {})
        if own == before.address:
            address = told
        else:
            clashes.append({"address": told})
    add = _additions(external, variants, wanted - here)
    remove = _removals(lines, here - wanted)
    change = ChangeRequest(add, remove, address) if add or remove or address else None
    return News(now, change, clashes, _totals(order, before, now))


def _totals(order: Order, before: Told, now: Told) -> frozenset[int]:
    told = now.total or 0
    here = told if order.total is None else to_units(order.total)
    return frozenset({told, here + told - (told if before.total is None else before.total)})


def _clash(before: Told, now: Told, number: int, here: int) -> dict[str, Any]:
    was, told = before.goods.get(number, 0), now.goods.get(number, 0)
    return {"variant": number, "before": was, "now": told, "here": here}


def _is_news(before: Told, now: Told, number: int, here: int) -> bool:
    told = now.goods.get(number, 0)
    return told not in {before.goods.get(number, 0), here}


def _here(lines: Sequence[OrderLine]) -> Counter[int]:
    found: Counter[int] = Counter()
    for line in lines:
        if line.kind is LineKind.GOODS:
            found[line.variant_id or 0] += line.wanted
    return found


def _additions(
    external: ExternalOrder, variants: Mapping[str, Variant], more: Mapping[int, int]
) -> list[Addition]:
    """Return what is to be added, at the price at which it was first told."""
    found: dict[int, Addition] = {}
    for line in external.lines:
        variant = variants[line.sku]
        if more.get(variant.id) and variant.id not in found:
            addition = Addition(variant, more[variant.id], line.unit_price, line.tax_rate)
            found[variant.id] = addition
    return list(found.values())


def _removals(lines: Sequence[OrderLine], less: Counter[int]) -> dict[int, int]:
    """Return what is to go, the first lines first: line id → pieces."""
    left = Counter(less)
    remove: dict[int, int] = {}
    for line in lines:
        number = line.variant_id or 0
        pieces = min(line.wanted, left[number]) if line.kind is LineKind.GOODS else 0
        if pieces > 0:
            remove[line.id] = pieces
            left[number] -= pieces
    return remove


def _digest(address: Mapping[str, Any] | None) -> str | None:
    """Return a digest of an address: it is compared, and not kept a second time."""
    return None if address is None else fingerprint_of(address=dict(address))
