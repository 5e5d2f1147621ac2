"""What the templates of products are given: values and addresses; the words stand in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar import Request

from commerce_core.catalog.models import ProductStatus
from webapp.accounts.sessions import Identity
from webapp.errors import Problem
from webapp.format import locale_for
from webapp.products.columns import VIEWS, cell_text
from webapp.products.filters import PATH, ListFilter, StockFilter
from webapp.products.grid_form import Cell, TypedCell
from webapp.products.listing import MOST_COUNTED, ProductList
from webapp.products.reading import GridRow, ProductHead, VariantGrid
from webapp.products.saving import Clash
from webapp.security import Right, signed_in_user
from webapp.settings import Settings
from webapp.stock.cells import CellWriter


@dataclass(frozen=True, slots=True)
class GridAnswer:
    """What the grid shows beside its cells, after it was sent: typed texts, problems, clashes."""

    typed: Sequence[TypedCell] = ()
    problem: Problem | None = None
    wrong: Mapping[Cell, str] = field(default_factory=dict)
    clashes: Sequence[Clash] = ()
    undo: Sequence[Sequence[Any]] = ()
    saved: int = 0


def list_context(
    found: ProductList, wanted: ListFilter, user: Identity | None, cells: CellWriter
) -> dict[str, Any]:
    """Return everything the list shows."""
    rows = found.rows
    return {
        "found": found,
        "filter": wanted,
        "cells": cells,
        "chosen": _chosen(found, wanted),
        "statuses": list(ProductStatus),
        "stock_states": [
            (s.value, wanted.stock is s, wanted.url(stock=None if wanted.stock is s else s))
            for s in StockFilter
        ],
        "is_capped": found.count > MOST_COUNTED and wanted.is_set,
        "most_counted": MOST_COUNTED,
        "previous": wanted.url(before=rows[0].product.id, after=None)
        if found.has_previous and rows
        else "",
        "next": wanted.url(after=rows[-1].product.id, before=None)
        if found.has_next and rows
        else "",
        "sort": "-name" if wanted.is_descending else "name",
        "sort_url": lambda sort: wanted.url(is_descending=sort == "-name"),
        "stream": f"/live/stock?after={found.cursor}",
        "may_edit": Right.EDIT_PRODUCTS.belongs_to(user),
    }


def _chosen(found: ProductList, wanted: ListFilter) -> list[tuple[str, str]]:
    """Return what the list is narrowed to, each with the way back."""
    chosen = [
        (one.name, wanted.url(categories=_without(wanted.categories, one.id)))
        for one in found.categories
        if one.id in wanted.categories
    ]
    for option in found.options:
        chosen += [
            (f"{option.name}: {value.name}", wanted.url(values=_without(wanted.values, value.id)))
            for value in option.values
            if value.id in wanted.values
        ]
    return chosen


def _without(values: tuple[int, ...], value: int) -> tuple[int, ...]:
    return tuple(one for one in values if one != value)


def product_context(
    request: Request[Any, Any, Any], head: ProductHead, tab: str, **more: Any
) -> dict[str, Any]:
    """Return what every tab of a product shows, and ``more``."""
    return {
        "head": head,
        "product": head.product,
        "tab": tab,
        "address": f"{PATH}/{head.product.id}",
        "may_edit": Right.EDIT_PRODUCTS.belongs_to(signed_in_user(request)),
        "done": request.query_params.get("done", ""),
        "problem": None,
        **more,
    }


def decimal_mark(request: Request[Any, Any, Any]) -> str:
    """Return what stands before decimals in this shop."""
    settings: Settings = request.app.state.settings
    return locale_for(settings.locale).decimal


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell as the grid shows it: ``text`` is in the field, ``saved`` what its editor has seen."""

    field: str
    text: str
    saved: str
    wrong: str = ""
    is_clash: bool = False


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A line as the grid shows it. ``known`` is the JSON that tells what its cells showed."""

    row: GridRow
    cells: list[ShownCell]
    version: int
    known: str


def grid_context(
    request: Request[Any, Any, Any], grid: VariantGrid, view: str, answer: GridAnswer
) -> dict[str, Any]:
    """Return what the grid shows."""
    mark = decimal_mark(request)
    typed = {one.cell: one for one in answer.typed}
    shown = [_shown_row(row, view, typed, answer, mark) for row in grid.rows]
    here = {(one.row.id, cell.field) for one in shown for cell in one.cells}
    return {
        "grid": grid,
        "view": view,
        "columns": VIEWS[view],
        "rows": shown,
        "answer": answer,
        "undo": json.dumps(answer.undo) if answer.undo else "",
        # Cells that were typed on another page of the grid, or in another view, are sent again.
        "elsewhere": [one for one in answer.typed if one.cell not in here],
        "cells": request.app.state.cells,
        "currencies": sorted({row.currency for row in grid.rows}),
        "stream_address": _stream(request, grid),
    }


def _stream(request: Request[Any, Any, Any], grid: VariantGrid) -> str:
    number = request.path_params.get("number")
    return f"/live/stock?product={number}&after={grid.cursor}"


def _shown_row(
    row: GridRow,
    view: str,
    typed: Mapping[Cell, TypedCell],
    answer: GridAnswer,
    mark: str,
) -> ShownRow:
    """Show a row with what was typed into it.

    After a clash both values were seen, so the next save is about what is there now. After any
    other refusal the cells stay about what their editor saw: a clash behind it is not passed over.
    """
    clashes = {(clash.variant_id, clash.field) for clash in answer.clashes}
    version = row.version
    cells = []
    for column in VIEWS[view]:
        cell = row.id, column.field
        saved = text = cell_text(row.values[column.field], mark=mark)
        if cell in typed:
            text = typed[cell].text
            if not clashes:
                saved, version = typed[cell].shown, typed[cell].version
        cells.append(
            ShownCell(column.field, text, saved, answer.wrong.get(cell, ""), cell in clashes)
        )
    known = {"version": version, **{cell.field: cell.saved for cell in cells}}
    return ShownRow(row, cells, version, json.dumps(known, ensure_ascii=False))
