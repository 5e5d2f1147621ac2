"""The live stream in real browsers: large messages, lost lines, restarts, hidden and many tabs."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from webapp.tests.browser.conftest import shown, wait_for_figure, wait_until_live
from webapp.tests.harness import running_server

if TYPE_CHECKING:
    from webapp.tests.browser.conftest import House

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY_ROWS = """() => {
  const rows = [];
  for (let n = 1; n <= 1000; n += 1) {
    rows.push(`<tr><th scope="row">Row ${n}</th><td id="c9${n}-1" data-version="1" ` +
      `class="num from live"><strong>1</strong></td></tr>`);
  }
  document.querySelector("#main tbody").innerHTML = rows.join("");
}"""
ONE_MESSAGE = """async () => {
  const cells = [];
  for (let n = 1; n <= 500; n += 1) {
    cells.push(`<td id="c9${2 * n}-1" data-version="2" class="num from live" ` +
      `hx-swap-oob="true"><strong>${n}</strong></td>`);
  }
  const message = { data: cells.join(""), event: "", id: "e.2" };
  const began = performance.now();
  document.getElementById("stream").dispatchEvent(new CustomEvent(
    "htmx:sse:before:message", { detail: { message, cancelled: false }, bubbles: true }));
  document.body.getBoundingClientRect();
  const handled = performance.now() - began;
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  return { handled, drawn: performance.now() - began };
}"""
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def open_streams(house: House) -> int:
    """Return how many streams the server has open."""
    answer = httpx.get(f"{house.address}health/ready")
    return int(answer.json()["checks"]["live"]["streams"])


def wait_for_streams(house: House, count: int) -> None:
    deadline = time.monotonic() + 10
    while open_streams(house) != count:
        assert time.monotonic() < deadline, f"{open_streams(house)} streams instead of {count}"
        time.sleep(0.1)


def test_five_hundred_cells_of_a_thousand_rows_in_one_message(house: House) -> None:
    page = house.board()
    page.evaluate(MANY_ROWS)
    took = page.evaluate(ONE_MESSAGE)
    words = f"handled in {took['handled']:.0f} ms, drawn in {took['drawn']:.0f} ms"
    sys.stdout.write(f"500 cells of 1,000 rows in one message: {words}\n")
    figures = page.locator("td[data-version='2'][id^=c9] strong")
    assert figures.count() == 500
    assert page.locator("#c91000-1 strong").inner_text() == "500"
    assert page.locator("td[data-version='1'][id^=c9]").count() == 500


def test_without_the_script_of_the_stream_the_browsers_own_takes_over(house: House) -> None:
    page = house.person()
    page.route("**/hx-sse.min.js*", lambda route: route.abort())
    page.goto(f"{house.address}stock")
    wait_until_live(page)
    house.writer.adjust("ALM-CHA-S", -4)
    wait_for_figure(page, "c1-1", "18")
    page.evaluate(HIDE, True)
    wait_for_streams(house, 0)
    house.writer.adjust("ALM-CHA-S", -1)
    page.evaluate(HIDE, False)
    wait_for_figure(page, "c1-1", "17")
    assert [text for text in house.problems if "ERR_FAILED" not in text] == []
    house.problems.clear()  # the script that was kept away


def test_a_hidden_tab_frees_its_connection_and_catches_up(house: House) -> None:
    pages = [house.board()]
    pages += [pages[0].context.new_page() for _ in range(5)]
    for page in pages[1:]:
        page.goto(f"{house.address}stock")
        wait_until_live(page)
        page.evaluate(HIDE, True)
    pages[0].evaluate(HIDE, True)
    wait_for_streams(house, 0)
    seventh = pages[0].context.new_page()
    seventh.goto(f"{house.address}stock")
    wait_until_live(seventh)
    house.writer.adjust("ALM-CHA-S", -2)
    wait_for_figure(seventh, "c1-1", "20")
    assert shown(pages[0], "c1-1") == "22"
    pages[0].evaluate(HIDE, False)
    wait_for_figure(pages[0], "c1-1", "20")


def test_a_page_that_found_no_stream_at_first_gets_one(house: House) -> None:
    page = house.person()
    refused: list[str] = []

    def refuse(route: object) -> None:
        if refused:
            route.continue_()  # type: ignore[attr-defined]
        else:
            refused.append("once")
            route.fulfill(status=503, body="restarting")  # type: ignore[attr-defined]

    page.route("**/live/stock*", refuse)
    page.goto(f"{house.address}stock")
    page.wait_for_selector('#connection[data-state="live"]', timeout=20_000)
    assert refused == ["once"]
    house.writer.adjust("ALM-CHA-S", -3)
    wait_for_figure(page, "c1-1", "19")
    house.problems.clear()  # the browser reports the status 503 as an error of its own


def test_two_tabs_survive_a_restart_of_the_server(house: House) -> None:
    pages = [house.board(), house.board()]
    port = int(house.address.rstrip("/").rpartition(":")[2])
    end_server(house)
    house.writer.adjust("ALM-CHA-S", -7)
    with running_server(house.url, port=port):
        for page in pages:
            wait_for_figure(page, "c1-1", "15", seconds=20)
            wait_until_live(page)
        house.writer.adjust("ALM-CHA-S", -1)
        for page in pages:
            wait_for_figure(page, "c1-1", "14")
            page.close()
    house.problems.clear()  # the browser reports the lost connection as an error of its own


def end_server(house: House) -> None:
    os.kill(house.process.pid, signal.SIGTERM)
    house.process.wait(timeout=5)


def test_a_laptop_that_slept_is_up_to_date_when_it_wakes(house: House) -> None:
    page = house.board()
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    for _ in range(12):
        house.writer.adjust("ALM-CHA-S", -1)
    time.sleep(1)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    wait_for_figure(page, "c1-1", "10", seconds=20)
    wait_until_live(page)
