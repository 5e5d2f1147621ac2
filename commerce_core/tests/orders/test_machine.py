"""The machine without a database, and the three traps of the library it stands on."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.errors import InvalidStateError
from commerce_core.orders.diagram import GRAPHS, edges, mermaid
from commerce_core.orders.errors import TransitionRefusedError, UnknownTriggerError
from commerce_core.orders.fulfillment_models import FulfillmentStatus
from commerce_core.orders.machine import (
    FULFILLMENTS,
    ORDERS,
    Graph,
    Guard,
    Situation,
    State,
    Trigger,
    next_status,
)
from commerce_core.orders.models import OrderStatus
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from enum import StrEnum

S, T = OrderStatus, Trigger
PAIRS = [
    (graph, status, trigger)
    for graph in GRAPHS.values()
    for status, trigger in product(
        graph.statuses, list(dict.fromkeys(rule.trigger for rule in graph.rules))
    )
]
OUTSIDE = [
    (graph, status, trigger)
    for graph, status, trigger in PAIRS
    if not any(rule.trigger == trigger and status in rule.sources for rule in graph.rules)
]
TABLE = {
    "confirm": "pending>processing",
    "expire": "pending>expired",
    "cancel": "pending>cancelled processing>cancelled",
    "cancel_lines": "processing>processing,cancelled,delivered,shipped",
    "allocate": "processing>processing",
    "fulfill": "processing>processing",
    "pack": "processing>processing",
    "ship": "processing>processing,shipped",
    "deliver": "processing>processing,delivered shipped>shipped,delivered",
    "lose": "processing>processing shipped>processing",
    "refuse": "processing>processing shipped>processing",
    "cancel_fulfillment": "processing>processing",
    "hold": "pending>pending processing>processing",
    "release": "pending>pending processing>processing",
    "reopen": "cancelled>processing expired>processing",
    "change": "pending>pending processing>processing",
    "ask": "pending>pending",
}
"""The order's table once more, by hand: the one in the code cannot change unseen."""


def named(pair: Any) -> str:
    return str(getattr(pair, "name", pair))


@pytest.mark.parametrize(("graph", "status", "trigger"), OUTSIDE, ids=named)
def test_every_pair_outside_the_table_is_refused(
    graph: Graph, status: StrEnum, trigger: StrEnum
) -> None:
    situation: Any = Situation(S.PENDING) if graph is ORDERS else State(status)
    situation.status = status
    with pytest.raises(TransitionRefusedError) as caught:
        graph.fire(trigger, situation)

    assert (caught.value.refusal, caught.value.status) == ("wrong_state", status.value)
    assert situation.status is status


def test_there_are_pairs_of_both_kinds() -> None:
    assert 100 < len(OUTSIDE) < len(PAIRS)


def test_the_table_of_orders_is_this_one() -> None:
    found: dict[str, dict[str, set[str]]] = {}
    for rule in ORDERS.rules:
        for source in rule.sources:
            goals = found.setdefault(rule.trigger.value, {}).setdefault(source.value, set())
            goals.add((rule.target or source).value)
    everywhere = {"pay", "refund", "return"}

    assert {
        trigger: {s: set(goals.split(",")) for s, goals in (x.split(">") for x in text.split())}
        for trigger, text in TABLE.items()
    } == {trigger: goals for trigger, goals in found.items() if trigger not in everywhere}
    for trigger in everywhere:
        assert all(goals == {source} for source, goals in found[trigger].items())


@pytest.mark.parametrize(
    ("trigger", "before", "after", "status"),
    [
        (T.SHIP, {"wanted": 2}, {"wanted": 2, "shipped": 1}, S.PROCESSING),
        (T.SHIP, {"wanted": 2}, {"wanted": 2, "shipped": 2}, S.SHIPPED),
        (
            T.DELIVER,
            {"wanted": 2, "shipped": 1},
            {"wanted": 2, "shipped": 1, "delivered": 1},
            S.PROCESSING,
        ),
        (
            T.DELIVER,
            {"wanted": 2, "shipped": 2},
            {"wanted": 2, "shipped": 2, "delivered": 2},
            S.DELIVERED,
        ),
        (T.CANCEL_LINES, {"wanted": 1}, {"wanted": 0}, S.CANCELLED),
        (T.CANCEL_LINES, {"wanted": 2, "shipped": 1}, {"wanted": 1, "shipped": 1}, S.SHIPPED),
    ],
)
def test_what_becomes_of_an_order_follows_from_its_pieces(
    trigger: Trigger, before: dict[str, int], after: dict[str, int], status: OrderStatus
) -> None:
    one, two = Situation(S.PROCESSING, **before), Situation(S.PROCESSING, **after)  # type: ignore[arg-type]  # counts only

    assert ORDERS.fire(trigger, one, two) is status


