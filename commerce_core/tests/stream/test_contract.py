"""The page that programs rely on says what the client reads, no more and no less."""

from __future__ import annotations

import dataclasses
import json
import re

from commerce_core.stream.items import StockChange, read_item
from commerce_core.tests.source import ROOT

PAGE = (ROOT / "docs" / "live-stream.md").read_text(encoding="utf-8")


def table(head: str) -> list[str]:
    """Return the first cell of each row of the table whose first column is called ``head``."""
    rows = PAGE.split(f"| {head} |")[1].split("\n\n")[0].splitlines()[2:]
    return [row.split("|")[1] for row in rows]


def test_every_field_of_a_change_is_documented_and_the_other_way_round() -> None:
    documented = [name for row in table("field of `stock`") for name in re.findall(r"`(\w+)`", row)]
    known = [field.name for field in dataclasses.fields(StockChange) if field.name != "cursor"]

    assert documented == known


def test_every_event_is_documented_and_read() -> None:
    documented = [name for row in table("event") for name in re.findall(r"`(\w+)`", row)]

    assert documented == ["stock", "status", "reset"]
    assert read_item("something_new", "{}", cursor="") is None


def test_what_curl_shows_on_the_page_can_be_read() -> None:
    shown = re.findall(r"^event: (\w+)\n(?:id: .*\n)?data: (.*)$", PAGE, flags=re.MULTILINE)

    assert [name for name, _ in shown] == ["status", "stock"]
    for name, data in shown:
        assert read_item(name, data, cursor="") is not None
    assert list(json.loads(shown[1][1])) == [
        field.name for field in dataclasses.fields(StockChange) if field.name != "cursor"
    ]
