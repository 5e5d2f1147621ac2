"""The demo's own DHL: the library's stand-in on a port of this machine, with parcels on their way.

So a shop without an account at DHL works from end to end: the page "Track a parcel" and, with the
variables that the demo prints, ``commerce dhl`` ask it as they would ask DHL.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from commerce_core.clock import utc_now

if TYPE_CHECKING:
    from commerce_core.logistics.dhl.config import DHLConfig
    from commerce_core.testing.dhl import FakeDHL

STEP_SECONDS: Final = 20.0
"""How often something happens to a parcel that is on its way."""
_PLACES: Final = ("Hamburg", "Bremen", "Köln", "Köln", "Bonn", "Bonn")
_STORIES: Final[tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...]] = (
    ("00340434161094010017", ("VA", "ES", "AA", "EE", "PO", "ZU"), {}),
    ("00340434161094010024", ("VA", "ES", "AA"), {}),
    ("00340434161094010031", ("VA",), {}),
    ("00340434161094010048", ("VA", "ES", "AA", "EE", "PO", "ZN", "LA"), {}),
    ("00340434161094010055", ("VA", "ES", "AA", "BV"), {}),
    ("00340434161094010062", ("VA", "ES", "AA", "EE"), {"is_return": True}),
    ("4234757294", ("VA", "ES", "AA", "EE", "PO"), {}),
    ("4234757294", ("VA", "ES"), {"service": "express"}),
)
"""Number, what happened, and what is special; the last number names two shipments."""
_MOVING: Final = ("00340434161094010024", "00340434161094010031")


@dataclass(frozen=True, slots=True)
class Carrier:
    """The stand-in as the shop sees it: settings that reach it, numbers worth a look."""

    config: DHLConfig
    numbers: tuple[str, ...]

    def describe(self, shop: str) -> str:
        """Return how to use it, as lines to be printed. ``shop`` is the shop's address."""
        variables = {
            "ENVIRONMENT": self.config.environment.value,
            "API_KEY": self.config.api_key,
            "BASE_URL": self.config.base_url or "",
        }
        settings = " ".join(f"COMMERCE_DHL_{name}={value}" for name, value in variables.items())
        return (
            f"DHL is played by a stand-in. Look parcels up at {shop}shipments/track, or with\n"
            f"  {settings} commerce dhl track {self.numbers[0]}"
        )


@contextmanager
def run_carrier(*, is_still: bool) -> Iterator[Carrier]:
    """Serve the stand-in; its parcels move on unless the demo is still."""
    from commerce_core.testing.dhl import FakeDHL  # noqa: PLC0415 - only the demo needs it

    fake = FakeDHL(calls_per_day=250)
    _fill(fake)
    ended = threading.Event()
    with fake.serve() as url:
        config = fake.config(base_url=url, tracking_calls_per_day=250)
        if not is_still:
            threading.Thread(target=_move, args=(fake, ended), daemon=True).start()
        try:
            yield Carrier(config, tuple(dict.fromkeys(number for number, _, _ in _STORIES)))
        finally:
            ended.set()


def _fill(fake: FakeDHL) -> None:
    """Put parcels on the shelf whose events lie hours apart, the last a moment ago."""
    from commerce_core.testing.dhl.shelf import FakeEvent  # noqa: PLC0415 - see above

    now = utc_now()
    for number, codes, special in _STORIES:
        ages = [timedelta(hours=7 * back, minutes=11) for back in range(len(codes))][::-1]
        events = [
            FakeEvent(now - age, code, _PLACES[min(place, len(_PLACES) - 1)])
            for place, (age, code) in enumerate(zip(ages, codes, strict=True))
        ]
        fake.add_parcel(number, events=events, visible_after=timedelta(0), **special)


def _move(fake: FakeDHL, ended: threading.Event) -> None:
    """Let the moving parcels go on, one step at a time, until each is delivered."""
    moving = deque(one for one in fake.parcels if one.number in _MOVING)
    while moving and not ended.wait(STEP_SECONDS):
        parcel = moving.popleft()
        fake.advance(parcel.number)
        if parcel.events[-1].code != "ZU":
            moving.append(parcel)
