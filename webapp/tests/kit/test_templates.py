"""Guards over every template of the application: text, styles, scripts and icons."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from jinja2 import nodes

from webapp.page import STATIC, TEMPLATES
from webapp.tests.kit.conftest import make_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

ENV = make_environment()
NAMES = sorted(ENV.list_templates(extensions=["html"]))
SPOKEN = frozenset({"alt", "aria-label", "placeholder", "title"})
LABELS = frozenset({"label", "tab"})
"""Names of areas: constants of webapp.navigation."""
TRANSLATED = frozenset({"_", "gettext", "ngettext"})
# Product and company names, and samples of the style page, are the same in every language.
SAME_EVERYWHERE = frozenset({"DHL Paket", "Hamburg", "Köln", "Leipzig", "PO-1042", "SYL-SLA-L"})
SENTENCE = re.compile(r"[A-ZÄÖÜ][a-zäöüß]")  # texts begin with a capital; classes do not
HOLE = "\x00"

every_template = pytest.mark.parametrize("name", NAMES)


def source(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def markup(name: str) -> str:
    """The template's own markup, with a hole for each expression and nothing for statements."""
    parts = []
    text = re.sub(r"{% block page_class %}.*?{% endblock %}", "", source(name))
    for _, kind, value in ENV.lex(text, name):
        if kind == "data":
            parts.append(value)
        elif kind == "variable_begin":
            parts.append(HOLE)
    return "".join(parts)


class Words(HTMLParser):
    """Collects the words that stand in markup, in text and in attributes that are read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [v for name, v in attrs if v and name in SPOKEN and has_words(v)]

    def handle_data(self, data: str) -> None:
        # A macro may write attributes alone; they are read where it is used.
        text = re.sub(r'[\w:-]+="[^"]*"', "", data)
        if has_words(text):
            self.found.append(text.strip())


def has_words(text: str) -> bool:
    return re.search(r"[^\W\d_]{2}", text.replace(HOLE, "")) is not None


def words_in(text: str) -> list[str]:
    parser = Words()
    parser.feed(text)
    return parser.found


def sentences(node: nodes.Node, *, translated: bool = False) -> Iterator[str]:
    """Text constants of expressions that look like words for people and are not translated."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
        translated = translated or node.node.name in TRANSLATED
    text = node.value if isinstance(node, nodes.Const) else None
    if isinstance(text, str) and not translated and SENTENCE.match(text):
        yield text
    if isinstance(node, nodes.Import | nodes.FromImport | nodes.Include | nodes.Extends):
        return
    for child in node.iter_child_nodes():
        yield from sentences(child, translated=translated)


def texts_from_outside(node: nodes.Node) -> list[nodes.Node]:
    """Find what goes through ``_()``, which makes it markup, and is not written in the template."""
    return [
        call.args[0]
        for call in node.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name)
        and call.node.name in TRANSLATED
        and not isinstance(call.args[0], nodes.Const)
        and not (isinstance(call.args[0], nodes.Getattr) and call.args[0].attr in LABELS)
        and not (isinstance(call.args[0], nodes.Name) and call.args[0].name == "group")
    ]


@every_template
def test_only_our_own_words_become_markup(name: str) -> None:
    assert texts_from_outside(ENV.parse(source(name))) == []


def test_the_guard_knows_a_text_from_outside_when_it_sees_one() -> None:
    env = make_environment()
    assert len(texts_from_outside(env.parse("{{ _(problem.detail) }}"))) == 1
    told = env.from_string("{{ '<b>100 %</b>' | told }}").render()
    assert told == "&lt;b&gt;100 %&lt;/b&gt;"


@every_template
def test_words_in_markup_go_through_gettext(name: str) -> None:
    assert set(words_in(markup(name))) - SAME_EVERYWHERE == set()


@every_template
def test_words_in_expressions_go_through_gettext(name: str) -> None:
    found = set(sentences(ENV.parse(source(name)))) - SAME_EVERYWHERE
    assert found == set()


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Save</p>", ["Save"]),
        ('<p>{{ _("Save") }} · 12</p>', []),
        ('<button aria-label="Close">\u00d7</button>', ["Close"]),
        ('<input placeholder="{{ _("Name") }}">', []),
    ],
)
def test_the_guard_knows_words_in_markup_when_it_sees_them(template: str, found: list[str]) -> None:
    env = make_environment()
    text = "".join(
        value if kind == "data" else HOLE if kind == "variable_begin" else ""
        for _, kind, value in env.lex(template)
    )
    assert words_in(text) == found


def test_the_guard_knows_words_in_expressions_when_it_sees_them() -> None:
    tree = ENV.parse('{{ a("Save") }}{{ a(_("Save all"), "plain square") }}')
    assert list(sentences(tree)) == ["Save"]


@every_template
def test_no_inline_style_script_or_handler(name: str) -> None:
    text = source(name)
    assert not re.search(r"\s(style|on[a-z]+)\s*=", markup(name))
    assert "hx-on" not in text
    assert "javascript:" not in text
    assert "<style" not in text
    for tag, inside in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert "src=" in tag
        assert inside == ""


@every_template
def test_every_icon_exists(name: str) -> None:
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', (STATIC / "icons.svg").read_text()))
    text = source(name)
    used = set(re.findall(r'_?icon\("([a-z]+)"', text)) | set(
        re.findall(r"#([a-z]+)\"/></svg>", text)
    )
    assert used <= drawn


@every_template
def test_third_party_addresses_are_not_asked(name: str) -> None:
    assert "//" not in re.sub(r"https?://www\.w3\.org", "", source(name))


@every_template
def test_it_compiles(name: str) -> None:
    ENV.get_template(name)
