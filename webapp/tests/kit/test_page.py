"""Static addresses, navigation and the frame of a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import pytest

from webapp.accounts.roles import Role
from webapp.navigation import AREAS, FOOT, Navigation
from webapp.page import STATIC, StaticFiles, initials
from webapp.tests.kit.conftest import Person, make_environment, page_context

if TYPE_CHECKING:
    from pathlib import Path

FRAME = '{% extends "base.html" %}{% block title %}Stock{% endblock %}'


def test_another_content_has_another_address(tmp_path: Path) -> None:
    files = StaticFiles(tmp_path, "/static")
    (tmp_path / "app.css").write_text("a {}")
    first = files("app.css")
    assert files("app.css") == first
    (tmp_path / "app.css").write_text("b { color: red }")
    assert files("app.css") != first
    assert re.fullmatch(r"/static/app\.css\?v=[0-9a-f]{10}", first)


def test_a_misspelt_file_is_an_error_but_a_vendor_file_may_come_later(tmp_path: Path) -> None:
    files = StaticFiles(tmp_path)
    with pytest.raises(FileNotFoundError):
        files("ap.css")
    assert files("vendor/htmx.min.js") == "/static/vendor/htmx.min.js"


def test_the_sheet_imports_what_the_page_preloads() -> None:
    imported = re.search(r'@import url\("([^"]+)"\)', (STATIC / "app.css").read_text())
    assert imported is not None
    html = make_environment(page=FRAME).get_template("page").render(page_context())
    assert f'rel="preload" href="/static/{imported[1]}" as="style"' in html


def test_only_areas_with_a_route_get_a_link() -> None:
    navigation = Navigation()
    assert navigation.areas(Role.ADMIN) == []
    navigation.open(["/", "/stock", "/stock/stream", "/login"])
    assert [area.href for area in navigation.areas(Role.VIEWER)] == ["/", "/stock"]


def test_areas_of_a_higher_role_are_not_shown() -> None:
    navigation = Navigation()
    navigation.open(area.href for area in AREAS)
    assert "/style" not in {area.href for area in navigation.areas(Role.MANAGER)}
    assert "/style" in {area.href for area in navigation.groups(Role.ADMIN)[FOOT]}
    assert navigation.areas(None) == []


@pytest.mark.parametrize(
    ("path", "href", "current"),
    [
        ("/", "/", True),
        ("/stock", "/", False),
        ("/stock/42", "/stock", True),
        ("/stocks", "/stock", False),
    ],
)
def test_one_area_is_current(path: str, href: str, *, current: bool) -> None:
    area = next(area for area in AREAS if area.href == href)
    assert area.is_current(path) is current


def test_no_two_areas_have_the_same_letter_or_address() -> None:
    letters = [area.key for area in AREAS if area.key]
    assert len(letters) == len(set(letters))
    assert len({area.href for area in AREAS}) == len(AREAS)


@pytest.mark.parametrize(
    ("name", "letters"), [("Mara Jansen", "MJ"), ("Ida van der Berg", "IB"), ("Bo", "B"), ("", "")]
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def frame(**context: object) -> str:
    return make_environment(page=FRAME).get_template("page").render(page_context(**context))


def test_a_page_without_a_stream_says_nothing_about_a_connection() -> None:
    html = frame()
    assert "hx-sse:connect" not in html
    assert 'id="connection"' not in html
    assert 'id="pause"' not in html


def test_a_page_with_a_stream_opens_it_once_and_heals_it() -> None:
    html = frame(stream="/stock/stream?after=e.1&q=a")
    assert html.count("hx-sse:connect=") == 1
    assert 'hx-sse:connect="/stock/stream?after=e.1&amp;q=a" hx-trigger="load, every 15s"' in html


def test_htmx_runs_before_the_document_is_read_to_its_end() -> None:
    """Deferred, htmx 4.0.1 may start before its extension is there, and the stream stays shut."""
    html = frame(stream="/stream")
    scripts = re.findall(r"<script([^>]*vendor[^>]*)>", html)
    assert len(scripts) == 2
    assert not any("defer" in tag or "module" in tag or "async" in tag for tag in scripts)
    assert html.index("vendor/htmx") < html.index("vendor/hx-sse")


def test_the_token_goes_with_every_htmx_request_and_with_signing_out() -> None:
    html = frame()
    assert """hx-headers:inherited='{"X-CSRF-Token": "token-1"}'""" in html
    assert 'name="_csrf_token" value="token-1"' in html


def test_somebody_without_a_name_here_sees_no_menu() -> None:
    html = frame(user=None)
    assert "/logout" not in html
    assert 'href="/orders"' not in html


def test_the_person_is_shown_escaped() -> None:
    html = frame(user=Person(name='<i>"Eve'))
    assert "<i>" not in html
    assert "&lt;i&gt;&#34;Eve" in html


def test_messages_of_the_page_before_are_shown() -> None:
    class Message:
        text = "Order 7 is processing"
        tone = ""
        action: ClassVar[tuple[str, str, dict[str, str]]] = ("Undo", "/orders/7/undo", {})

    html = frame(toasts=[Message()])
    assert "Order 7 is processing" in html
    assert 'href="/orders/7/undo"' in html
