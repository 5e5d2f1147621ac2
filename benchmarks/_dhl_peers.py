"""The peer of the DHL benchmark: karrio with its dhl_universal connector, from the package index.

It goes into an environment of its own, so that its requirements meet none of ours; its packages
are put behind ours on the path, and both sides run in one process.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
from pathlib import Path
from typing import Any

from benchmarks._peers import peer_python

VERSION = "2026.1.32"
REQUIREMENTS = [f"karrio=={VERSION}", f"karrio.dhl_universal=={VERSION}"]


def install() -> None:
    """Make the environment if it is not there, and put its packages on the path."""
    python = Path(peer_python("karrio", REQUIREMENTS))
    places = python.parent.parent.glob("lib/python3.*/site-packages")
    sys.path.extend(str(place) for place in places)


class Karrio:
    """karrio's reading of a tracking answer."""

    def __init__(self) -> None:
        logging.disable(logging.INFO)
        from karrio import lib  # type: ignore[import-not-found]
        from karrio.mappers.dhl_universal import (  # type: ignore[import-not-found]
            Settings,
        )
        from karrio.providers.dhl_universal.tracking import (  # type: ignore[import-not-found]
            parse_tracking_response,
        )

        self._lib = lib
        self._nowhere = io.StringIO()
        self._settings = Settings(consumer_key="key", consumer_secret="secret")  # noqa: S106
        self._parse = parse_tracking_response

    def read(self, text: str) -> Any:
        """Return karrio's tracking details and messages of one answer, from its text."""
        answer = self._lib.Deserializable([json.loads(text)], lambda parsed: parsed)
        # It prints every field it does not know.
        with contextlib.redirect_stdout(self._nowhere), contextlib.redirect_stderr(self._nowhere):
            return self._parse(answer, self._settings)
