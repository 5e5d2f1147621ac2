"""Contrast of the tokens, computed after WCAG 2.2 for every ground they may stand on."""

from __future__ import annotations

import re
from functools import cache

import pytest

from webapp.page import STATIC

GROUNDS = ("canvas", "surface", "raised", "sunken", "hover", "selected")
TONES = ("ok", "warn", "bad", "info", "hold")
WORDS, SHAPES = 4.5, 3.0


@cache
def tokens() -> dict[str, tuple[str, str]]:
    """Every colour token of app.css: its light and its dark value."""
    css = (STATIC / "app.css").read_text(encoding="utf-8")
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", css)
    values = {name: (light, dark) for name, light, dark in found}
    for name, other in re.findall(r"--([\w-]+): var\(--([\w-]+)\);", css):
        if other in values:
            values.setdefault(name, values[other])
    return values


def luminance(colour: str) -> float:
    def linear(part: str) -> float:
        share = int(part, 16) / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(colour[at : at + 2]) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def pairs() -> list[tuple[str, str, float]]:
    """Foreground, ground and the least contrast of each pair that occurs."""
    wanted = [(name, ground, WORDS) for name in ("text", "text-2", "text-3") for ground in GROUNDS]
    wanted += [("accent", ground, WORDS) for ground in GROUNDS]
    wanted += [("on-ink", "ink", WORDS)]
    wanted += [("field", ground, SHAPES) for ground in ("surface", "raised", "canvas")]
    for tone in TONES:
        wanted += [(f"{tone}-fg", ground, WORDS) for ground in (*GROUNDS, f"{tone}-bg")]
        wanted += [(f"{tone}-mark", ground, SHAPES) for ground in GROUNDS]
    wanted += [("mute-fg", "mute-bg", WORDS), ("mute-mark", "surface", SHAPES)]
    wanted += [("text", f"q{step}", WORDS) for step in range(4)]
    wanted += [("q-on", f"q{step}", WORDS) for step in range(4, 7)]
    return wanted


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), pairs())
def test_it_can_be_read(front: str, ground: str, least: float, theme: int) -> None:
    found = contrast(tokens()[front][theme], tokens()[ground][theme])
    assert found >= least, f"--{front} on --{ground}: {found:.2f}"


def test_black_on_white_is_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_every_colour_is_written_once_with_both_themes() -> None:
    css = (STATIC / "app.css").read_text(encoding="utf-8")
    body = css[css.index("@layer base {") :]
    loose = re.findall(
        r"(?<!light-dark\()(?:color|background(?:-color)?|fill|stroke): (#[0-9a-f]+)", body
    )
    # Toasts and paper have one look in both themes.
    assert set(loose) <= {"#f3f5f8", "#a9c4ff", "#ffffff1a", "#fff", "#000", "#444", "#999"}
