"""The stream without any I/O: bytes in, items out, and what to do when the line breaks.

The position moves when an item has been *handled*, that is when the next one is asked for: an
item whose handling failed is told again.
"""

from __future__ import annotations

import logging
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from commerce_core.errors import CommerceError
from commerce_core.stream.items import StockChange, StockDelay, StockReset, StreamItem, read_item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_logger: Final = logging.getLogger("commerce_core.stream")

LONGEST_PAUSE_SECONDS: Final = 30.0
SILENCE_SECONDS: Final = 45.0
"""The server says something every 15 seconds; after this time the line is dead."""
_MOST_BYTES: Final = 16 * 1024 * 1024
_OK: Final = 200
_WORTH_ANOTHER_TRY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


class StreamRefusedError(CommerceError):
    """The server will not tell us, and asking again changes nothing: sign in, or mend the address.

    ``status`` is the HTTP status of its answer.
    """

    code = "stream_refused"
    status: int


class BrokenStreamError(Exception):
    """This connection is of no more use; another one may be. Never leaves the package."""

    def __init__(self, reason: str, *, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Step:
    """Something that arrived: an item (None: only the position moves) and the cursor after it."""

    item: StreamItem | None
    cursor: str


class StreamProtocol:
    """The state of one stream over all its connections. ``cursor`` is what has been handled."""

    def __init__(self, *, after: str = "") -> None:
        self.cursor = after
        self.versions: dict[tuple[int, str], int] = {}
        self._retry_seconds = 1.0
        self._failures = 0
        self._buffer = bytearray()
        self._received = after

    def headers(self) -> dict[str, str]:
        """Return the headers of the next request."""
        headers = {"accept": "text/event-stream", "cache-control": "no-cache"}
        return headers | ({"last-event-id": self.cursor} if self.cursor else {})

    def open(self, status: int, headers: Mapping[str, str]) -> None:
        """Look at the head of the answer.

        Raises:
            StreamRefusedError: there is no use in trying again.
            BrokenStreamError: there is.
        """
        self._buffer.clear()
        self._received = self.cursor
        if status in _WORTH_ANOTHER_TRY:
            wait = headers.get("retry-after", "")
            raise BrokenStreamError(f"answer {status}", pause=float(wait) if wait.isdigit() else 0)
        kind = headers.get("content-type", "").partition(";")[0].strip()
        if status != _OK or kind != "text/event-stream":
            message = f"the server answered {status} {kind or 'without a type'}, and no stream"
            raise StreamRefusedError(message, status=status)

    def receive(self, data: bytes) -> Iterator[Step]:
        """Return what has arrived in full. Call ``done`` with each step before the next.

        Raises:
            BrokenStreamError: this is no stream of ours.
        """
        self._buffer += data
        if len(self._buffer) > _MOST_BYTES:
            raise BrokenStreamError("an event without an end")
        for lines in self._blocks():
            yield from self._read(lines)

    def done(self, step: Step) -> None:
        """Note that a step has been handled: the next connection begins after it."""
        self.cursor = step.cursor
        self._failures = 0
        if isinstance(step.item, StockChange):
            self.versions[step.item.key] = step.item.version

    def pause(self, reason: str = "", *, at_least: float = 0.0) -> float:
        """Return how many seconds to wait before the next connection."""
        seconds = self._retry_seconds * 2.0 ** min(self._failures, 10)
        self._failures += 1
        jitter = random.uniform(0.75, 1.25)  # noqa: S311 - no secret
        seconds = max(at_least, min(seconds, LONGEST_PAUSE_SECONDS) * jitter)
        _logger.info("the stream ended (%s), again in %.1f s", reason or "by itself", seconds)
        return seconds

    # --- server-sent events --------------------------------------------------------------------

    def _blocks(self) -> Iterator[list[bytes]]:
        """Take the complete blocks, which end with an empty line, out of the buffer."""
        lines: list[bytes] = []
        start = taken = 0
        # A CR at the very end may be half of a CRLF: it waits for the next bytes.
        content = bytes(self._buffer).removeprefix(b"\xef\xbb\xbf")
        for end in _LINE_END.finditer(content):
            if end.group() == b"\r" and end.end() == len(content):
                break
            line, start = content[start : end.start()], end.end()
            if line:
                lines.append(line)
                continue
            taken = start
            self._buffer[:] = content[taken:]
            yield lines
            lines = []

    def _read(self, lines: list[bytes]) -> Iterator[Step]:
        fields: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.decode("utf-8", "replace").partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
        if "retry" in fields and fields["retry"][-1].isdigit():
            self._retry_seconds = int(fields["retry"][-1]) / 1000
        if "id" in fields and "\0" not in fields["id"][-1]:
            self._received = fields["id"][-1]
        if "data" in fields:
            item = self._item(fields.get("event", [""])[-1], "\n".join(fields["data"]))
            yield Step(item, self._received)
        elif "id" in fields:
            yield Step(None, self._received)

    def _item(self, name: str, data: str) -> StreamItem | None:
        try:
            item = read_item(name, data, cursor=self._received)
        except (KeyError, ValueError, TypeError) as exc:
            raise BrokenStreamError(f"an event {name!r} that says {data[:80]!r}") from exc
        if isinstance(item, StockChange) and item.version <= self.versions.get(item.key, 0):
            return None  # it came before, or something newer did
        if isinstance(item, StockReset):
            self.versions.clear()  # before it is told: whoever hears it reads everything anew
        return item


def is_worth_telling(item: StreamItem | None, delayed: int) -> bool:
    """Tell whether the caller wants to hear it: every stream begins with a delay of 0."""
    return item is not None and not (isinstance(item, StockDelay) and item.seconds == delayed)
