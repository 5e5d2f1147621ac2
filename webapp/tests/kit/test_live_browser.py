"""live.js with the real htmx in real Chromium: the connection in words, whatever happens to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from webapp.tests.kit.board import BOARD, button, connection, figure, shows
from webapp.tests.kit.conftest import make_environment, page_context
from webapp.tests.kit.stage import cell

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from webapp.tests.kit.stage import Stage

pytestmark = pytest.mark.browser


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
    loader: Any = env.loader
    soon = loader.get_source(env, "base.html")[0].replace("every 15s", "every 1s")
    loader.loaders[0].mapping["soon.html"] = soon
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


def test_a_table_read_anew_may_ask_for_another_stream(board: Page, stage: Stage) -> None:
    stage.pages["/filtered"] = lambda: (
        '<section class="panel" id="board" data-live-region data-stream="/stream?q=alma"></section>'
    )
    board.evaluate(
        "() => htmx.ajax('GET', '/filtered', {target: '#board', swap: 'outerHTML'})",
    )
    for _ in range(80):
        if len(stage.resumed_from) > 1:
            break
        board.wait_for_timeout(50)
    assert stage.asked == ["/stream", "/stream?q=alma"]
    connection(board, "Live")


def test_the_summary_is_spoken_once_for_many_changes(page: Page, stage: Stage) -> None:
    env = make_environment(board=BOARD)
    rows = [(f"q-1-{at}", 5) for at in range(20)]
    stage.pages["/stock"] = lambda: env.get_template("board").render(
        page_context(stream="/stream", rows=rows, version=5, button=button)
    )
    page.goto(f"{stage.url}/stock")
    connection(page, "Live")
    low = '<span class="state" data-state="low">Low</span>'
    stage.send(cell("q-1-0", 6, "", low), *(cell(key, 6, "4") for key, _ in rows[1:]))
    page.wait_for_function(
        "() => document.getElementById('live-summary').textContent"
        " === '20 stock changes, 1 variant is low'"
    )
    stage.send(cell("q-1-3", 7, "3"))
    shows(page, "q-1-3", "3")
    page.wait_for_timeout(1500)
    assert page.inner_text("#live-summary").startswith("20 stock changes")
    assert page.inner_text("[data-live-note]").endswith("21 changes")
