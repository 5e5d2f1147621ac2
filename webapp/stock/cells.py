"""Writes the cells that change while a page is open: the same ones for the page and the stream.

Python and no template, because this is written twenty times a second for everybody and eight
hundred times a page. The words come from ``templates/stock/_cells.html``. A cell's id is a letter
and what it is about: ``c42-1`` is what is available of variant 42 at location 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup, escape

from webapp.live.changes import Changes
from webapp.live.frames import Encoder, Event
from webapp.live.states import LevelState, ProductState, VariantState

TEMPLATE: Final = "stock/_cells.html"
DASH: Final = "\u2013"
_NOTHING: Final = f'<strong class="zero">{DASH}</strong>'
_OOB: Final = ' hx-swap-oob="true"'
_LAST_PLAIN: Final = 1000
"""Below this, numbers are written alike in every language."""


class CellWriter:
    """Writes cells in the shop's language. One serves every request."""

    def __init__(self, environment: Environment) -> None:
        template: Any = environment.get_template(TEMPLATE).module
        charts: Any = environment.get_template("kit/charts.html").module
        self._words: dict[str, str] = {key: str(word) for key, word in template.words.items()}
        self._number: Callable[[int], str] = environment.filters["number"]
        self._product_facts: Any = template.product_facts
        self._spark_bars: Any = charts.spark_bars
        # Most variants sell nothing on most days, so the same few drawings come again and again.
        self.spark = lru_cache(maxsize=4096)(self._draw_spark)

    # --- numbers ---------------------------------------------------------------------------

    def number(self, value: int) -> str:
        """Write a whole number."""
        return str(value) if 0 <= value < _LAST_PLAIN else self._number(value)

    def _strong(self, value: int) -> str:
        grey = ' class="zero"' if value == 0 else ""
        return f"<strong{grey}>{self.number(value)}</strong>"

    def _promised(self, value: int) -> str:
        """Write what is promised or expected: nothing of it is a dash."""
        return self.number(value) if value else DASH

    def _draw_spark(self, sold: tuple[int, ...], label: str) -> Markup:
        return Markup(self._spark_bars(sold, label))  # noqa: S704 - markup of our own macro

    # --- a level ---------------------------------------------------------------------------

    def available(self, level: LevelState, *, button: str = "", oob: str = "") -> str:
        """Write what is available; ``button`` is what ``adjust_button`` returned."""
        low, hint = "", ""
        if level.is_low and level.available < level.minimum:
            low = " low"
            below = self._words["below"].replace("{minimum}", self.number(level.minimum))
            hint = f'<span class="visually-hidden">{below}</span>'
        figure = self._strong(level.available)
        inside = f"{button}{figure}</button>" if button else figure
        return (
            f'<td id="c{level.variant_id}-{level.location_id}" data-version="{level.version}" '
            f'class="num from live{low}"{oob}>{inside}{hint}</td>'
        )

    def quantity(self, level: LevelState, name: str, *, oob: str = "") -> str:
        """Write ``on_hand``, ``allocated`` or ``reserved``."""
        value = getattr(level, name)
        class_ = "md" if name == "on_hand" else "xl"
        written = self.number(value) if name == "on_hand" else self._promised(value)
        return (
            f'<td id="{_LETTERS[name]}{level.variant_id}-{level.location_id}" '
            f'data-version="{level.version}" class="num muted live {class_}"{oob}>{written}</td>'
        )

    def level(self, level: LevelState, *, button: str = "") -> Markup:
        """Write all cells of a variant at a location, for the page."""
        cells = [self.available(level, button=button)]
        cells.extend(self.quantity(level, name) for name in QUANTITY_CELLS)
        return Markup("".join(cells))  # noqa: S704 - ours

    def no_level(self, variant_id: int, location_id: int, *, button: str = "") -> Markup:
        """Write the cells of a variant that a location never had; a first movement fills them."""
        inside = f"{button}{_NOTHING}</button>" if button else _NOTHING
        at = f'{variant_id}-{location_id}" data-version="0" class="num'
        cells = [f'<td id="c{at} from live">{inside}</td>']
        for name in QUANTITY_CELLS:
            class_ = "md" if name == "on_hand" else "xl"
            cells.append(f'<td id="{_LETTERS[name]}{at} muted live {class_}">{DASH}</td>')
        return Markup("".join(cells))  # noqa: S704 - ours

    def adjust_button(self, variant_id: int, location_id: int, variant: str, location: str) -> str:
        """Write the beginning of the button around a number, for whoever may adjust it."""
        label = self._words["adjust"].replace("{variant}", str(escape(variant)))
        label = label.replace("{location}", str(escape(location)))
        return (
            f'<button type="submit" form="adjust-at" name="at" value="{variant_id}-{location_id}" '
            f'data-popup="adjust" aria-haspopup="dialog" aria-expanded="false">'
            f'<span class="visually-hidden">{label}, </span>'
        )

    # --- a variant over all locations --------------------------------------------------------

    def total(self, state: VariantState, *, oob: str = "") -> str:
        """Write what is available in all."""
        return (
            f'<td id="t{state.variant_id}" data-version="{state.version}" class="num from live"'
            f"{oob}>{self._strong(state.available)}</td>"
        )

    def total_quantity(self, state: VariantState, name: str, *, oob: str = "") -> str:
        """Write ``minimum`` or ``incoming``."""
        muted = "muted " if name == "minimum" else ""
        return (
            f'<td id="{_LETTERS[name]}{state.variant_id}" data-version="{state.version}" '
            f'class="num {muted}live lg"{oob}>{self._promised(getattr(state, name))}</td>'
        )

    def state(self, state: VariantState, *, oob: str = "") -> str:
        """Write the state in a word; one that is as it should be is only read aloud."""
        if state.is_out or state.is_low:
            name = "out" if state.is_out else "low"
            word = f'<span class="state" data-state="{name}">{self._words[name]}</span>'
        else:
            word = f'<span class="visually-hidden">{self._words["in_stock"]}</span>'
        return (
            f'<td id="s{state.variant_id}" data-version="{state.version}" class="live lg"'
            f"{oob}>{word}</td>"
        )

    def totals(self, variant_id: int, state: VariantState | None) -> Markup:
        """Write the cells of all locations, for the page; dashes where there is no level at all."""
        if state is None:
            cells = [
                f'<td id="t{variant_id}" data-version="0" class="num from live">{_NOTHING}</td>'
            ]
            cells.extend(
                f'<td id="{_LETTERS[name]}{variant_id}" data-version="0" class="num muted live lg">'
                f"{DASH}</td>"
                for name in TOTAL_CELLS
            )
        else:
            cells = [self.total(state), *(self.total_quantity(state, name) for name in TOTAL_CELLS)]
        return Markup("".join(cells))  # noqa: S704 - ours

    def state_cell(self, variant_id: int, state: VariantState | None) -> Markup:
        """Write the state, for the page; nothing for a variant that was never stocked."""
        empty = f'<td id="s{variant_id}" data-version="0" class="live lg"></td>'
        return Markup(empty if state is None else self.state(state))  # noqa: S704 - ours

    def product(self, state: ProductState, *, oob: bool = False) -> Markup:
        """Write the facts beside a product's name."""
        return Markup(self._product_facts(state, oob=oob))  # noqa: S704 - markup of our own macro