@pytest.mark.parametrize(
    ("trigger", "facts", "refusal"),
    [
        (T.SHIP, {"is_held": True}, "held"),
        (T.RELEASE, {}, "not_held"),
        (T.CANCEL, {"shipped": 1}, "already_shipped"),
        (T.CANCEL, {"is_uncertain": True}, "payment_uncertain"),
        (T.ALLOCATE, {"wanted": 1, "allocated": 1}, "nothing_short"),
        (T.FULFILL, {"allocated": 1, "fulfilled": 1}, "nothing_allocated"),
        (T.REFUND, {}, "nothing_paid"),
        (T.HOLD, {"is_history": True}, "history"),
    ],
)
def test_a_refusal_has_a_name(trigger: Trigger, facts: dict[str, Any], refusal: str) -> None:
    situation = Situation(S.PROCESSING, **facts)
    with pytest.raises(TransitionRefusedError) as caught:
        ORDERS.fire(trigger, situation)

    assert caught.value.refusal == refusal
    assert situation.status is S.PROCESSING


def test_an_order_into_which_money_came_does_not_expire() -> None:
    part = Situation(S.PENDING, is_due=True, paid=Decimal(5))
    given_back = Situation(S.PENDING, is_due=True, paid=Decimal(5), refunded=Decimal(5))

    with pytest.raises(TransitionRefusedError) as caught:
        ORDERS.fire(T.EXPIRE, part)

    assert caught.value.refusal == "paid"
    assert ORDERS.fire(T.EXPIRE, given_back) is S.EXPIRED


# --- three traps: silence, a text where an enum belongs, and a state that is none ---------------


def test_a_condition_that_fails_is_never_silent() -> None:
    with pytest.raises(TransitionRefusedError):
        ORDERS.fire(T.SHIP, Situation(S.PROCESSING, is_held=True))


@pytest.mark.parametrize("status", ["paid", "processing", None])
def test_a_status_that_is_not_of_the_enum_is_a_named_error(status: Any) -> None:
    situation = Situation(S.PROCESSING)
    situation.status = status
    with pytest.raises(InvalidStateError):
        ORDERS.fire(T.SHIP, situation)


@pytest.mark.parametrize("trigger", ["teleport", "to_shipped", "may_ship", ""])
def test_a_trigger_that_does_not_exist_is_a_named_error(trigger: Any) -> None:
    with pytest.raises(UnknownTriggerError):
        ORDERS.fire(trigger, Situation(S.PROCESSING))


def test_the_machine_keeps_nothing_of_what_it_moved() -> None:
    for _ in range(50):
        ORDERS.fire(T.HOLD, Situation(S.PROCESSING, wanted=1))

    assert ORDERS._machine.models == []
    assert not hasattr(Situation(S.PROCESSING), "hold")


def test_a_shop_can_add_a_rule_of_its_own() -> None:
    rule = Guard("too_big", "somebody has to look at it", lambda s: s.wanted < 10)
    ORDERS.add_guard(T.SHIP, rule)
    try:
        with pytest.raises(TransitionRefusedError) as caught:
            ORDERS.fire(T.SHIP, Situation(S.PROCESSING, wanted=10))
        ORDERS.fire(T.SHIP, Situation(S.PROCESSING, wanted=9))
    finally:
        ORDERS.remove_guard(T.SHIP, rule)

    assert caught.value.refusal == "too_big"
    ORDERS.fire(T.SHIP, Situation(S.PROCESSING, wanted=10))


def test_a_parcel_has_a_graph_of_its_own() -> None:
    assert next_status(FULFILLMENTS, T.SHIP, FulfillmentStatus.PACKED) == "shipped"
    with pytest.raises(TransitionRefusedError):
        next_status(FULFILLMENTS, T.SHIP, FulfillmentStatus.CANCELLED)


# --- the diagrams ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRAPHS)
def test_the_diagrams_in_the_papers_are_those_of_the_machine(name: str) -> None:
    text = (ROOT / "docs" / "orders.md").read_text(encoding="utf-8")
    drawn = re.findall(r"```mermaid\n(.*?)\n```", text, re.DOTALL)

    assert mermaid(GRAPHS[name]) in drawn, f"put this into docs/orders.md:\n{mermaid(GRAPHS[name])}"


def test_the_readme_shows_the_graph_of_orders() -> None:
    assert mermaid(ORDERS) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_diagram_marks_where_an_order_is() -> None:
    assert "class shipped here" in mermaid(ORDERS, here=S.SHIPPED)
    assert ("processing", "shipped") in edges(ORDERS)
