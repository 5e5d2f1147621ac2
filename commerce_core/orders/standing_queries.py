"""Which orders stand between two statuses, as conditions of queries; as ``standing_of`` has it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus, PaymentStatus
from commerce_core.orders.return_models import Return
from commerce_core.orders.standing import Standing

BETWEEN: Final = (
    Standing.PAYMENT_UNCERTAIN,
    Standing.PARTIALLY_SHIPPED,
    Standing.PARTIALLY_DELIVERED,
    Standing.PARTIALLY_RETURNED,
    Standing.RETURNED,
)
"""Standings that are no status. The conditions of each begin with an index of orders or returns."""


def stands(standing: Standing) -> list[ColumnElement[bool]]:
    """Return the conditions under which an order stands there."""
    if standing in {Standing.PARTIALLY_RETURNED, Standing.RETURNED}:
        back = _pieces(func.sum(OrderLine.returned))
        wanted = _pieces(func.sum(OrderLine.quantity - OrderLine.cancelled))
        is_whole = back >= wanted if standing is Standing.RETURNED else back < wanted
        return [Order.id.in_(select(Return.order_id)), back > 0, is_whole]
    none_back = ~_has(OrderLine.returned)
    if standing is Standing.PAYMENT_UNCERTAIN:
        is_unknown = Order.payment_status == PaymentStatus.UNCERTAIN
        return [Order.status == OrderStatus.PENDING, is_unknown]
    is_living = Order.is_history.is_(False)
    if standing is Standing.PARTIALLY_SHIPPED:
        is_open = Order.status == OrderStatus.PROCESSING
        shipped, delivered = _has(OrderLine.shipped), _has(OrderLine.delivered)
        return [is_open, is_living, shipped, ~delivered, none_back]
    if standing is Standing.PARTIALLY_DELIVERED:
        is_out = Order.status.in_((OrderStatus.PROCESSING, OrderStatus.SHIPPED))
        return [is_out, is_living, _has(OrderLine.delivered), none_back]
    return [Order.status == OrderStatus(standing.value), none_back]


def _of_order(what: Any) -> Any:
    return select(what).where(OrderLine.order_id == Order.id, OrderLine.kind == LineKind.GOODS)


def _has(column: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _of_order(OrderLine.id).where(column > 0).exists()
    return found


def _pieces(sum_: Any) -> ColumnElement[int]:
    found: ColumnElement[int] = func.coalesce(_of_order(sum_).scalar_subquery(), 0)
    return found
