"""app.js, keys.js and overlays.js in real Chromium, on the style page with its content policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from webapp.style.samples import style_context
from webapp.tests.kit.conftest import make_environment, page_context

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from webapp.tests.kit.stage import Stage

pytestmark = pytest.mark.browser


@pytest.fixture
def style_page(stage: Stage) -> str:
    html = make_environment().get_template("style/page.html")
    stage.pages["/style"] = lambda: html.render(page_context(path="/style", **style_context()))
    for path in ("/stock", "/orders"):
        stage.pages[path] = lambda: "<!doctype html><title>Elsewhere</title>"
    return f"{stage.url}/style"


@pytest.fixture
def style(page: Page, style_page: str) -> Page:
    page.goto(style_page)
    return page


def focused(page: Page) -> str:
    return str(
        page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
    )


# --- layout --------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [320, 390, 640, 1023, 1100, 1280, 1920])
def test_nothing_scrolls_sideways(style: Page, width: int) -> None:
    style.set_viewport_size({"width": width, "height": 800})
    assert style.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [390, 1280])
def test_every_target_is_large_enough(chromium: Browser, style_page: str, width: int) -> None:
    """WCAG 2.5.8: 24 by 24, except links inside a sentence."""
    context = chromium.new_context(viewport={"width": width, "height": 844}, has_touch=width < 640)
    page = context.new_page()
    page.goto(style_page)
    small = page.evaluate("""() => [...document.querySelectorAll("button, .button, .chip, summary, "
        + "select, input:not([type=hidden], [type=checkbox], [type=radio]), .sidebar li a")]
        .filter((target) => target.checkVisibility())
        .map((target) => [target.outerHTML.slice(0, 80), target.getBoundingClientRect()])
        .filter(([, box]) => box.width < 23.9 || box.height < 23.9)
        .map(([html, box]) => `${html} ${box.width} x ${box.height}`)""")
    context.close()
    assert [line for line in small if "Show as table" not in line and "<summary>" not in line] == []


def test_a_phone_reaches_the_menu_without_script(chromium: Browser, style_page: str) -> None:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(style_page)
    assert not page.is_visible("#sidebar")
    page.click(".tabbar a[href='#sidebar']")
    assert page.is_visible("#sidebar a[href='/stock']")
    page.click("#sidebar .close")
    assert not page.is_visible("#sidebar")
    context.close()


# --- colours -------------------------------------------------------------------------------------


def test_chosen_colours_stay_and_are_there_before_the_first_paint(
    style: Page, style_page: str
) -> None:
    style.click(".account summary")
    style.click("[data-theme-choice=dark]")
    assert style.get_attribute("html", "data-theme") == "dark"
    assert style.get_attribute("[data-theme-choice=dark]", "aria-pressed") == "true"
    style.goto(style_page, wait_until="commit")
    style.wait_for_selector("body", state="attached")
    assert style.get_attribute("html", "data-theme") == "dark"
    assert style.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 16, 19)"
    style.click(".account summary")
    style.click("[data-theme-choice=system]")
    assert style.get_attribute("html", "data-theme") is None


# --- keys ----------------------------------------------------------------------------------------


def test_slash_goes_to_the_search_and_f_to_the_filter(style: Page) -> None:
    style.keyboard.press("/")
    assert style.evaluate("document.activeElement.name") == "q"
    style.keyboard.press("Escape")
    style.keyboard.press("f")
    assert style.evaluate("Boolean(document.activeElement.closest('.filters'))")


def test_letters_in_a_field_are_letters(style: Page) -> None:
    style.focus("#reference")
    style.keyboard.type("g?np/")
    assert style.input_value("#reference") == "g?np/"
    assert style.locator("dialog[open]").count() == 0


def test_g_and_a_letter_go_to_an_area(style: Page) -> None:
    style.keyboard.press("g")
    style.keyboard.press("s")
    style.wait_for_url("**/stock")


def test_single_letters_can_be_switched_off(style: Page, style_page: str) -> None:
    style.keyboard.press("?")
    style.uncheck("[data-single-letters]")
    style.keyboard.press("Escape")
    for press in ("?", "/", "f"):
        style.keyboard.press(press)
    assert style.locator("dialog[open]").count() == 0
    assert focused(style) != "q"
    style.goto(style_page)
    style.keyboard.press("?")
    assert style.locator("dialog[open]").count() == 0
    assert not style.is_checked("[data-single-letters]")


def test_j_and_k_move_through_the_rows(style: Page) -> None:
    style.keyboard.press("j")
    assert focused(style) == "Chalk \u00b7 S"
    style.keyboard.press("j")
    style.keyboard.press("ArrowDown")
    assert focused(style) == "Sage \u00b7 M"
    style.keyboard.press("k")
    assert focused(style) == "Chalk \u00b7 M"


def test_e_adjusts_the_row_and_escape_gives_the_focus_back(style: Page) -> None:
    style.keyboard.press("j")
    style.keyboard.press("j")
    style.keyboard.press("e")
    style.wait_for_selector("#adjust:popover-open")
    assert focused(style) == "adjust-delta"
    assert style.get_attribute("#b-42", "aria-expanded") == "true"
    style.keyboard.press("Escape")
    style.wait_for_selector("#b-42[aria-expanded=false]")
    assert focused(style) == "b-42"


def test_a_key_named_on_an_element_presses_it(style: Page) -> None:
    style.evaluate(
        "document.querySelector('[aria-keyshortcuts=n]').onclick = () => document.title = 'new'"
    )
    style.keyboard.press("n")
    assert style.title() == "new"


# --- what stands over the page -------------------------------------------------------------------


def test_a_dialog_is_modal_and_gives_the_focus_back(style: Page) -> None:
    style.click("[data-dialog=sample-dialog]")
    style.wait_for_selector("#sample-dialog:modal")
    assert focused(style) == "service"
    style.keyboard.press("Escape")
    assert style.locator("dialog[open]").count() == 0
    assert style.evaluate("document.activeElement.dataset.dialog") == "sample-dialog"


def test_the_backdrop_closes_a_dialog_but_not_one_in_progress(style: Page) -> None:
    style.click("[data-dialog=sample-dialog]")
    style.fill("#weight", "2.5")
    style.mouse.click(5, 5)
    assert style.locator("#sample-dialog:modal").count() == 1
    style.fill("#weight", "1.42")
    style.mouse.click(5, 5)
    assert style.locator("#sample-dialog[open]").count() == 0


def test_a_popup_stands_by_its_cell_and_inside_the_window(style: Page) -> None:
    style.emulate_media(reduced_motion="reduce")
    style.click("#b-42")
    popup = style.locator("#adjust").bounding_box()
    cell = style.locator("#q-42-1").bounding_box()
    assert popup is not None
    assert cell is not None
    assert popup["x"] == pytest.approx(cell["x"], abs=1)
    assert popup["y"] == pytest.approx(cell["y"] + cell["height"] + 4, abs=1)
    style.set_viewport_size({"width": 1280, "height": 480})
    style.wait_for_function(
        "() => document.getElementById('adjust').getBoundingClientRect().bottom <= innerHeight"
    )


def test_a_stepper_counts_within_its_bounds(style: Page) -> None:
    plus = style.locator("[data-stepper]:has(#quantity) [data-step='1']")
    for _ in range(9):
        plus.click()
    assert style.input_value("#quantity") == "9"
    style.focus("#delta")
    style.keyboard.press("ArrowUp")
    style.keyboard.press("ArrowDown")
    style.keyboard.press("ArrowDown")
    assert style.input_value("#delta") == "\u22123"


def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(style: Page) -> None:
    summary = style.locator(".filters .menu summary").first
    summary.click()
    style.keyboard.press("Escape")
    assert style.locator("details.menu[open]").count() == 0
    summary.click()
    style.click("h1")
    assert style.locator("details.menu[open]").count() == 0


# --- toasts --------------------------------------------------------------------------------------


def say(page: Page, text: str, tone: str = "") -> None:
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('toast', {detail}))",
        {"text": text, "tone": tone},
    )


def test_a_toast_goes_by_itself_and_an_error_stays(page: Page, style_page: str) -> None:
    page.clock.install()
    page.goto(style_page)
    say(page, "Adjusted by 2")
    say(page, "<b>Refused</b>", "bad")
    assert page.locator("#toasts .toast").count() == 2
    page.clock.run_for(6500)
    assert page.locator("#toasts .toast").all_inner_texts() == ["<b>Refused</b>\nClose"]
    page.click("#toasts [data-toast-close]")
    assert page.locator("#toasts .toast").count() == 0


def test_a_toast_stays_under_the_pointer(page: Page, style_page: str) -> None:
    page.clock.install()
    page.goto(style_page)
    say(page, "Adjusted by 2")
    page.hover("#toasts .toast")
    page.clock.run_for(20_000)
    assert page.locator("#toasts .toast").count() == 1
    page.hover("h1")
    page.clock.run_for(6500)
    assert page.locator("#toasts .toast").count() == 0


def test_at_most_three_toasts_and_errors_go_last(style: Page) -> None:
    say(style, "first", "bad")
    for text in ("second", "third", "fourth"):
        say(style, text)
    style.wait_for_function("() => document.querySelectorAll('#toasts .toast').length === 3")
    assert "first" in style.inner_text("#toasts")
    assert "second" not in style.inner_text("#toasts")
