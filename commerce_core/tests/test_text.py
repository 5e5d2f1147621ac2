from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.errors import InvalidTextError
from commerce_core.text import clean_lines, clean_optional, clean_text


def test_outer_spaces_go_and_inner_ones_stay() -> None:
    assert clean_text("\u00a0 red  lamp\n", name="the name", max_length=20) == "red  lamp"


def test_composed_and_decomposed_letters_become_one_text() -> None:
    assert clean_text("Mu\u0308ller", name="the name", max_length=6) == "Müller"


@pytest.mark.parametrize("text", ["👩‍👩‍👧 mug", "مصباح", "מנורה \u200f!", "灯", "O'Neil & <b>"])
def test_emoji_foreign_scripts_and_marks_are_kept(text: str) -> None:
    assert clean_text(text, name="the name", max_length=20) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\u200b\u200d",
        "\ufeff",
        "a\x00b",
        "a\nb",
        "a\x1b[0m",
        "a\u202etxet",
        "\u2066a\u2069",
        "\ud800",
        "x" * 11,
        None,
        5,
    ],
    ids=repr,
)
def test_what_cannot_be_stored_or_seen_is_refused(text: object) -> None:
    with pytest.raises(InvalidTextError, match="the name"):
        clean_text(text, name="the name", max_length=10)


@pytest.mark.parametrize("text", [None, "", "  ", "\t"])
def test_an_optional_text_may_be_missing(text: str | None) -> None:
    assert clean_optional(text, name="the brand", max_length=10) is None


def test_a_description_keeps_its_lines() -> None:
    text = clean_lines("\nSoft.\r\n\tWash at 30\u00b0.\rDry flat.\n\n", name="it", max_length=99)

    assert text == "Soft.\n\tWash at 30°.\nDry flat."
    assert clean_lines("  ", name="it", max_length=9) == ""


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 11, None])
def test_a_description_that_cannot_be_stored_is_refused(text: object) -> None:
    with pytest.raises(InvalidTextError, match="the description"):
        clean_lines(text, name="the description", max_length=10)


@given(st.text(max_size=30))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    try:
        once = clean_text(text, name="the name", max_length=30)
    except InvalidTextError:
        return

    assert clean_text(once, name="the name", max_length=30) == once
    assert unicodedata.is_normalized("NFC", once)
