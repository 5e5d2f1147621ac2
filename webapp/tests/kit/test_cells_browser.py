"""cells.js with the real htmx in real Chromium: only newer states are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from markupsafe import Markup

from webapp.tests.kit.board import BOARD, button, connection, figure, shows
from webapp.tests.kit.conftest import make_environment, page_context
from webapp.tests.kit.stage import cell

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from webapp.tests.kit.stage import Stage

pytestmark = pytest.mark.browser


def test_a_newer_cell_is_shown_and_flashes_once(board: Page, stage: Stage) -> None:
    stage.send(cell("q-1-1", 6, "16"), id="e.6")
    shows(board, "q-1-1", "16")
    assert board.get_attribute("#q-1-1", "data-flash") == ""
    assert board.get_attribute("#q-1-1", "data-version") == "6"
    assert board.get_attribute("#q-1-1", "hx-swap-oob") is None
    board.wait_for_selector("#q-1-1:not([data-flash])")


def test_an_older_cell_is_dropped(board: Page, stage: Stage) -> None:
    stage.send(cell("q-1-1", 4, "99"), cell("q-1-1", 5, "98"), cell("q-1-2", 6, "2"))
    shows(board, "q-1-2", "2")
    assert figure(board, "q-1-1") == "17"
    assert board.get_attribute("#q-1-1", "data-version") == "5"


def test_a_cell_of_a_row_that_is_not_here_does_no_harm(board: Page, stage: Stage) -> None:
    stage.send(cell("q-77-1", 9, "1"), cell("q-1-2", 6, "2"))
    shows(board, "q-1-2", "2")


def test_the_same_figure_with_a_newer_version_does_not_flash(board: Page, stage: Stage) -> None:
    stage.send(cell("q-1-1", 6, "17"), cell("q-1-2", 6, "2"))
    shows(board, "q-1-2", "2")
    assert board.get_attribute("#q-1-1", "data-version") == "6"
    assert board.get_attribute("#q-1-1", "data-flash") is None


def test_zero_and_bold_swap_their_markup(board: Page, stage: Stage) -> None:
    stage.send(cell("q-1-2", 6, "", '<span class="zero">0</span>'))
    shows(board, "q-1-2", "0")
    assert board.locator("#q-1-2 .zero").count() == 1


def test_a_cell_in_edit_is_not_replaced_until_its_popup_closes(board: Page, stage: Stage) -> None:
    board.click("#b-9")
    board.fill("#adjust input", "-2")
    stage.send(cell("q-9-1", 6, "", button(9)))
    board.wait_for_selector("#adjust .meanwhile >> text=now 9, was 11")
    assert figure(board, "q-9-1") == "11"
    assert board.input_value("#adjust input") == "-2"
    board.keyboard.press("Escape")
    shows(board, "q-9-1", "9")
    assert board.evaluate("document.activeElement.id") == "b-9"


def test_focus_in_a_cell_survives_its_change(board: Page, stage: Stage) -> None:
    board.focus("#b-9")
    stage.send(cell("q-9-1", 6, "", button(9)))
    shows(board, "q-9-1", "9")
    assert board.evaluate("document.activeElement.id") == "b-9"


def test_cells_of_every_kind_come_in_one_message(board: Page, stage: Stage) -> None:
    board.evaluate(
        """() => document.querySelector("h1, main").insertAdjacentHTML("beforeend",
        '<b id="n-low" data-version="1" class="live">3</b><i id="plain">old</i>')"""
    )
    stage.send(
        cell("q-1-1", 6, "16"),
        '<b id="n-low" data-version="2" class="live" hx-swap-oob="true">4</b>',
        '<i id="plain" hx-swap-oob="true">new</i>',
        cell("q-1-2", 6, "2"),
    )
    shows(board, "q-1-2", "2")
    shows(board, "q-1-1", "16")
    shows(board, "n-low", "4")
    shows(board, "plain", "new")


def test_the_button_of_who_may_adjust_stays_around_the_figure(page: Page, stage: Stage) -> None:
    def with_words(value: int) -> Markup:
        return Markup(
            '<button type="button" id="b-9" data-popup="adjust" aria-expanded="false">'
            '<span class="visually-hidden">Adjust Alma, </span><strong>{}</strong></button>'
        ).format(value)

    env = make_environment(board=BOARD)
    stage.pages["/stock"] = lambda: env.get_template("board").render(
        page_context(stream="/stream", rows=[], version=5, button=with_words)
    )
    page.goto(f"{stage.url}/stock")
    connection(page, "Live")
    page.focus("#b-9")
    stage.send(cell("q-9-1", 6, "9"))
    shows(page, "q-9-1", "Adjust Alma, 9")
    assert page.evaluate("document.activeElement.id") == "b-9"
    page.click("#b-9")
    stage.send(cell("q-9-1", 7, "8"))
    page.wait_for_selector("#adjust .meanwhile >> text=now 8, was 9")


def test_a_popup_may_be_the_page_of_a_form(board: Page, stage: Stage) -> None:
    stage.pages["/adjust"] = lambda: '<input name="delta" value="0" id="fetched">'
    board.evaluate(
        """() => document.querySelector("main").insertAdjacentHTML("beforeend", `
        <form id="at" action="/adjust" method="get"></form>
        <div class="popup" popover id="remote"></div>
        <button form="at" name="at" value="9-1" id="far" data-popup="remote">x</button>`)"""
    )
    board.click("#far")
    board.wait_for_selector("#remote:popover-open #fetched")
    assert board.evaluate("document.activeElement.id") == "fetched"
    assert board.get_attribute("#far", "aria-expanded") == "true"
    assert board.url.endswith("/stock")
    board.evaluate("() => document.dispatchEvent(new Event('popup:close'))")
    board.wait_for_selector("#far[aria-expanded=false]")