QUANTITY_CELLS: Final = ("on_hand", "allocated", "reserved")
TOTAL_CELLS: Final = ("minimum", "incoming")
_LETTERS: Final = {
    "on_hand": "h",
    "allocated": "a",
    "reserved": "r",
    "minimum": "m",
    "incoming": "i",
}


def make_cell_encoder(cells: CellWriter) -> Encoder:
    """Return the encoder of the representation "html": just the cells that changed."""

    def encode(changes: Changes) -> list[Event]:
        told = []
        if changes.products:
            # A message of its own: beside table cells a parser throws other elements out.
            facts = (cells.product(state, oob=True) for state in changes.products)
            told.append(Event("".join(facts)))
        written = "".join(_changed_cells(cells, changes))
        if written:
            told.append(Event(written))
        return told

    return encode


def _changed_cells(cells: CellWriter, changes: Changes) -> Iterable[str]:
    for level in changes.levels:
        yield cells.available(level, oob=_OOB)
        for name in QUANTITY_CELLS:
            if name in level.touched:
                yield cells.quantity(level, name, oob=_OOB)
    for state in changes.variants:
        yield cells.total(state, oob=_OOB)
        yield cells.state(state, oob=_OOB)
        for name in TOTAL_CELLS:
            if name in state.touched:
                yield cells.total_quantity(state, name, oob=_OOB)
