"""Writes a frame of the stream for pages: just the cells that changed, as the page writes them."""

from __future__ import annotations

from typing import Any, Final

from jinja2 import Environment

from webapp.live.changes import Changes
from webapp.live.frames import Encoder, Event

TEMPLATE: Final = "stock/_cells.html"
_LEVEL_CELLS: Final = ("on_hand", "allocated", "reserved")
_TOTAL_CELLS: Final = ("minimum", "incoming")


def make_cell_encoder(environment: Environment) -> Encoder:
    """Return the encoder of the representation "html"."""
    cells: Any = environment.get_template(TEMPLATE).module

    def encode(changes: Changes) -> list[Event]:
        told = []
        if changes.products:
            # A message of its own: beside table cells a parser would throw other elements out.
            told.append(Event(_join(cells.product_facts(p, oob=True) for p in changes.products)))
        written = []
        for level in changes.levels:
            written.append(cells.available(level, oob=True))
            touched = (name for name in _LEVEL_CELLS if name in level.touched)
            written.extend(getattr(cells, name)(level, oob=True) for name in touched)
        for variant in changes.variants:
            written.extend((cells.total(variant, oob=True), cells.state_word(variant, oob=True)))
            names = (name for name in _TOTAL_CELLS if name in variant.touched)
            written.extend(getattr(cells, name)(variant, oob=True) for name in names)
        if written:
            told.append(Event(_join(written)))
        return told

    return encode


def _join(parts: Any) -> str:
    return "".join(str(part).replace("\n", "") for part in parts)
