"""A board of a few live cells, and what its tests wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
