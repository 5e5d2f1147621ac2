"""The macros of the page kit: what they write, and that they write nothing unescaped."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from jinja2 import UndefinedError

from webapp.style.samples import style_context
from webapp.tests.kit.conftest import make_environment, page_context

if TYPE_CHECKING:
    from collections.abc import Callable

    Render = Callable[..., str]

EVIL = '<b onload="x">&\''
SAFE = "&lt;b onload=&#34;x&#34;&gt;&amp;&#39;"
VOID = frozenset({"input", "link", "meta", "br", "hr", "img"})


class Balance(HTMLParser):
    """Reads a page, and notes tags that close nothing, ids used twice, labels without a target."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in {"for", "aria-describedby", "aria-labelledby", "data-popup", "data-dialog"}:
                self.targets += (value or "").split()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """SVG elements close themselves."""

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> in line {self.getpos()[0]}")


@pytest.mark.parametrize("locale", ["en", "de"])
def test_the_style_page_renders_whole(locale: str) -> None:
    html = (
        make_environment(locale)
        .get_template("style/page.html")
        .render(page_context(**style_context(), stream="/stock/stream?after=e.1"))
    )
    balance = Balance()
    balance.feed(html)
    assert balance.wrong == []
    assert balance.open == []
    assert len(balance.ids) == len(set(balance.ids))
    assert set(balance.targets) <= set(balance.ids)


ESCAPING = [
    '{% from "kit/button.html" import button %}{{ button(evil, icon="plus") }}',
    '{% from "kit/button.html" import button %}{{ button("x", attrs={"name": evil}) }}',
    '{% from "kit/button.html" import icon_button %}{{ icon_button(evil, "x", "k") }}',
    '{% from "kit/button.html" import blocked_button %}{{ blocked_button("a", evil, "id") }}',
    '{% from "kit/field.html" import field %}{{ field(evil, "a", evil, help=evil) }}',
    '{% from "kit/field.html" import field %}{{ field("a", "a", error=evil, suffix=evil) }}',
    '{% from "kit/field.html" import select %}{{ select("a", "a", [(evil, evil)]) }}',
    '{% from "kit/field.html" import textarea %}{{ textarea("a", "a", evil) }}',
    '{% from "kit/field.html" import stepper %}{{ stepper(evil, "a", evil, error=evil) }}',
    '{% from "kit/state.html" import state, tag, delta %}{{ state(evil, evil) }}{{ tag(evil) }}',
    '{% from "kit/note.html" import no_match %}{{ no_match(evil, evil, evil, 3) }}',
    '{% from "kit/note.html" import failed %}{{ failed(evil, evil, evil) }}',
    '{% from "kit/note.html" import no_right %}{{ no_right(evil, evil) }}',
    '{% from "kit/filters.html" import chip %}{{ chip(evil, evil) }}',
    '{% from "kit/filters.html" import chip_on %}{{ chip_on(evil, evil) }}',
    '{% from "kit/dialog.html" import toast %}{{ toast(evil, "", (evil, evil, {})) }}',
    '{% from "kit/panel.html" import facts %}{{ facts([(evil, evil)]) }}',
    '{% from "kit/charts.html" import bars %}{{ bars("i", evil, evil, [evil], [1]) }}',
    '{% from "kit/charts.html" import meter %}{{ meter([("a", 1)], evil) }}',
    '{% from "kit/charts.html" import spark %}{{ spark([1], evil) }}',
    '{% from "kit/table.html" import head %}{{ head(evil, evil, "", f) }}',
]


@pytest.mark.parametrize("template", ESCAPING)
def test_what_comes_from_people_is_escaped(render: Render, template: str) -> None:
    html = render(template, evil=EVIL, f=lambda sort: sort)
    assert "<b onload" not in html
    assert SAFE in html


def test_a_forgotten_name_is_an_error_not_a_gap(render: Render) -> None:
    with pytest.raises(UndefinedError):
        render('{% from "kit/state.html" import tag %}{{ tag(typo) }}')


