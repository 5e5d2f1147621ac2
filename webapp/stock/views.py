"""What the templates of the board are given: numbers and addresses; the words stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from litestar import Request

from commerce_core.catalog.models import Product
from webapp.accounts.sessions import Identity
from webapp.security import Right
from webapp.stock.board import MOST_CHOICES, MOST_COUNTED, Board
from webapp.stock.cells import CellWriter
from webapp.stock.filters import BoardFilter, StateFilter
from webapp.stock.narrowing import PAGE_SIZE


@dataclass(frozen=True, slots=True)
class StateFacet:
    """A state to filter by. ``count`` is None where it would not be the list's length."""

    value: str
    href: str
    is_on: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class Facets:
    """The filter bar: what can be chosen, and what is chosen, each with the way to undo it."""

    products: list[Product]
    has_more_products: bool
    """Whether there are products to choose from that are not in the menu."""
    states: list[StateFacet]
    chosen: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PagePlace:
    """Where the page stands in the list. ``count`` is None where it was not counted."""

    first: int
    last: int
    count: int | None
    is_at_least: bool
    """Whether there are more than ``count``."""
    previous: str
    next: str
    is_beyond: bool


def board_context(
    board: Board,
    wanted: BoardFilter,
    user: Identity | None,
    *,
    cells: CellWriter,
    as_of: datetime,
) -> dict[str, Any]:
    """Return everything the board's templates use."""
    return {
        "board": board,
        "cells": cells,
        "filter": wanted,
        "facets": _facets(board, wanted),
        "page": _place(board, wanted),
        "may_adjust": Right.CHANGE_STOCK.belongs_to(user),
        "sort": "-name" if wanted.is_descending else "name",
        "sort_url": lambda sort: wanted.url(is_descending=sort == "-name"),
        "product_url": lambda slug: BoardFilter(products=(slug,)).url(),
        "stream": f"/live/stock?after={board.cursor}",
        "as_of": as_of,
    }


def _facets(board: Board, wanted: BoardFilter) -> Facets:
    return Facets(
        products=menu_of(board.products, board.choices[:MOST_CHOICES]),
        has_more_products=len(board.choices) > MOST_CHOICES,
        states=[_state_facet(state, board, wanted) for state in StateFilter],
        chosen=_chosen(board, wanted),
    )


def menu_of(chosen: Sequence[Product], found: Sequence[Product]) -> list[Product]:
    """Return the products of a menu: those chosen first, each once."""
    return list({product.id: product for product in (*chosen, *found)}.values())


def _chosen(board: Board, wanted: BoardFilter) -> list[tuple[str, str]]:
    """Return the products and locations the list is narrowed to, each with the way back."""
    return [
        *((p.name, wanted.url(products=_without(wanted.products, p.slug))) for p in board.products),
        *(
            (one.name, wanted.url(locations=_without(wanted.locations, one.code)))
            for one in board.chosen
        ),
    ]


def _state_facet(state: StateFilter, board: Board, wanted: BoardFilter) -> StateFacet:
    count = board.census.low if state is StateFilter.LOW else board.census.out
    is_on = wanted.state is state
    return StateFacet(
        value=state.value,
        href=wanted.url(state=None if is_on else state),
        is_on=is_on,
        count=count if wanted.only_state else None,
    )


def _place(board: Board, wanted: BoardFilter) -> PagePlace:
    rows = board.rows
    is_capped = board.count is not None and board.count > MOST_COUNTED
    is_at_least = is_capped and wanted.is_set and not wanted.only_state
    first = _first(board, wanted, None if is_at_least else board.count)
    last = first + len(rows) - 1
    start = max(0, first - 1 - PAGE_SIZE)
    to_previous = board.has_previous and rows
    to_next = board.has_next and rows
    return PagePlace(
        first=first,
        last=last,
        count=MOST_COUNTED if is_at_least else board.count,
        is_at_least=is_at_least,
        previous=wanted.url(before=rows[0].variant_id, after=None, start=start)
        if to_previous
        else "",
        next=wanted.url(after=rows[-1].variant_id, before=None, start=last) if to_next else "",
        is_beyond=not rows and board.has_previous,
    )


def _first(board: Board, wanted: BoardFilter, count: int | None) -> int:
    """Return the place of the page's first row: as the address says, within what can be.

    The address may be old or typed. The end of a list is known to the row where it is counted.
    """
    if not board.has_previous:
        return 1
    most = board.census.variants if count is None else count
    behind = max(1, most - len(board.rows))
    if count is not None and not board.has_next:
        return behind + 1
    return min(wanted.start, behind) + 1


def _without(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(one for one in values if one != value)


def wants_fragment(request: Request[Any, Any, Any]) -> bool:
    """Tell whether htmx asks for the parts that a filter changes, and not for the whole page."""
    headers = request.headers
    return headers.get("hx-request") == "true" and headers.get("hx-request-type") != "full"


def new_address(request: Request[Any, Any, Any], address: str) -> str:
    """Return what the browser's address becomes: "false" keeps the one it has."""
    present = urlsplit(request.headers.get("hx-current-url", ""))
    shown = f"{present.path}?{present.query}" if present.query else present.path
    return "false" if shown == address else address
