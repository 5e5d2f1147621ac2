"""live.js with the real htmx in real Chromium: only newer states are shown, whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from markupsafe import Markup

from webapp.tests.kit.conftest import make_environment, page_context
from webapp.tests.kit.stage import cell

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from webapp.tests.kit.stage import Stage

pytestmark = pytest.mark.browser

BOARD = """
{% extends "base.html" %}
{% from "kit/note.html" import stale_note %}
{% from "kit/table.html" import figure, live_cell %}
{% block title %}Stock{% endblock %}
{% block content %}
{{ stale_note() }}
<section class="panel" id="board" data-live-region><table class="data"><tbody>
{% for key, value in rows %}<tr><th scope="row"><a href="#{{ key }}">{{ key }}</a></th>
{% call live_cell(key, version) %}<strong>{{ value }}</strong>{% endcall %}</tr>
{% endfor %}
<tr><th scope="row">Edited</th>
{% call live_cell("q-9-1", 5, "editable") %}{{ button(11) }}{% endcall %}</tr>
</tbody></table></section>
<form class="popup" popover id="adjust"><input name="delta" value="0"><span data-meanwhile></span>
</form>
<span data-live-note data-word="as of {time}, {n} changes"></span>
{% endblock %}
"""


def button(value: int) -> Markup:
    return Markup(
        '<button type="button" id="b-9" data-popup="adjust" aria-expanded="false">{}</button>'
    ).format(value)


@pytest.fixture
def board(page: Page, stage: Stage) -> Page:
    """A board of three cells at version 5, with its stream open."""
    env = make_environment(board=BOARD)
    shown = {"rows": [("q-1-1", 17), ("q-1-2", 3), ("q-2-1", 0)], "version": 5, "button": button}

    def html() -> str:
        return env.get_template("board").render(page_context(stream="/stream", **shown))

    stage.pages["/stock"] = html
    stage.shown = shown
    page.goto(f"{stage.url}/stock")
    connection(page, "Live")
    return page


def connection(page: Page, words: str) -> None:
    page.wait_for_function(
        "words => document.getElementById('connection').textContent.startsWith(words)",
        arg=words,
        timeout=20_000,  # reconnecting waits longer each time, up to five seconds
    )


def shows(page: Page, key: str, figure: str) -> None:
    page.wait_for_function(
        "([id, text]) => document.getElementById(id).textContent.trim() === text",
        arg=[key, figure],
    )


def figure(page: Page, key: str) -> str:
    return page.inner_text(f"#{key}")


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


def test_pause_freezes_the_screen_and_resuming_shows_final_states_without_a_flash(
    board: Page, stage: Stage
) -> None:
    board.keyboard.press("p")
    connection(board, "Paused")
    stage.send(cell("q-1-1", 6, "16"), cell("q-1-2", 6, "2"))
    stage.send(cell("q-1-1", 8, "14"))
    stage.send(cell("q-1-1", 7, "15"))
    connection(board, "Paused, 2 changes waiting")
    assert figure(board, "q-1-1") == "17"
    board.keyboard.press("p")
    shows(board, "q-1-1", "14")
    shows(board, "q-1-2", "2")
    assert board.locator("[data-flash]").count() == 0
    connection(board, "Live")


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


def test_a_cut_line_is_resumed_from_the_last_id(board: Page, stage: Stage) -> None:
    stage.send(cell("q-1-1", 6, "16"), id="epoch.6")
    shows(board, "q-1-1", "16")
    stage.cut()
    for _ in range(80):
        if stage.wires:
            break
        board.wait_for_timeout(50)
    assert stage.resumed_from == [None, "epoch.6"]
    stage.send(cell("q-1-1", 7, "15"), id="epoch.7")
    shows(board, "q-1-1", "15")
    connection(board, "Live")


def test_a_delay_is_said_and_taken_back(board: Page, stage: Stage) -> None:
    stage.event("status", '{"delayed": 14.2}')
    connection(board, "Delayed 14 s")
    stage.event("status", '{"delayed": 0}')
    connection(board, "Live")


def test_reset_reads_the_tables_again(board: Page, stage: Stage) -> None:
    stage.shown["rows"] = [("q-1-1", 40), ("q-1-2", 41), ("q-2-1", 42)]
    stage.shown["version"] = 60
    stage.event("reset", '{"reason": "epoch"}')
    shows(board, "q-2-1", "42")
    assert board.get_attribute("#q-2-1", "data-version") == "60"


def test_reset_passes_over_a_cell_in_edit(board: Page, stage: Stage) -> None:
    board.click("#b-9")
    board.fill("#adjust input", "-2")
    stage.shown["rows"] = [("q-1-1", 40), ("q-1-2", 41), ("q-2-1", 42)]
    stage.event("reset", "{}")
    shows(board, "q-2-1", "42")
    assert board.input_value("#adjust input") == "-2"
    assert board.locator("#adjust:popover-open").count() == 1


def test_a_refused_stream_says_so_and_a_signed_out_one_too(board: Page, stage: Stage) -> None:
    stage.refuse_with = 503
    stage.cut()
    connection(board, "Reconnecting, numbers from")
    stage.refuse_with = 401
    connection(board, "Signed out")
    stage.refuse_with = 0
    connection(board, "Live")


def test_a_first_connection_that_fails_heals_by_itself(page: Page, stage: Stage) -> None:
    env = make_environment(board=BOARD.replace("base.html", "soon.html"), **{"soon.html": ""})
    soon = env.loader.get_source(env, "base.html")[0].replace("every 15s", "every 1s")
    env.loader.loaders[0].mapping["soon.html"] = soon
    stage.pages["/stock"] = lambda: env.get_template("board").render(
        page_context(stream="/stream", rows=[("q-1-1", 17)], version=5, button=button)
    )
    stage.refuse_with = 503
    page.goto(f"{stage.url}/stock")
    connection(page, "Connecting")
    stage.refuse_with = 0
    connection(page, "Live")
    assert "refused" not in page.content()


def test_silence_past_the_watchdog_cuts_and_connects_again(page: Page, stage: Stage) -> None:
    env = make_environment(board=BOARD)
    stage.pages["/stock"] = lambda: env.get_template("board").render(
        page_context(stream="/stream", rows=[("q-1-1", 17)], version=5, button=button)
    )
    page.clock.install()
    page.goto(f"{stage.url}/stock")
    page.clock.run_for(1000)
    connection(page, "Live")
    page.clock.run_for(30_000)
    stage.raw(": beat\n\n")
    page.wait_for_timeout(200)
    page.clock.run_for(30_000)
    assert len(stage.resumed_from) == 1, "a comment is contact"
    page.clock.run_for(20_000)
    for _ in range(40):
        page.clock.run_for(500)
        if len(stage.resumed_from) > 1:
            break
    assert len(stage.resumed_from) == 2