def test_the_form_token_is_not_known_to_macros_but_to_includes(render: Render) -> None:
    assert 'value="token-1"' in render('{% include "kit/_csrf.html" %}')


def test_an_error_replaces_the_help_and_is_tied_to_its_field(render: Render) -> None:
    html = render(
        '{% from "kit/field.html" import field %}'
        '{{ field("Barcode", "code", help="13 digits", error="Too short.") }}'
    )
    assert 'aria-invalid="true" aria-describedby="code-message"' in html
    assert 'class="error" id="code-message"' in html
    assert "13 digits" not in html


def test_only_optional_fields_say_so(render: Render) -> None:
    html = render(
        '{% from "kit/field.html" import field %}{{ field("A", "a") }}|'
        '{{ field("B", "b", optional=true) }}'
    )
    required, optional = html.split("|")
    assert " required" in required
    assert " required" not in optional
    assert "(optional)" in optional


def test_a_blocked_button_stays_in_the_tab_order_and_says_why(render: Render) -> None:
    html = render(
        '{% from "kit/button.html" import blocked_button %}'
        '{{ blocked_button("Ship", "Nothing is allocated yet", "why") }}'
    )
    assert 'aria-disabled="true" aria-describedby="why"' in html
    assert " disabled" not in html.replace("aria-disabled", "")


@pytest.mark.parametrize(
    ("sort", "order", "href"),
    [("name", "ascending", "-name"), ("-name", "descending", "name"), ("other", None, "name")],
)
def test_a_head_says_its_order_and_turns_it(
    render: Render, sort: str, order: str | None, href: str
) -> None:
    html = render(
        '{% from "kit/table.html" import head %}{{ head("Variant", "name", sort, url) }}',
        sort=sort,
        url=lambda wanted: wanted,
    )
    assert f'href="{href}"' in html
    assert (f'aria-sort="{order}"' in html) if order else ("aria-sort" not in html)


def test_a_live_cell_is_the_same_on_the_page_and_in_a_frame(render: Render) -> None:
    text = (
        '{% from "kit/table.html" import live_cell, figure %}'
        '{% call live_cell("q-42-1", 17, "from", oob) %}{{ figure(0) }}{% endcall %}'
    )
    page, frame = render(text, oob=False), render(text, oob=True)
    assert frame.replace(' hx-swap-oob="true"', "") == page
    assert page.startswith('<td id="q-42-1" data-version="17" class="num live from">')


def test_nothing_zero_and_a_figure_are_told_apart(render: Render) -> None:
    text = (
        '{% from "kit/table.html" import figure %}'
        "{{ figure(none) }}|{{ figure(0) }}|{{ figure(1240, true) }}"
    )
    nothing, zero, figure = render(text).split("|")
    assert "\u2013" in nothing
    assert ">0<" in zero
    assert figure == "<strong>1,240</strong>"


def test_a_dialog_is_a_page_too(render: Render) -> None:
    text = (
        '{% from "kit/dialog.html" import dialog %}'
        '{% call(part) dialog("d", "Ship", open=true, close_href="/orders/1") %}'
        '{% if part == "body" %}<form class="body"></form>{% endif %}{% endcall %}'
    )
    html = render(text)
    assert "<dialog" in html
    assert " open>" in html
    assert 'href="/orders/1"' in html
    assert "<footer" not in html


def test_a_conflict_shows_both_sides_and_lets_choose(render: Render) -> None:
    html = render(
        '{% from "kit/note.html" import conflict %}'
        '{{ conflict("Jonas changed it", [field], "14:31", "Save mine", "Keep theirs") }}',
        field={"label": "Price", "before": "1", "yours": "2", "now": "3"},
    )
    assert 'role="alert"' in html
    assert 'name="keep" value="mine"' in html
    assert 'name="keep" value="theirs"' in html
    assert "Now, saved 14:31" in html
