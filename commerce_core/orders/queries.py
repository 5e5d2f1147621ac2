"""Reads: the list of orders by keyset, counts by state, one order with everything about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import String, func, literal, select, tuple_, type_coerce, union_all

from commerce_core.customers.models import Customer
from commerce_core.customers.search import customers_named
from commerce_core.database import MoneyAmount
from commerce_core.errors import InvalidCursorError, OrderNotFoundError
from commerce_core.inventory.checks import require_limit
from commerce_core.inventory.promises import allocations_of
from commerce_core.orders.change_models import OrderChange, OrderTask
from commerce_core.orders.event_models import OrderEvent
from commerce_core.orders.fulfillment_models import Fulfillment, FulfillmentLine
from commerce_core.orders.models import LineKind, Order, OrderLine, OrderStatus
from commerce_core.orders.payment_models import Payment, Refund
from commerce_core.orders.return_models import Claim, Exchange, Return, ReturnLine
from commerce_core.orders.standing import Standing, Sums, standing_of, sums_of
from commerce_core.orders.standing_queries import stands
from commerce_core.records import number_of
from commerce_core.text import searchable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from commerce_core.inventory import Allocation

PAGE: Final = 50
COUNT_AT_MOST: Final = 1_000
_NEWEST: Final = (Order.placed_at.desc(), Order.id.desc())


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders to list; what is None does not matter.

    ``search`` is a number, an id of another system, or a customer's number, e-mail address or
    words of the name; with ``searches_people`` off, no customer is looked for. ``placed_before``
    is not included. ``standing`` is one that lies between the statuses; ``has_task`` asks for
    orders with a task that waits for somebody.
    """

    status: OrderStatus | None = None
    channel: str | None = None
    customer_id: int | None = None
    is_short: bool = False
    is_held: bool = False
    search: str | None = None
    searches_people: bool = True
    placed_before: datetime | None = None
    standing: Standing | None = None
    has_task: bool = False


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """A row of the list of orders. ``has_task``: one waits for somebody."""

    order: Order
    sums: Sums
    lines: int
    total: Decimal
    standing: Standing
    customer: str | None
    has_task: bool


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders, the newest first, and the cursor of the next page (None: this is the last)."""

    rows: Sequence[OrderSummary]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class StateCounts:
    """How many orders are in each state; ``at_most`` means "so many or more"."""

    by_status: dict[OrderStatus, int]
    short: int
    held: int
    at_most: int
    tasks: int = 0


@dataclass(frozen=True, slots=True)
class WholeOrder:
    """An order with everything about it, each in the order in which it happened."""

    order: Order
    customer: Customer | None
    lines: Sequence[OrderLine]
    events: Sequence[OrderEvent]
    allocations: Sequence[Allocation]
    fulfillments: Sequence[Fulfillment]
    fulfillment_lines: Sequence[FulfillmentLine]
    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    returns: Sequence[Return]
    return_lines: Sequence[ReturnLine]
    exchanges: Sequence[Exchange]
    claims: Sequence[Claim]
    changes: Sequence[OrderChange]
    tasks: Sequence[OrderTask]

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return standing_of(self.order, sums_of(self.lines))


def list_orders(
    session: Session,
    wanted: OrderFilter | None = None,
    *,
    after: str | None = None,
    limit: int = PAGE,
) -> OrderPage:
    """Return a page of orders, the newest first. Two statements, whatever the number of orders.

    Raises:
        InvalidCursorError: ``after`` is no cursor of this list.
        InvalidQuantityError: ``limit`` is not from 1 to 1,000.
    """
    size = require_limit(limit)
    asked = wanted or OrderFilter()
    conditions = _conditions(asked)
    if after is not None:
        conditions.append(tuple_(Order.placed_at, Order.id) < tuple_(*_position(after)))
    if asked.search:
        conditions = [Order.id.in_(_named(session, asked, conditions, size + 1))]
    rows = session.execute(_rows().where(*conditions).order_by(*_NEWEST).limit(size + 1))
    found = [(order, name) for order, name in rows]
    page, more = found[:size], len(found) > size
    last = page[-1][0] if page else None
    cursor = f"{last.placed_at.isoformat()}_{last.id}" if more and last else None
    return OrderPage(_summaries(session, page), cursor)


def list_summaries(session: Session, order_ids: Iterable[int]) -> Sequence[OrderSummary]:
    """Return these orders as the list shows them, by id; unknown ids are left out. Two statements.

    Where there is no id there is no statement.
    """
    ids = sorted(set(order_ids))
    if not ids:
        return []
    rows = session.execute(_rows().where(Order.id.in_(ids)).order_by(Order.id))
    return _summaries(session, [(order, name) for order, name in rows])


def list_channels(session: Session) -> Sequence[str]:
    """Return the channels that have orders, by name. One statement, which reads a row for each."""
    first = select(func.min(Order.channel).label("channel")).cte("channels", recursive=True)
    following = select(
        select(func.min(Order.channel)).where(Order.channel > first.c.channel).scalar_subquery()
    ).where(first.c.channel.is_not(None))
    walk = first.union_all(following)
    query = select(walk.c.channel).where(walk.c.channel.is_not(None)).order_by(walk.c.channel)
    return session.scalars(query).all()


def _rows() -> Any:
    query = select(Order, Customer.name).outerjoin(Customer, Customer.id == Order.customer_id)
    return query.execution_options(populate_existing=True)


def _summaries(session: Session, rows: Sequence[tuple[Order, str | None]]) -> list[OrderSummary]:
    numbers = _numbers(session, [order.id for order, _ in rows])
    return [_summary(order, name, numbers.get(order.id)) for order, name in rows]


def _conditions(wanted: OrderFilter) -> list[Any]:
    """Return what a filter asks of an order, but for the search.

    What only few orders can be (short, held, called so …) is found by its own index; state and
    channel are then written so that none of their indexes, with many orders each, fits them.
    """
    is_rare = any((wanted.is_short, wanted.is_held, wanted.has_task, wanted.search))
    asked: list[tuple[object, Any]] = [
        (wanted.status, _equals(Order.status, wanted.status, is_rare=is_rare)),
        (wanted.channel, _equals(Order.channel, wanted.channel, is_rare=is_rare)),
        (wanted.customer_id, Order.customer_id == wanted.customer_id),
        (wanted.is_short or None, Order.short > 0),
        (wanted.is_held or None, Order.held_at.is_not(None)),
        (wanted.has_task or None, Order.id.in_(_with_tasks())),
    ]
    conditions = [condition for value, condition in asked if value is not None]
    if wanted.placed_before is not None:
        conditions.append(Order.placed_at < wanted.placed_before)
    return conditions + (stands(wanted.standing) if wanted.standing is not None else [])


def _equals(column: Any, value: object, *, is_rare: bool) -> Any:
    return type_coerce(column, String).concat("") == str(value) if is_rare else column == value


def _with_tasks() -> Select[Any]:
    return select(OrderTask.order_id).where(OrderTask.done_at.is_(None))


def _named(
    session: Session, wanted: OrderFilter, conditions: Sequence[Any], limit: int
) -> Select[Any]:
    """Return a query of the newest orders that are called so, at most ``limit`` of each kind.

    So a page is read of few whole rows, though a thousand orders belong to people of one name.
    """
    text = searchable((wanted.search or "").strip().removeprefix("#")) or ""
    called: list[Any] = [Order.number == text, Order.external_id == text]
    if wanted.searches_people:
        known_as = select(Customer.id).where((Customer.number == text) | (Customer.email == text))
        called += [
            Order.customer_id.in_(people) for people in (known_as, customers_named(session, text))
        ]
    newest = []
    for one in called:
        # Gathered first, then sorted: else the planner may walk all orders from the newest on,
        # in the hope of meeting one of these people soon.
        found = select(Order.id, Order.placed_at).where(one, *conditions).cte()
        found = found.prefix_with("MATERIALIZED")
        newest.append(
            select(found.c.id)
            .order_by(found.c.placed_at.desc(), found.c.id.desc())
            .limit(limit)
            .subquery()
        )
    return select(union_all(*(select(part.c.id) for part in newest)).subquery().c[0])


def _position(cursor: str) -> tuple[datetime, int]:
    moment, _, number = cursor.rpartition("_")
    try:
        placed_at, last = datetime.fromisoformat(moment), number_of(int(number))
    except ValueError as exc:
        raise InvalidCursorError("this is no place in the list of orders") from exc
    if last is None or placed_at.tzinfo is None:
        raise InvalidCursorError("this is no place in the list of orders")
    return placed_at, last


def _numbers(session: Session, ids: list[int]) -> dict[int, Any]:
    """Return the sums of the lines of orders, and whether a task waits, by order."""
    if not ids:
        return {}
    goods = OrderLine.kind == LineKind.GOODS

    def total(column: Any) -> Any:
        return func.coalesce(func.sum(column).filter(goods), 0)

    query = (
        select(
            OrderLine.order_id,
            func.count(),
            type_coerce(
                func.sum(OrderLine.quantity * OrderLine.unit_price - OrderLine.discount),
                MoneyAmount,
            ),
            total(OrderLine.quantity - OrderLine.cancelled),
            *(
                total(getattr(OrderLine, name))
                for name in ("allocated", "fulfilled", "shipped", "delivered", "returned")
            ),
            _with_tasks().where(OrderTask.order_id == OrderLine.order_id).exists(),
        )
        .where(OrderLine.order_id.in_(ids))
        .group_by(OrderLine.order_id)
    )
    return {row[0]: row for row in session.execute(query)}


def _summary(order: Order, name: str | None, row: Any) -> OrderSummary:
    sums = Sums(*row[3:-1]) if row is not None else Sums()
    worth = row[2] if row is not None else Decimal(0)
    total = order.total if order.total is not None else worth
    count = row[1] if row is not None else 0
    has_task = row is not None and bool(row[-1])
    return OrderSummary(order, sums, count, total, standing_of(order, sums), name, has_task)


def count_orders(session: Session, *, at_most: int = COUNT_AT_MOST) -> StateCounts:
    """Return how many orders are in each state, counting no further than ``at_most`` in each."""
    wanted = {status.value: Order.status == status for status in OrderStatus}
    wanted |= {"short": Order.short > 0, "held": Order.held_at.is_not(None)}
    wanted |= {"tasks": Order.id.in_(_with_tasks())}
    parts = [
        select(literal(name), func.count().label("n")).select_from(
            select(Order.id).where(condition).limit(at_most).subquery()
        )
        for name, condition in wanted.items()
    ]
    found = dict(session.execute(union_all(*parts)).all())
    return StateCounts(
        {status: found[status.value] for status in OrderStatus},
        found["short"],
        found["held"],
        at_most,
        found["tasks"],
    )


def get_order(session: Session, *, channel: str, number: str) -> Order:
    """Return the order that people call by this number; raises OrderNotFoundError."""
    found = session.scalars(
        select(Order)
        .filter_by(channel=searchable(channel), number=searchable(number))
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        message = f"{channel} has no order {number}"
        raise OrderNotFoundError(message, channel=channel, number=number)
    return found


def find_order(session: Session, order_id: int) -> Order | None:
    """Return the order with this id, or None."""
    number = number_of(order_id)
    return None if number is None else session.get(Order, number, populate_existing=True)


def read_whole_order(session: Session, order_id: int) -> WholeOrder:
    """Return an order with everything about it, in a constant number of statements.

    Raises:
        OrderNotFoundError: there is none with this id.
    """
    order = find_order(session, order_id)
    if order is None:
        raise OrderNotFoundError(f"there is no order {order_id}", order_id=order_id)

    def of_order(model: Any, *sorting: Any) -> Sequence[Any]:
        query = select(model).filter_by(order_id=order.id).order_by(*(sorting or (model.id,)))
        return session.scalars(query.execution_options(populate_existing=True)).all()

    lines = of_order(OrderLine, OrderLine.position)
    returns = of_order(Return)
    return WholeOrder(
        order=order,
        customer=session.get(Customer, order.customer_id) if order.customer_id else None,
        lines=lines,
        events=of_order(OrderEvent),
        allocations=allocations_of(session, [line.id for line in lines]),
        fulfillments=of_order(Fulfillment, Fulfillment.number),
        fulfillment_lines=_children(session, FulfillmentLine, Fulfillment, order.id),
        payments=of_order(Payment),
        refunds=of_order(Refund),
        returns=returns,
        return_lines=_children(session, ReturnLine, Return, order.id),
        exchanges=_exchanges(session, order.id, [found.id for found in returns]),
        claims=of_order(Claim),
        changes=of_order(OrderChange),
        tasks=of_order(OrderTask),
    )


def _children(session: Session, child: Any, parent: Any, order_id: int) -> Sequence[Any]:
    key = child.fulfillment_id if parent is Fulfillment else child.return_id
    query = select(child).join(parent, parent.id == key).where(parent.order_id == order_id)
    return session.scalars(query.order_by(child.id).execution_options(populate_existing=True)).all()


def _exchanges(session: Session, order_id: int, returns: list[int]) -> Sequence[Exchange]:
    own = (Exchange.order_id == order_id) | Exchange.return_id.in_(returns)
    return session.scalars(select(Exchange).where(own).order_by(Exchange.id)).all()


def list_events(session: Session, order: Order) -> Sequence[OrderEvent]:
    """Return what happened to an order and what was refused, the oldest first."""
    query = select(OrderEvent).filter_by(order_id=order.id).order_by(OrderEvent.id)
    return session.scalars(query).all()
