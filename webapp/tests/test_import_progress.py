"""The bars of an import, one for each phase."""

from __future__ import annotations

import io
from itertools import count

import pytest

from commerce_core.importing import Phase, Progress
from webapp.commands import progress
from webapp.commands.progress import PhaseBars, ProgressBar


def test_each_phase_says_when_it_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with PhaseBars() as bars:
        bars.show(Progress(Phase.READING, 500, 0.5))
        bars.show(Progress(Phase.READING, 1000, 1.0))
        bars.show(Progress(Phase.BOOKING, 20, 1.0))

    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" in ")[0] for line in lines] == [
        "Import: reading: 1,000",
        "Import: booking: 20",
    ]


def test_a_phase_that_failed_is_not_said_to_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), PhaseBars(stop) as bars:
        bars.show(Progress(Phase.READING, 500, 0.5))

    assert capsys.readouterr().err == ""


def test_without_a_terminal_a_line_comes_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count(0, 4)
    monkeypatch.setattr(progress, "monotonic", lambda: float(next(seconds)))
    stream = io.StringIO()

    with ProgressBar("Import: booking", stream=stream) as bar:
        for done in (100, 200, 300, 400):
            bar.show(done, 1000)

    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Import: booking: 300 ( 30%")
    assert lines[0].endswith("s left)")
