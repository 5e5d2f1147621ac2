"""The progress bar: rate and time left on a terminal, one line elsewhere."""

from __future__ import annotations

import io

import pytest

from webapp.commands.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_shows_share_rate_and_time_left() -> None:
    stream = Terminal()
    with ProgressBar("Writing", 200, stream=stream) as bar:
        bar.advance(50)
        bar.show(100, 200)
    last = stream.getvalue().split("\r")[-1]
    assert " 50%" in last
    assert "/s" in last
    assert "s left" in last
    assert last.endswith("\n")


def test_elsewhere_it_says_one_line_at_the_end() -> None:
    stream = io.StringIO()
    with ProgressBar("Writing", 200, stream=stream) as bar:
        bar.advance(1234)
    assert stream.getvalue().startswith("Writing: 1,234 in ")
    assert stream.getvalue().count("\n") == 1


def test_what_was_cut_short_is_not_said_to_be_done() -> None:
    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt), ProgressBar("Writing", 200, stream=stream):
        raise KeyboardInterrupt
    assert stream.getvalue() == ""
