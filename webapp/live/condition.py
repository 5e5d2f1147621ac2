"""How well a process hears: when it last did, how late the journal is, and what is in the way."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from commerce_core.errors import CommerceError

_logger: Final = logging.getLogger("webapp.live")

READ_SECONDS: Final = 5.0
"""From this time on, a read that has not come back counts as trouble."""


class Condition:
    """``trouble`` says why the feed cannot read, empty while it can."""

    def __init__(self) -> None:
        self._heard_at = 0.0
        self.lag_seconds = 0.0
        """How far the journal itself is behind its commits, as it was last measured."""
        self.trouble = ""

    def note_hearing(self) -> None:
        """Write down that the process knows what there is, as of now."""
        self._heard_at = asyncio.get_running_loop().time()

    def note_success(self) -> bool:
        """Write down that a read came back; tell whether that ends a trouble."""
        self.note_hearing()
        had_trouble, self.trouble = bool(self.trouble), ""
        if had_trouble:
            _logger.info("the live stream reads again")
        return had_trouble

    def note_trouble(self, error: BaseException) -> bool:
        """Write down why it cannot read; tell whether it could before."""
        is_ours = isinstance(error, CommerceError)
        text = error.message if isinstance(error, CommerceError) else repr(error)
        is_new, self.trouble = not self.trouble, text
        if is_new:
            _logger.warning(
                "the live stream is deaf: %s", text, exc_info=None if is_ours else error
            )
        return is_new

    def lateness(self, now: float) -> float:
        """Return by how many seconds the numbers are behind."""
        silent = now - self._heard_at
        return max(self.lag_seconds, silent if self.trouble or silent > READ_SECONDS else 0.0)
