"""The graphs as Mermaid diagrams, drawn from the rules themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from commerce_core.orders.machine import FULFILLMENTS, ORDERS, PAYMENTS, RETURNS

if TYPE_CHECKING:
    from enum import StrEnum

    from commerce_core.orders.machine import Graph

GRAPHS: Final = {
    "order": ORDERS,
    "payment": PAYMENTS,
    "fulfillment": FULFILLMENTS,
    "return": RETURNS,
}


def edges(graph: Graph) -> dict[tuple[str, str], list[str]]:
    """Return (from, to) → labels of what moves a record there. What leaves it where it is is out.

    A label is the trigger, with what has to hold afterwards where a trigger leads to several.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for rule in graph.rules:
        for source in rule.sources:
            if rule.target is not None and rule.target is not source:
                words = rule.trigger.value.replace("_", " ")
                label = f"{words} [{rule.label}]" if rule.label else words
                found.setdefault((source.value, rule.target.value), []).append(label)
    return found


def mermaid(graph: Graph, *, here: StrEnum | None = None) -> str:
    """Return the graph as a Mermaid state diagram; ``here`` is the state to mark."""
    lines = ["stateDiagram-v2", f"    [*] --> {next(iter(graph.statuses)).value}"]
    joined = edges(graph)
    lines += [f"    {a} --> {b}: {', '.join(labels)}" for (a, b), labels in joined.items()]
    sources = {a for a, _ in joined}
    lines += [f"    {s.value} --> [*]" for s in graph.statuses if s.value not in sources]
    if here is not None:
        lines += ["    classDef here stroke-width:3px", f"    class {here.value} here"]
    return "\n".join(lines)
